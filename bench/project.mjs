// A project with a stored session, for benchmarks of the built program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSts } from '../test/support/sts-server.mjs';

export const program = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/**
 * An atmos.yaml with one identity, the default.
 *
 * @param {{ type: string, endpoint: string }} options the keyring's type, and where STS is
 */
export function benchConfigOf({ type, endpoint }) {
  return `auth:
  realm: bench
  keyring:
    type: ${type}
  identities:
    bench:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${endpoint}
`;
}

/**
 * Creates the directory with an atmos.yaml and other files (by path), stores an access key, and
 * opens a session with a stand-in for STS, which is closed afterwards.
 *
 * @param {{
 *   directory: string,
 *   env: NodeJS.ProcessEnv,
 *   configOf(endpoint: string): string,
 *   files?: Readonly<Record<string, string>>, }} project
 */
export async function prepareProject({ directory, env, configOf, files = {} }) {
  const sts = await startSts({ keys: [{ ...key, account: '123456789012', userName: 'bench' }] });
  try {
    mkdirSync(directory);
    for (const [path, text] of Object.entries({ ...files, 'atmos.yaml': configOf(sts.url) })) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const stored = { access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey };
    const place = { cwd: directory, env };
    await atmos(['auth', 'user', 'configure', '--stdin'], JSON.stringify(stored), place);
    await atmos(['auth', 'login'], '', place);
  } finally {
    await sts.close();
  }
}

/**
 * @param {string[]} args
 * @param {string} input
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 */
async function atmos(args, input, place) {
  const child = spawn(process.execPath, [program, ...args], {
    ...place,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}).end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`atmos ${args.join(' ')}: ${stderr}`);
}
