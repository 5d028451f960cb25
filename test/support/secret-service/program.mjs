// Programs that are stopped with us: by their pid, or by the kernel if we are killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** @import { RunningProgram } from './types.ts' */

const graceMs = 2000;
const maxComplaintLength = 2000;

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env: Record<string, string>, input?: string }} options
 * @returns {Promise<RunningProgram>}
 * @throws when it is not there
 */
export async function startProgram(program, args, { env, input = '' }) {
  // setpriv replaces itself by the program, so the pid is that of the program. A killed test run
  // leaves nothing behind.
  const command = ['--pdeathsig', 'KILL', program, ...args];
  const child = spawn('setpriv', command, { env, stdio: 'pipe' });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => void child.once('exit', () => resolve()));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-maxComplaintLength);
  });
  const lines = createInterface({ input: child.stdout });
  const firstLine = new Promise((resolve) => void lines.once('line', resolve));
  // The program may exit without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await once(child, 'spawn');
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    if (isRunning()) child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  }

  return {
    pid: child.pid ?? 0,
    isRunning,
    complaints: () => complaints.trim(),
    async firstLine() {
      const ended = exited.then(() => {
        throw new Error(`${program} ended before it was ready: ${complaints.trim()}`);
      });
      return Promise.race([firstLine, ended]);
    },
    ended: () => exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
