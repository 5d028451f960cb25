import assert from 'node:assert/strict';
import { runInstalled } from '../platform/installed.ts';
import type { PlatformSuite } from '../platform/suite.ts';

export const suite: PlatformSuite = {
  name: 'the program as it is installed',
  platforms: ['win32'],
  cases: [
    {
      name: 'tells its version',
      async run() {
        const { exitCode, stdout, stderr } = await runInstalled(['version']);
        assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr);
        assert.equal(exitCode, 0);
      },
    },
  ],
};
