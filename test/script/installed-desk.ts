import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runInstalled, type Finished } from '../platform/installed.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsServer } from '../support/sts-types.ts';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
export const keyOnStdin = JSON.stringify({
  access_key_id: key.accessKeyId,
  secret_access_key: key.secretAccessKey,
});

/** A place to work with the installed program: a project, and a test server for AWS STS. */
export interface Desk {
  readonly env: NodeJS.ProcessEnv;
  readonly project: string;
  /** Another directory. */
  readonly elsewhere: string;
  readonly sts: StsServer;
  /** Runs `atmos auth LINE`. */
  atmos(line: string, input?: string): Promise<Finished>;
  /** The same for a command that must succeed. Returns its standard output. */
  well(line: string, input?: string): Promise<string>;
}

/** Runs with a new desk. What it stored in the keyring is removed afterwards. */
export async function atDesk(
  keyring: 'file' | 'system',
  run: (desk: Desk) => Promise<void>,
): Promise<void> {
  const { path, remove } = createTemporaryDirectory();
  const sts = await startSts({
    keys: [{ ...key, account: '123456789012', userName: 'emergency' }],
  });
  const [elsewhere, project] = [join(path, 'home of me'), join(path, 'project')];
  for (const directory of [elsewhere, project]) mkdirSync(directory);
  writeFileSync(join(project, 'atmos.yaml'), configOf(keyring, sts.url));
  const env = environmentAt(elsewhere);
  const atmos: Desk['atmos'] = (line, input) => {
    const options = input === undefined ? {} : { input };
    return runInstalled(['auth', ...line.split(' ')], { env, cwd: project, ...options });
  };
  try {
    await run({
      env,
      project,
      elsewhere,
      sts,
      atmos,
      async well(line, input) {
        const { exitCode, stdout, stderr } = await atmos(line, input);
        assert.equal(exitCode, 0, `atmos auth ${line}: ${stderr}`);
        assert.ok(!stderr.includes(key.secretAccessKey), `atmos auth ${line} shows the secret`);
        return stdout;
      },
    });
  } finally {
    await atmos('logout --all --keychain --force');
    await sts.close();
    remove();
  }
}

/**
 * The environment of the suite, with separate places for our own files, and Node on PATH. The home
 * directory stays, because macOS looks for the user's keychains in it.
 */
function environmentAt(home: string): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const kinds = ['CONFIG', 'DATA', 'STATE', 'CACHE'];
  const places = kinds.map((kind) => [`ATMOS_XDG_${kind}_HOME`, join(home, kind.toLowerCase())]);
  return {
    ...process.env,
    ...Object.fromEntries(places),
    PATH: path,
    ATMOS_KEYRING_PASSWORD: 'correct horse battery staple',
    CI: '1',
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
