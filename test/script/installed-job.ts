import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ContractCase } from '../contract/index.ts';
import { installedProgram, runInstalled, runLine } from '../platform/installed.ts';
import { atDesk, keyOnStdin } from './installed-desk.ts';

/**
 * The main job with the installed program, as a shell script would do it: configure, log in,
 * whoami, run a program, give credentials to an SDK, list, log out. It is the same on every system.
 */
export function installedJob(keyring: 'file' | 'system'): ContractCase {
  return {
    name: `an access key is stored in the ${keyring} keyring, and a session is opened, used, listed and removed`,
    run: () =>
      atDesk(keyring, async ({ env, project, elsewhere, sts, atmos, well }) => {
        await well('user configure --stdin', keyOnStdin);
        assert.equal((await atmos('whoami')).exitCode, 4);
        await well('login');
        const who = JSON.parse(await well('whoami -o json')) as Record<string, unknown>;
        assert.equal(who['principal'], 'arn:aws:iam::123456789012:user/emergency');
        assert.equal(who['valid'], true);

        const script = 'console.log(process.env.AWS_ACCESS_KEY_ID); process.exit(7)';
        const exec = await runInstalled(['auth', 'exec', '--', process.execPath, '-e', script], {
          env,
          cwd: project,
        });
        assert.match(exec.stdout, /^ASIA\w{16}\r?\n$/, exec.stderr);
        assert.equal(exec.exitCode, 7);

        const shown = JSON.parse(await well('env -f json')) as Record<string, string | null>;
        assert.equal(shown['AWS_ACCESS_KEY_ID'], null);
        const line = processLine(String(shown['AWS_CONFIG_FILE']));
        // As an SDK does: through the system's shell, from any directory.
        const asked = await runLine(line, { env, cwd: elsewhere });
        assert.equal(asked.exitCode, 0, asked.stderr);
        const credentials = JSON.parse(asked.stdout) as Record<string, unknown>;
        assert.equal(credentials['AccessKeyId'], exec.stdout.trim());

        const entries = JSON.parse(await well('keyring list -o json')) as { key: string }[];
        assert.deepEqual(
          entries.map((entry) => entry.key),
          ['atmos_job_emergency-user', 'atmos_job_emergency-user@session'],
        );
        const status = JSON.parse(await well('keyring status -o json')) as Record<string, unknown>;
        assert.equal(status['type'], keyring);
        assert.equal(status['state'], 'ready');

        await well('logout');
        assert.equal((await atmos('whoami')).exitCode, 4);
        await well('exec -- node --version');
        const calls = sts.calls.filter(({ action }) => action === 'GetSessionToken');
        assert.equal(calls.length, 2);
      }),
  };
}

function processLine(configFile: string): string {
  const line = /^credential_process = (.*)$/m.exec(readFileSync(configFile, 'utf8'))?.[1];
  assert.ok(line?.includes(`${installedProgram().replaceAll('\\', '/').split('/').at(-1)}`), line);
  return line ?? '';
}
