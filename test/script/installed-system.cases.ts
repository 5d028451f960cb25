import type { PlatformSuite } from '../platform/suite.ts';
import { installedJob } from './installed-job.ts';

export const suite: PlatformSuite = {
  name: 'the main job with the installed program, on the system keyring',
  platforms: ['darwin', 'win32'],
  cases: [installedJob('system')],
};
