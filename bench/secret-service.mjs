// How long `credential-process` takes from the Secret Service, beside `node -e 0` on the same machine:
// medians of runs that take turns, so that a slow moment is everybody's. The provider is a
// gnome-keyring of its own (docs/testing-secret-service.md). Needs `npm run build`. Judges nothing.
//
//   node bench/secret-service.mjs [RUNS]        default 25, at least 15
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openGnomeKeyring } from '../test/support/secret-service/gnome-keyring.mjs';
import { startSts } from '../test/support/sts-server.mjs';
import { medianOf, printTable } from './measure.mjs';

const runs = Math.max(15, Number(process.argv[2] ?? 25));
const program = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
const library = fileURLToPath(new URL('../dist/keyring.js', import.meta.url));
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** One entry, read through the library alone. */
const reading = `
  import { openKeyring } from ${JSON.stringify(pathToFileURL(library).href)};
  const keyring = await openKeyring({ type: 'system' });
  if ((await keyring.get('atmos_bench_bench')) === null) process.exit(1);
`;

/**
 * What is measured, and the bound of the design as a ratio, where there is one.
 *
 * @type {readonly { name: string, args: string[], bound?: number }[]}
 */
const candidates = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'openKeyring, one entry', args: ['--input-type=module', '-e', reading] },
  { name: 'credential-process', args: [program, 'auth', 'credential-process'], bound: 2.2 },
];

const service = await openGnomeKeyring();
const project = join(service.home, 'project');
const { env } = service;
try {
  await prepare();
  const medians = measure().map(medianOf);
  const [base = 0] = medians;
  printTable([
    ['', 'median ms', 'ratio', 'bound'],
    ...candidates.map(({ name, bound }, at) => {
      const median = medians[at] ?? 0;
      return [name, median.toFixed(1), (median / base).toFixed(2), bound?.toFixed(1) ?? ''];
    }),
  ]);
  console.log(
    `\n${runs} runs each, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  );
} finally {
  await service.close();
}

/** A project with a stored key and a session. */
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
  return `auth:
  realm: bench
  keyring:
    type: system
  identities:
    bench:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${endpoint}
`;
}
