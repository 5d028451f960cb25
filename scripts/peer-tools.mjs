// What the scripts share that find and install the programs that we test against.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** Where programs are installed that no package manager of the system provides. */
export const cache = join(root, 'node_modules/.cache/atmos-auth');
export const maxStepMs = 10 * 60_000;

/**
 * Runs a program to its end. What it prints is on stderr.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @param {number} [timeout] in milliseconds
 */
export function run(program, args, options = {}, timeout = maxStepMs) {
  const { status, error } = spawnSync(program, args, {
    ...options,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    timeout,
  });
  if (status !== 0) {
    const why = error?.message ?? `exit code ${status}`;
    throw new Error(`${[program, ...args].join(' ')}: ${why}`);
  }
}

/** @param {string} name */
export function programOnPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
