// Lists 700 accounts with 3 permission sets each at a stand-in for IAM Identity Center that refuses more
// than 20 calls in a second, as the portal does: the time, the requests, and the sign-ins; then a listing
// that is interrupted and continued, and one in which an account fails. After that it measures completion
// and the picker with these 2,100 identities against `node -e 0`. It prints figures and has no pass or fail
// result.
//
//   npm run build && npm run bench:provision     takes about 3 minutes
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import { startIdentityCenter } from '../test/support/aws/identity-center.mjs';
import { manyAccounts } from '../test/support/aws/many-accounts.mjs';
import { abortOnSignals } from './interruption.mjs';

const program = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url));
const runs = 25;
const interrupted = abortOnSignals();

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
const center = await startIdentityCenter({
  accounts: manyAccounts(700),
  callsPerSecond: 20,
  isPreauthorized: true,
  pollIntervalSeconds: 0,
});
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: directory,
  TERM: 'xterm',
  ATMOS_AUTH_TRUST: '1',
  ATMOS_KEYRING_PASSWORD: 'correct horse battery staple',
};
const cwd = join(directory, 'project');

try {
  mkdirSync(cwd, { mode: 0o700 });
  writeFileSync(join(cwd, 'atmos.yaml'), configOf(center));
  await listing('sign in and list', ['auth', 'login', '--provider', 'corp']);
  await listing('list, interrupted after 300 accounts', ['auth', 'list', '--refresh'], 300);
  await listing('list, continued', ['auth', 'list', '--refresh']);
  center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccountRoles' });
  await listing('list, one account fails', ['auth', 'list', '--refresh']);
  await listing('list that account again', ['auth', 'list', '--refresh']);
  await starts();
} finally {
  await center.close();
  rmSync(directory, { recursive: true, force: true });
}

/** @param {{ startUrl: string, region: string, url: string }} portal */
function configOf({ startUrl, region, url }) {
  return `auth:
  realm: bench
  keyring: { type: file }
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: ${startUrl}
      region: ${region}
      auto_provision_identities: true
      spec: { endpoint_url: "${url}", flow: device }
`;
}

/**
 * Runs a command in a terminal, and prints what it asked of the stand-in.
 *
 * @param {string} name
 * @param {readonly string[]} args
 * @param {number} [most] of accounts, after which the command is interrupted
 */
async function listing(name, args, most) {
  const from = center.calls.length;
  const start = performance.now();
  const terminal = pty.spawn(process.execPath, [program, ...args], { cwd, env, cols: 120 });
  let shown = '';
  terminal.onData((text) => (shown += text));
  const stop = () => terminal.kill('SIGINT');
  interrupted.addEventListener('abort', stop);
  const watch = setInterval(() => {
    const asked = center.calls.slice(from).filter(({ action }) => action === 'ListAccountRoles');
    if (most !== undefined && asked.length >= most) stop();
  }, 10);
  const exitCode = await new Promise((resolve) => {
    terminal.onExit((ended) => resolve(ended.exitCode));
  });
  clearInterval(watch);
  interrupted.removeEventListener('abort', stop);
  interrupted.throwIfAborted();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const calls = center.calls.slice(from);
  const count = (/** @type {string} */ action) =>
    calls.filter((call) => call.action === action).length;
  const accounts = new Set(calls.flatMap(({ params }) => params['account_id'] ?? []));
  const last = shown.split(/[\r\n]/).findLast((line) => /Listed|could not/.test(line)) ?? '';
  console.log(
    [
      name,
      `  ${seconds} s, exit code ${exitCode}`,
      `  ListAccounts ${count('ListAccounts')}, ListAccountRoles ${count('ListAccountRoles')} for ${accounts.size} accounts`,
      `  sign-ins ${count('StartDeviceAuthorization')}`,
      `  most calls in one second: ${busiest(calls.filter(({ path }) => path.startsWith('/assignment')))}`,
      `  ${last.slice(last.indexOf('Listed')).trim()}`,
    ].join('\n'),
  );
}

/** @param {readonly { at: Date }[]} calls in the order of their arrival */
function busiest(calls) {
  const times = calls.map(({ at }) => at.getTime());
  return Math.max(
    0,
    ...times.map((start, at) => times.slice(at).filter((time) => time < start + 1000).length),
  );
}

async function starts() {
  const complete = ['__complete', '--', 'auth', 'exec', '-i', 'account-0555/'];
  /** @type {Record<string, number[]>} */
  const times = { 'node -e 0': [], completion: [], picker: [] };
  console.log(`first picker: ${(await timeOfPicker()).toFixed(0)} ms`);
  for (let run = 0; run < runs; run += 1) {
    interrupted.throwIfAborted();
    times['node -e 0']?.push(await timeOf(['-e', '0']));
    times['completion']?.push(await timeOf([program, ...complete]));
    times['picker']?.push(await timeOfPicker());
  }
  const { stdout } = spawnSync(process.execPath, [program, ...complete], { cwd, env });
  console.log(`completion of account-0555/: ${String(stdout).trim().split('\n').join(' ')}`);
  const unit = median(times['node -e 0'] ?? []);
  for (const [name, measured] of Object.entries(times)) {
    const middle = median(measured);
    console.log(`${name}: ${middle.toFixed(0)} ms, ${(middle / unit).toFixed(2)} of node -e 0`);
  }
}

/** @param {readonly string[]} args */
async function timeOf(args) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.resume();
  await once(child, 'close');
  return performance.now() - start;
}

/** Until the first choices are shown. */
async function timeOfPicker() {
  const start = performance.now();
  const terminal = pty.spawn(process.execPath, [program, 'auth', 'env', '-i'], { cwd, env });
  const ended = new Promise((resolve) => {
    terminal.onExit(resolve);
  });
  let shown = '';
  const isShown = new Promise((resolve) => {
    terminal.onData((text) => {
      shown += text;
      if (shown.includes('account-0001/')) resolve(undefined);
    });
  });
  await Promise.race([isShown, ended]);
  if (!shown.includes('account-0001/')) throw new Error(`the picker was not shown: ${shown}`);
  const time = performance.now() - start;
  // Ctrl-C: the choices are kept for the next one.
  terminal.write('\u0003');
  await ended;
  return time;
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
