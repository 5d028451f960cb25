// The main jobs with the built program: sign in through IAM Identity Center with the profiles of the
// AWS CLI, and use an access key. It runs against stand-ins for AWS on loopback addresses, in a
// temporary home directory that is always removed. Fails when a step has an unexpected result.
//
//   npm run quickstart
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawn as spawnAtTerminal } from '@lydell/node-pty';

/**
 * @typedef {object} Step
 * @property {string} why what it is for, for the person who reads
 * @property {string[]} args
 * @property {string} [input] goes to standard input
 * @property {RegExp} [stdout] what must be there; nothing may be there without it
 * @property {RegExp} [stderr]
 * @property {(output: string) => string} [mask] what is shown instead of standard output
 * @property {true} [isAtTerminal] runs it at a terminal of its own, where a person can be asked
 *
 * @typedef {{ code: number | null, stdout: string, stderr: string }} Result
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/cli/main.cjs');
const identity = 'emergency-user';
const key = {
  accessKeyId: `AKIA${Array.from({ length: 16 }, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[randomInt(32)]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
};
const password = randomBytes(24).toString('base64url');

const profiles = `[sso-session company]
sso_start_url = https://d-9067000000.awsapps.com/start
sso_region = eu-west-1

[profile dev]
sso_session = company
sso_account_id = 111111111111
sso_role_name = ReadOnly
region = eu-west-1

[profile prod]
sso_session = company
sso_account_id = 222222222222
sso_role_name = Administrator
region = eu-central-1
`;

/**
 * IAM Identity Center: what most people have.
 *
 * @type {readonly Step[]}
 */
const portalSteps = [
  {
    why: 'Write an atmos.yaml from these profiles. Without --yes, you are asked first.',
    args: ['auth', 'init', '--yes', '--realm', 'company'],
    stderr: / Wrote .*: 1 provider and 2 identities added, realm company$/m,
  },
  {
    why: 'Sign in, once for all accounts. The page of this stand-in allows it at once.',
    args: ['auth', 'login', '--identity', 'dev', '--device-code'],
    isAtTerminal: true,
    stdout: /Continue only if the page shows the code [^]*Logged in as dev /,
  },
  {
    why: 'Who am I, and until when? AWS is asked. No one has to sign in again for another account.',
    args: ['auth', 'whoami', '--identity', 'dev'],
    stderr: /in account 111111111111/,
  },
  {
    why: 'Write AWS profiles, so that every program can use every identity.',
    args: ['auth', 'aws-config', '--write', '--prefix', 'atmos-'],
    stderr: / Wrote ~\/\.aws\/config: 2 profiles added$/m,
  },
  {
    why: 'What an AWS SDK gets from such a profile. The secrets are masked here, by this script.',
    args: ['auth', 'credential-process', '--identity', 'prod'],
    stdout: /^\{"Version":1,"AccessKeyId":"ASIA/,
    mask: maskSecrets,
  },
  {
    why: 'Which identities there are, and until when they are valid.',
    args: ['auth', 'list'],
    stdout: /^company .* until [^]*dev .* until [^]*prod .* until /m,
  },
  {
    why: 'Sign out of the portal, everywhere.',
    args: ['auth', 'logout', '--provider', 'company'],
    stderr: /^removed the session of dev[^]*^removed the token of company: /m,
  },
];

/**
 * An access key, for emergencies.
 *
 * @type {readonly Step[]}
 */
const keySteps = [
  {
    why: 'Store the long-lived access key in the keyring: here a directory of encrypted files.',
    args: ['auth', 'user', 'configure', '--identity', identity, '--stdin'],
    input: JSON.stringify({
      access_key_id: key.accessKeyId,
      secret_access_key: key.secretAccessKey,
    }),
    stderr: /^saved the access key AKIA.* of identity emergency-user in the file keyring/m,
  },
  {
    why: 'Open a session with it.',
    args: ['auth', 'login'],
    stderr: /Logged in as /,
  },
  {
    why: 'Who am I, and until when? AWS is asked.',
    args: ['auth', 'whoami'],
    stderr: /in account 123456789012/,
  },
  {
    why: 'Run a program that has the session, and neither the key nor the password of the keyring.',
    args: [
      'auth',
      'exec',
      '--',
      'sh',
      '-c',
      'echo "${AWS_ACCESS_KEY_ID%????????????????}, a secret of ${#AWS_SECRET_ACCESS_KEY} characters, a session token; keyring password: ${ATMOS_KEYRING_PASSWORD:-none}"',
    ],
    stdout: /^ASIA, a secret of 40 characters, a session token; keyring password: none$/m,
  },
  {
    why: 'Or set up a shell: nothing secret, only a profile that asks us when a program needs it.',
    args: ['auth', 'env'],
    stdout:
      /^unset .*AWS_ACCESS_KEY_ID[^]*^export AWS_CONFIG_FILE=[^]*^export AWS_PROFILE=emergency-user$/m,
  },
  {
    why: 'What AWS SDKs get from that profile. The secrets are masked here, by this script.',
    args: ['auth', 'credential-process', '--identity', identity],
    stdout: /^\{"Version":1,"AccessKeyId":"ASIA/,
    mask: maskSecrets,
  },
  {
    why: 'What is in the keyring now, by name.',
    args: ['auth', 'keyring', 'list'],
    stdout: /^key +emergency-user [^]*^session +emergency-user /m,
  },
  {
    why: 'Clear the session. The key stays, for the next login; --keychain would remove it too.',
    args: ['auth', 'logout', identity],
    stderr: /^removed the session of emergency-user/m,
  },
];

const leaving = new AbortController();
/** @type {NodeJS.Signals | undefined} */
let endedBy;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    endedBy = signal;
    leaving.abort();
  });
}

