// Runs one of the examples with the built program: its commands.sh, in a copy of its folder and a
// temporary home directory, without a terminal, against a stand-in for AWS STS on a loopback
// address. Fails when a command exits with an unexpected code or shows a secret.
//
//   node scripts/example.mjs laptop
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGnomeKeyring } from '../test/support/secret-service/gnome-keyring.mjs';
import { startSts } from '../test/support/sts-server.mjs';
import { createExamples, exampleFolder, prepareExample } from './example-machines.mjs';
import { findPeers } from './peers.mjs';

/** @import { Machine } from './example-machines.mjs' */

const root = fileURLToPath(new URL('..', import.meta.url));
const key = {
  accessKeyId: `AKIA${Array.from({ length: 16 }, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[randomInt(32)]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
};
const password = randomBytes(24).toString('base64url');
const mfaCode = '271828';

const machines = createExamples({ key, password, mfaCode });

const leaving = new AbortController();
/** @type {NodeJS.Signals | undefined} */
let endedBy;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    endedBy = signal;
    leaving.abort();
  });
}

const [name = ''] = process.argv.slice(2);
const machine = Object.hasOwn(machines, name) ? machines[name] : undefined;
/** @type {(() => unknown)[]} */
const releases = [];
try {
  if (!machine) throw new Error(`name one of ${Object.keys(machines).join(', ')}`);
  await runExample(name, machine);
} catch (error) {
  if (endedBy === undefined)
    console.error(`\nexample ${name}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = endedBy === undefined ? 1 : 128 + constants.signals[endedBy];
} finally {
  for (const release of releases.toReversed()) await release();
}

/**
 * @param {string} example
 * @param {Machine} machine
 */
async function runExample(example, { identity, hasDesktop, env, shows }) {
  const folder = exampleFolder(example);
  const commands = readFileSync(join(folder, 'commands.sh'), 'utf8');
  if (!readFileSync(join(folder, 'README.md'), 'utf8').includes(`\`\`\`sh\n${commands}\`\`\`\n`))
    throw new Error('README.md does not show what commands.sh says');

  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-example-')));
  releases.push(() => rmSync(directory, { recursive: true, force: true }));
  const place = { home: join(directory, 'home'), project: join(directory, 'project') };
  prepareExample(example, place, { key, identity, endpoint: await openSts(identity) });
  const surroundings = {
    PATH: `${programOnPath(directory)}:${process.env['PATH']}`,
    HOME: place.home,
    ...(hasDesktop ? await openDesktop() : {}),
    ...env?.(place),
  };
  const { code, output } = await run(place.project, surroundings);
  process.stdout.write(asGithubShows(output));
  if (code !== 0) throw new Error(`a command ended with exit code ${code}`);
  const absent = shows.find((expected) => !expected.test(output));
  if (absent) throw new Error(`nothing of what was shown is like ${absent}`);
  if ([key.secretAccessKey, password].some((secret) => output.includes(secret)))
    throw new Error('a secret was shown');
  process.stdout.write(`\nexample ${example}: all commands ended as they should\n`);
}

/**
 * The stand-in.
 *
 * @param {string} identity
 * @returns {Promise<string>} its address
 */
async function openSts(identity) {
  const mfa = { arn: 'arn:aws:iam::123456789012:mfa/emergency', codes: [mfaCode] };
  const sts = await startSts({
    keys: [{ ...key, account: '123456789012', userName: identity, mfa }],
  });
  releases.push(() => sts.close());
  return sts.url;
}

/** A keyring like that of a desktop, or the file keyring in its place. */
async function openDesktop() {
  if (!findPeers()['gnome-keyring']) {
    process.stdout.write('GNOME Keyring is not installed: the file keyring stands in for it\n\n');
    return { ATMOS_KEYRING_TYPE: 'file', ATMOS_KEYRING_PASSWORD: password };
  }
  const service = await openGnomeKeyring();
  releases.push(() => service.close());
  const { XDG_RUNTIME_DIR = '', DBUS_SESSION_BUS_ADDRESS = '' } = service.env;
  return { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS };
}

/**
 * Creates a directory in which `atmos` is the built program.
 *
 * @param {string} directory
 */
function programOnPath(directory) {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli/main.cjs')}' "$@"\n`;
  writeFileSync(join(bin, 'atmos'), script, { mode: 0o755 });
  return bin;
}

/**
 * Each command is shown before it runs, and the first failed command is the last one.
 *
 * @param {string} cwd
 * @param {Record<string, string>} env the whole environment, so that the result is the same
 * everywhere
 * @returns {Promise<{ code: number | null, output: string }>}
 */
async function run(cwd, env) {
  // A new session, without a terminal for prompts.
  const child = spawn('sh', ['-c', 'exec sh -ev commands.sh 2>&1'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  leaving.signal.addEventListener('abort', () => child.pid && process.kill(-child.pid, 'SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  leaving.signal.throwIfAborted();
  return { code, output };
}

/**
 * The output as in GitHub's log: a value is masked after the line that requests it.
 *
 * @param {string} output
 */
function asGithubShows(output) {
  const masked = [...output.matchAll(/^::add-mask::(.+)$/gm)].map(([, value = '']) => value);
  return masked.reduce((text, value) => text.replaceAll(value, '***'), output);
}
