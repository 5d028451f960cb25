import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { ContractCase } from '../contract/index.ts';
import { installedProgram, runInstalled, runLine } from '../platform/installed.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { startSts } from '../support/sts-server.mjs';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const keyOnStdin = JSON.stringify({
  access_key_id: key.accessKeyId,
  secret_access_key: key.secretAccessKey,
});

/**
 * The main job by the installed program, as a script of the system would do it: configure, log in, who
 * am I, run a program, give credentials to an SDK, list, log out. On every system the same.
 */
export function installedJob(keyring: 'file' | 'system'): ContractCase {
  return {
    name: `a key is stored in the ${keyring} keyring, a session opened, used, listed and cleared`,
    async run() {
      const { path, remove } = createTemporaryDirectory();
      const sts = await startSts({
        keys: [{ ...key, account: '123456789012', userName: 'emergency' }],
      });
      const [home, project] = [join(path, 'home of me'), join(path, 'project')];
      for (const directory of [home, project]) mkdirSync(directory);
      const env = environmentAt(home);
      const atmos = (line: string, input?: string) =>
        runInstalled(['auth', ...line.split(' ')], {
          env,
          cwd: project,
          ...(input === undefined ? {} : { input }),
        });
      /** Its standard output. */
      async function well(line: string, input?: string): Promise<string> {
        const { exitCode, stdout, stderr } = await atmos(line, input);
        assert.equal(exitCode, 0, `atmos auth ${line}: ${stderr}`);
        assert.ok(!stderr.includes(key.secretAccessKey), `atmos auth ${line} shows the secret`);
        return stdout;
      }
      try {
        writeFileSync(join(project, 'atmos.yaml'), configOf(keyring, sts.url));
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
        // As an SDK does: by the shell of the system, from anywhere.
        const asked = await runLine(line, { env, cwd: home });
        assert.equal(asked.exitCode, 0, asked.stderr);
        const credentials = JSON.parse(asked.stdout) as Record<string, unknown>;
        assert.equal(credentials['AccessKeyId'], exec.stdout.trim());

        const keys = (JSON.parse(await well('keyring list -o json')) as { key: string }[]).map(
          (entry) => entry.key,
        );
        assert.deepEqual(keys, ['atmos_job_emergency-user', 'atmos_job_emergency-user@session']);
        const status = JSON.parse(await well('keyring status -o json')) as Record<string, unknown>;
        assert.equal(status['type'], keyring);
        assert.equal(status['state'], 'ready');

        await well('logout');
        assert.equal((await atmos('whoami')).exitCode, 4);
        await well('exec -- node --version');
        const calls = sts.calls.filter(({ action }) => action === 'GetSessionToken');
        assert.equal(calls.length, 2);
      } finally {
        await atmos('logout --all --keychain --force');
        await sts.close();
        remove();
      }
    },
  };
}

function configOf(keyring: string, endpoint: string): string {
  return `auth:
  realm: job
  keyring:
    type: ${keyring}
  identities:
    emergency-user:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${endpoint}
`;
}

/** That of the suite, with a home of its own, and Node on PATH. */
function environmentAt(home: string): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return {
    ...process.env,
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
    APPDATA: join(home, 'AppData', 'Roaming'),
    PATH: path,
    ATMOS_KEYRING_PASSWORD: 'correct horse battery staple',
    CI: '1',
  };
}

function processLine(configFile: string): string {
  const line = /^credential_process = (.*)$/m.exec(readFileSync(configFile, 'utf8'))?.[1];
  assert.ok(line?.includes(`${installedProgram().replaceAll('\\', '/').split('/').at(-1)}`), line);
  return line ?? '';
}
