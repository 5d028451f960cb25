import assert from 'node:assert/strict';
import type { PlatformSuite } from '../platform/suite.ts';
import { atDesk, keyOnStdin } from './installed-desk.ts';

export const suite: PlatformSuite = {
  name: 'the unlock agent by the installed program',
  platforms: ['linux', 'darwin'],
  cases: [
    {
      name: 'an unlocked file keyring opens without its password until it is locked',
      run: () =>
        atDesk('file', async ({ env, atmos, well }) => {
          await well('user configure --stdin', keyOnStdin);
          await well('keyring unlock --ttl 10m --idle 5m');
          try {
            delete env['ATMOS_KEYRING_PASSWORD'];
            await well('login');
            const status = await well('keyring status -o json');
            assert.equal((JSON.parse(status) as { state: unknown }).state, 'ready');
          } finally {
            await well('keyring lock');
          }
          // This command does not prompt.
          const { exitCode, stderr } = await atmos('credential-process');
          assert.equal(exitCode, 3);
          assert.match(stderr, /is locked: ATMOS_KEYRING_PASSWORD is not set, and /);
          env['ATMOS_KEYRING_PASSWORD'] = 'correct horse battery staple';
        }),
    },
  ],
};
