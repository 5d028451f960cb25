import { keyringContract } from '../../../contract/index.ts';
import { isWine } from '../../../platform/installed.ts';
import type { PlatformSuite } from '../../../platform/suite.ts';
import { freshPlace } from './place.ts';

export const suite: PlatformSuite = {
  name: 'the system keyring on Credential Manager keeps the contract',
  platforms: ['win32'],
  cases: keyringContract({
    maxValueBytes: 64 * 1024,
    // Wine stores credentials in its registry, where a name has at most 255 characters.
    maxWrittenKeyBytes: isWine ? 180 : 240,
    fresh: freshPlace,
  }),
};
