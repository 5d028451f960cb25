// Measures `credential-process` with the unlock agent against `node -e 0` on the same machine:
// medians of alternating runs, and the agent's memory at its start and after many clients. Needs
// `npm run build`. It has no pass or fail result.
//
//   npm run bench:agent [-- RUNS] default 25, at least 15
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyring } from 'atmos-auth/keyring';
import { measure, printRatios } from './measure.mjs';
import { benchConfigOf, prepareProject, program } from './project.mjs';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
const project = join(home, 'project');
const directory = join(home, 'keyring');
const password = 'a test password';
const env = { PATH: process.env['PATH'], HOME: home, ATMOS_KEYRING_FILE_PATH: directory };
const withPassword = { ...env, ATMOS_KEYRING_PASSWORD: password };
const clients = 200;

/** @type {readonly import('./measure.mjs').Candidate[]} */
const candidates = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'version', args: [program, 'version'], bound: 1.4 },
  {
    name: 'credential-process, agent',
    args: [program, 'auth', 'credential-process'],
    bound: 1.8,
  },
];

try {
  await prepareProject({
    directory: project,
    env: withPassword,
    configOf: (endpoint) => benchConfigOf({ type: 'file', endpoint }),
  });
  const unlocked = JSON.parse(atmos('unlock', '-o', 'json'));
  const atRest = memoryOf(unlocked.process_id);
  const medians = measure(candidates, { cwd: project, env });
  printRatios(candidates.map(({ name, bound }, at) => ({ name, median: medians[at] ?? 0, bound })));
  await askAll();
  const after = memoryOf(unlocked.process_id);
  console.log(
    `memory of the agent: ${atRest} MiB at rest, ${after} MiB after ${clients} clients at once (bound 60)`,
  );
} finally {
  atmos('lock');
  rmSync(home, { recursive: true, force: true });
}

/** @param {string[]} words */
function atmos(...words) {
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'pipe']);
  return execFileSync(process.execPath, [program, 'auth', 'keyring', ...words], {
    cwd: home,
    env: { ...withPassword, ATMOS_KEYRING_TYPE: 'file' },
    encoding: 'utf8',
    stdio: [...stdio],
  });
}

/** Each client sends one request; all run at once. */
async function askAll() {
  process.env['HOME'] = home;
  delete process.env['XDG_RUNTIME_DIR'];
  delete process.env['XDG_STATE_HOME'];
  const open = () => openKeyring({ type: 'file', directory });
  const keyrings = await Promise.all(Array.from({ length: clients }, open));
  const values = await Promise.all(keyrings.map((keyring) => keyring.get('atmos_bench_bench')));
  if (values.includes(null)) throw new Error('an entry was not found');
  await Promise.all(keyrings.map((keyring) => keyring.close()));
}

/** @param {number} processId */
function memoryOf(processId) {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}
