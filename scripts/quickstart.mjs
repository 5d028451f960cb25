// The main job with the built program: store an access key, log in, use it, clear it. It runs
// against a stand-in for AWS STS on a loopback address, in a temporary home directory that is
// always removed. Fails when a step has an unexpected result.
//
//   npm run quickstart
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Step
 * @property {string} why what it is for, for the person who reads
 * @property {string[]} args
 * @property {string} [input] goes to standard input
 * @property {RegExp} [stdout] what must be there; nothing may be there without it
 * @property {RegExp} [stderr]
 * @property {(output: string) => string} [mask] what is shown instead of standard output
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

/** @type {readonly Step[]} */
const steps = [
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
    mask: (output) => output.replaceAll(/("(?:SecretAccessKey|SessionToken)":")[^"]*/g, '$1****'),
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
  show(
    `\nAll ${steps.length} steps answered as they should, in ${seconds} s. Nothing is left of them.\n`,
  );
} catch (error) {
  if (endedBy === undefined)
    console.error(`\nquickstart: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = endedBy === undefined ? 1 : 128 + constants.signals[endedBy];
} finally {
  leaving.abort();
  rmSync(home, { recursive: true, force: true });
}

async function runAll() {
  const sts = await startSts();
  const project = join(home, 'project');
  mkdirSync(project);
  const yaml = `auth:
  keyring:
    type: file
    spec:
      path: ${JSON.stringify(join(home, 'keyring'))}
  identities:
    ${identity}:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${sts}   # the stand-in for AWS STS
`;
  writeFileSync(join(project, 'atmos.yaml'), yaml);
  show(`$ cat atmos.yaml\n${yaml}\n$ export ATMOS_KEYRING_PASSWORD=****\n`);

  /** @type {string[]} */
  const outputs = [];
  for (const step of steps) {
    const redirected = step.input === undefined ? '' : ' < access-key.json';
    show(`\n# ${step.why}\n$ atmos ${step.args.map(shellWord).join(' ')}${redirected}\n`);
    const { code, stdout, stderr } = await run(step, project);
    const shown = (step.mask?.(stdout) ?? stdout) + stderr;
    show(shown);
    outputs.push(shown);
    check(step, { code, stdout, stderr });
  }
  if (
    outputs.some((text) => [key.secretAccessKey, password].some((secret) => text.includes(secret)))
  ) {
    throw new Error('a secret was shown');
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
 * @returns {Promise<Result>}
 */
async function run({ args, input = '' }, cwd) {
  const xdg = ['DATA', 'CONFIG', 'STATE', 'CACHE'].map((kind) => [
    `XDG_${kind}_HOME`,
    join(home, kind.toLowerCase()),
  ]);
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    // No other variables, so that the result is the same everywhere.
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      ...Object.fromEntries(xdg),
      ATMOS_KEYRING_PASSWORD: password,
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
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

/** @returns {Promise<string>} its address */
async function startSts() {
  const child = spawn(process.execPath, [join(root, 'test/support/sts-main.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: leaving.signal,
  });
  // The exit at the end is not a failure.
  child.on('error', () => {});
  const options = { keys: [{ ...key, account: '123456789012', userName: 'emergency' }] };
  child.stdin.on('error', () => {}).write(`${JSON.stringify(options)}\n`);
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  if (line === undefined) throw new Error('the stand-in for AWS STS did not start');
  return JSON.parse(line).url;
}

/** @param {string} word */
function shellWord(word) {
  return /^[\w./=-]+$/.test(word) ? word : `'${word}'`;
}

/** @param {string} text */
function show(text) {
  process.stdout.write(text);
}
