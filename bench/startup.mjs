// How long the built program takes, beside `node -e 0` on the same machine: medians of runs that take
// turns, so that a slow moment is everybody's. Needs `npm run build`. Judges nothing.
//
//   npm run bench:startup [-- RUNS]        default 25, at least 15
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSts } from '../test/support/sts-server.mjs';
import { medianOf, printTable } from './measure.mjs';

const runs = Math.max(15, Number(process.argv[2] ?? 25));
const program = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

const home = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
const project = join(home, 'project');
// No NODE_EXTRA_CA_CERTS: with it Node 20 loads certificates at every start.
const env = {
  PATH: process.env['PATH'],
  HOME: home,
  ATMOS_KEYRING_PASSWORD: 'a password for nothing',
};

/** Rounds and hash as the file keyring derives its key. */
const derivation = "require('node:crypto').pbkdf2Sync('password', 'salt', 600_000, 32, 'sha512')";

/**
 * What is measured, and the bound of the design as a ratio, where there is one. The last two are
 * told apart from one another.
 *
 * @type {readonly { name: string, args: string[], bound?: number }[]}
 */
const candidates = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'help', args: [program, '--help'], bound: 1.4 },
  { name: 'version', args: [program, 'version'], bound: 1.4 },
  { name: 'env', args: [program, 'auth', 'env'], bound: 1.7 },
  { name: 'credential-process, file keyring', args: [program, 'auth', 'credential-process'] },
  { name: 'node -e, one key derivation', args: ['-e', derivation] },
];

try {
  await prepare();
  const medians = measure().map(medianOf);
  const [base = 0] = medians;
  const [asked = 0, derived = 0] = medians.slice(-2);
  const rest = asked - derived + base;
  /** @type {(name: string, median: number, bound?: number) => string[]} */
  const row = (name, median, bound) => [
    name,
    median.toFixed(1),
    (median / base).toFixed(2),
    bound?.toFixed(1) ?? '',
  ];
  printTable([
    ['', 'median ms', 'ratio', 'bound'],
    ...candidates.map(({ name, bound }, at) => row(name, medians[at] ?? 0, bound)),
    row('credential-process without the derivation', rest),
  ]);
  console.log(
    `\n${runs} runs each, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  );
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** A project with an atmos.yaml of 200 lines, a stored key and a session. */
async function prepare() {
  const sts = await startSts({ keys: [{ ...key, account: '123456789012', userName: 'bench' }] });
  try {
    mkdirSync(project);
    writeFileSync(join(project, 'atmos.yaml'), configOf(sts.url));
    const stored = { access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey };
    await atmos(['auth', 'user', 'configure', '--stdin'], JSON.stringify(stored));
    await atmos(['auth', 'login'], '');
  } finally {
    await sts.close();
  }
}

/** @returns {number[][]} milliseconds of each run, by candidate */
function measure() {
  /** @type {number[][]} */
  const times = candidates.map(() => []);
  for (let run = 0; run <= runs; run += 1) {
    candidates.forEach(({ name, args }, at) => {
      const startedAt = performance.now();
      const { status } = spawnSync(process.execPath, args, { cwd: project, env, stdio: 'ignore' });
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
      // The first round warms the file cache.
      if (run > 0) times[at]?.push(performance.now() - startedAt);
    });
  }
  return times;
}

/**
 * @param {string[]} args
 * @param {string} input
 */
async function atmos(args, input) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: project,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}).end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`atmos ${args.join(' ')}: ${stderr}`);
}

/** @param {string} endpoint */
function configOf(endpoint) {
  const head = `auth:
  keyring:
    type: file
  identities:
    bench:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${endpoint}
`;
  const others = Array.from(
    { length: 32 },
    (_, at) => `    account-${at}:
      kind: aws/user
      credentials:
        region: eu-central-1
      session:
        duration: 8h
`,
  );
  return `${head}${others.join('')}`;
}