const startedAt = performance.now();
const home = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-quickstart-')));
try {
  await runAll();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const count = portalSteps.length + keySteps.length;
  show(`\nAll ${count} steps answered as they should, in ${seconds} s. Nothing is left of them.\n`);
} catch (error) {
  if (endedBy === undefined)
    console.error(`\nquickstart: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = endedBy === undefined ? 1 : 128 + constants.signals[endedBy];
} finally {
  leaving.abort();
  rmSync(home, { recursive: true, force: true });
}

async function runAll() {
  const { url, stsUrl } = await startStandIn('test/support/aws/identity-center-main.mjs', {
    isPreauthorized: true,
    sts: { keys: [] },
  });
  const config = join(home, '.aws/config');
  mkdirSync(dirname(config));
  writeFileSync(config, profiles);
  show(
    `# The profiles of the AWS CLI, as they are on many machines.\n$ cat ~/.aws/config\n${profiles}`,
  );
  const standIns = {
    ATMOS_KEYRING_TYPE: 'file',
    AWS_ENDPOINT_URL_SSO: url,
    AWS_ENDPOINT_URL_SSO_OIDC: url,
    AWS_ENDPOINT_URL_STS: stsUrl,
  };
  await runSteps(portalSteps, directoryFor('company'), standIns);

  const sts = await startStandIn('test/support/sts-main.mjs', {
    keys: [{ ...key, account: '123456789012', userName: 'emergency' }],
  });
  const project = directoryFor('emergency');
  const yaml = `auth:
  realm: emergency
  keyring:
    type: file
    spec:
      path: ${JSON.stringify(join(home, 'keyring'))}
  identities:
    ${identity}:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${sts.url}   # the stand-in for AWS STS
`;
  writeFileSync(join(project, 'atmos.yaml'), yaml);
  show(`\n# An access key, in another project.\n$ cat atmos.yaml\n${yaml}`);
  await runSteps(keySteps, project, {});
}

/** @param {string} name */
function directoryFor(name) {
  const directory = join(home, 'projects', name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * @param {readonly Step[]} steps
 * @param {string} project
 * @param {Readonly<Record<string, string>>} env
 */
async function runSteps(steps, project, env) {
  for (const step of steps) {
    const redirected = step.input === undefined ? '' : ' < access-key.json';
    show(`\n# ${step.why}\n$ atmos ${step.args.map(shellWord).join(' ')}${redirected}\n`);
    const { code, stdout, stderr } = await run(step, project, env);
    const shown = (step.mask?.(stdout) ?? stdout) + stderr;
    show(shown);
    if ([key.secretAccessKey, password].some((secret) => shown.includes(secret))) {
      throw new Error('a secret was shown');
    }
    check(step, { code, stdout, stderr });
  }
}

/**
 * @param {Step} step
 * @param {Result} result
 */
function check(step, { code, stdout, stderr }) {
  if (code !== 0) throw new Error(`it should have ended with exit code 0, and not with ${code}`);
  const isExpected = step.stdout ? step.stdout.test(stdout) : stdout === '';
  if (!isExpected || step.stderr?.test(stderr) === false) {
    throw new Error('it should have answered something else');
  }
}

/**
 * @param {Step} step
 * @param {string} cwd
 * @param {Readonly<Record<string, string>>} more
 * @returns {Promise<Result>}
 */
async function run({ args, input = '', isAtTerminal }, cwd, more) {
  const xdg = ['DATA', 'CONFIG', 'STATE', 'CACHE'].map((kind) => [
    `XDG_${kind}_HOME`,
    join(home, kind.toLowerCase()),
  ]);
  // No other variables, so that the result is the same everywhere.
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    ...Object.fromEntries(xdg),
    ATMOS_KEYRING_PASSWORD: password,
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    ...more,
  };
  if (isAtTerminal) return runAtTerminal(args, cwd, env);
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env,
    signal: leaving.signal,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}).end(input);
  // An early exit is also an error. Closing it guarantees that the process has exited.
  child.on('error', () => {});
  const code = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  leaving.signal.throwIfAborted();
  return { code, stdout, stderr };
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} env
 * @returns {Promise<Result>} everything that the terminal shows, as `stdout`
 */
async function runAtTerminal(args, cwd, env) {
  const terminal = spawnAtTerminal(process.execPath, [program, ...args], {
    name: 'xterm',
    cols: 100,
    cwd,
    env,
  });
  let stdout = '';
  terminal.onData((text) => (stdout += text));
  const end = () => terminal.kill();
  leaving.signal.addEventListener('abort', end);
  /** @type {number} */
  const code = await new Promise((resolve) => {
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });
  leaving.signal.removeEventListener('abort', end);
  leaving.signal.throwIfAborted();
  return { code, stdout, stderr: '' };
}

/** @param {string} output */
function maskSecrets(output) {
  return output.replaceAll(/("(?:SecretAccessKey|SessionToken)":")[^"]*/g, '$1****');
}

/**
 * @param {string} script
 * @param {object} options
 * @returns {Promise<{ url: string, stsUrl: string }>} its addresses
 */
async function startStandIn(script, options) {
  const child = spawn(process.execPath, [join(root, script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: leaving.signal,
  });
  // The exit at the end is not a failure.
  child.on('error', () => {});
  child.stdin.on('error', () => {}).write(`${JSON.stringify(options)}\n`);
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  if (line === undefined) throw new Error('a stand-in for AWS did not start');
  return JSON.parse(line);
}

/** @param {string} word */
function shellWord(word) {
  return /^[\w./=-]+$/.test(word) ? word : `'${word}'`;
}

/** @param {string} text */
function show(text) {
  process.stdout.write(text);
}
