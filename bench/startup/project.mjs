// A user's home directory with projects, and the commands that are measured in them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { spawn as spawnAtTerminal } from '@lydell/node-pty';
import { accessKey } from './stand-ins.mjs';
import { timesOf } from './measure.mjs';

/**
 * @import { Candidate } from './measure.mjs'
 *
 * @typedef {object} Project
 * @property {string} program the installed `atmos`
 * @property {string} directory
 * @property {Record<string, string>} env of the measured commands
 */

/** A record of the configuration is made only if its files have not changed for two seconds. */
const settledMs = 2_100;

/**
 * Creates the directory of a project and its files, by path.
 *
 * @param {Project} project
 * @param {Readonly<Record<string, string>>} files
 */
export function writeFiles({ directory }, files) {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text);
  }
}

/**
 * Stores the access key of the identity `bench` and opens a session of the default identity.
 *
 * @param {Project} project
 */
export async function storeAndLogIn(project) {
  const { accessKeyId, secretAccessKey } = accessKey;
  const stored = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  const configure = ['auth', 'user', 'configure', '--identity', 'bench', '--stdin'];
  await atmos(project, configure, JSON.stringify(stored));
  await atmos(project, ['auth', 'login']);
}

/**
 * Signs in at the portal, at a terminal, because the program opens a page only for a person.
 *
 * @param {Project} project
 */
export async function signIn({ program, directory, env }) {
  const terminal = spawnAtTerminal(process.execPath, [program, 'auth', 'login', '--device-code'], {
    cwd: directory,
    env,
  });
  let shown = '';
  terminal.onData((text) => (shown += text));
  const code = await new Promise((resolve) => {
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });
  if (code !== 0) throw new Error(`atmos auth login: exit code ${code}: ${shown}`);
}

/**
 * The command that an AWS SDK runs in a shell after `auth env`. It has run twice.
 *
 * @param {Project} project
 * @param {string} name
 * @param {Pick<Candidate, 'goal' | 'less'>} [rating]
 */
export async function credentialProcess(project, name, rating) {
  await setTimeout(settledMs);
  const selected = JSON.parse(await atmos(project, ['auth', 'env', '--format', 'json']));
  const profile = readFileSync(selected['AWS_CONFIG_FILE'], 'utf8');
  const [, handle = ''] = /^credential_process = .* --handle "?([^"\n]+)"?$/m.exec(profile) ?? [];
  const args = ['auth', 'credential-process', '--handle', handle];
  const inShell = { ...project, env: { ...project.env, ...selected } };
  const candidate = command(inShell, `credential-process --handle, ${name}`, args, rating);
  for (let run = 0; run < 2; run += 1) timesOf(candidate);
  return candidate;
}

/**
 * @param {Project} project
 * @param {string} name
 * @param {readonly string[]} args
 * @param {Pick<Candidate, 'goal' | 'less'>} [rating]
 * @returns {Candidate}
 */
export function command({ program, directory, env }, name, args, rating = {}) {
  const words = [program, ...args];
  return { name, program: process.execPath, args: words, cwd: directory, env, ...rating };
}

/**
 * Runs the program as part of the preparation, and returns its standard output.
 *
 * @param {Project} project
 * @param {readonly string[]} args
 * @param {string} [input]
 */
export async function atmos({ program, directory, env }, args, input = '') {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env,
    stdio: 'pipe',
    // Ctrl-C must not interrupt it: it may be the command that starts or stops an agent.
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}).end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) {
    throw new Error(`atmos ${args.join(' ')}: exit code ${child.exitCode}: ${stderr.trim()}`);
  }
  return stdout;
}
