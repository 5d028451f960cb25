// Measures the memory of the unlock agent at its start and after many clients at once. Needs `npm
// run build`. It has no pass or fail result. How long a command with the agent takes is in startup.mjs.
//
//   npm run bench:agent
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openKeyring } from 'atmos-auth/keyring';
import { abortOnSignals } from './interruption.mjs';

const program = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
const home = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
const directory = join(home, 'keyring');
const password = 'a test password';
const entry = 'atmos_bench_bench';
const clients = 200;
const interrupted = abortOnSignals();

try {
  const writer = await openKeyring({
    type: 'file',
    directory,
    promptPassword: async () => password,
  });
  await writer.set(entry, 'x'.repeat(1024));
  await writer.close();
  const unlocked = JSON.parse(atmos('unlock', '-o', 'json'));
  const atRest = memoryOf(unlocked.process_id);
  await askAll();
  interrupted.throwIfAborted();
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
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      ATMOS_KEYRING_TYPE: 'file',
      ATMOS_KEYRING_FILE_PATH: directory,
      ATMOS_KEYRING_PASSWORD: password,
    },
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
  const values = await Promise.all(keyrings.map((keyring) => keyring.get(entry)));
  if (values.includes(null)) throw new Error('an entry was not found');
  await Promise.all(keyrings.map((keyring) => keyring.close()));
}

/** @param {number} processId */
function memoryOf(processId) {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}
