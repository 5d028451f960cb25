import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRoot } from '../support/privilege.ts';
import { startSts } from '../support/sts-server.mjs';
import { makeDirectory, openHomeMachine, unknownUser } from './home.ts';
import { accessKey, configOf, keyOnStdin, password } from './machine.ts';

const limitMs = 120_000;

// Root can access everything whatever the mode, so only another user shows the effect of a umask.
describe.skipIf(!isRoot)(
  'a file or directory that we create (as root: it needs a user)',
  { timeout: limitMs },
  () => {
    test.each(['277', '777', '000'])('has its intended mode under umask %s', async (umask) => {
      const sts = await startSts({
        keys: [{ ...accessKey, account: '123456789012', userName: 'emergency' }],
      });
      onTestFinished(() => sts.close());
      const machine = openHomeMachine(unknownUser, configOf({ sts }));
      const home = join(machine.root, 'home');
      makeDirectory(home, unknownUser, 0o700);
      const env = { HOME: home, ATMOS_KEYRING_PASSWORD: password };
      const log = join(home, 'atmos.log');
      const output = join(home, 'output');
      for (const command of [
        'auth user configure --stdin',
        'auth login --force',
        `auth env --output ${output}`,
        'auth trust --yes -C asking',
        'auth keyring unlock',
        'auth keyring list --long',
        'auth keyring lock',
        `auth whoami --logs-level Debug --logs-file ${log}`,
        `auth whoami --logs-level Debug --logs-file ${log}`,
        'auth keyring doctor',
        'auth keyring rekey --stdin',
      ]) {
        const result = await machine.run(command, {
          userId: unknownUser,
          env,
          input: keyOnStdin,
          umask,
        });
        expect({ command, exitCode: result.exitCode, stderr: result.stderr }).toMatchObject({
          command,
          exitCode: 0,
        });
      }
      expect(existsSync(log) && existsSync(output)).toBe(true);
      const modes = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((path) => {
        const stats = lstatSync(join(home, path));
        return `${stats.isDirectory() ? 'directory' : 'file'} ${(stats.mode & 0o777).toString(8)}`;
      });
      expect(new Set(modes)).toEqual(new Set(['directory 700', 'file 600']));
    });
  },
);
