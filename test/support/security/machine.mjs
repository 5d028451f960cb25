// The keychains and the state of the machine: files in one directory. Each write replaces a whole
// file.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** @import { KeychainFile, Machine, MachineState } from './types.ts' */

const lockWaitMs = 10_000;

/**
 * @param {string} directory
 * @returns {Machine}
 */
export function openMachine(directory) {
  const statePath = join(directory, 'state.json');

  /** @param {string} path */
  function read(path) {
    return /** @type {KeychainFile} */ (JSON.parse(readFileSync(path, 'utf8')));
  }

  /** @param {string} path @param {unknown} value */
  function write(path, value) {
    const next = `${path}.${process.pid}.new`;
    writeFileSync(next, JSON.stringify(value, null, 1));
    renameSync(next, path);
  }

  function state() {
    return /** @type {MachineState} */ (JSON.parse(readFileSync(statePath, 'utf8')));
  }

  return {
    state,
    read,
    write,
    isThere: existsSync,
    change(change) {
      const changed = state();
      change(changed);
      write(statePath, changed);
    },
    ask(what) {
      const { hasDisplay, person } = state();
      if (!hasDisplay) return -25308;
      appendFileSync(join(directory, 'asked'), `${what}\n`);
      switch (person) {
        case 'allows':
          return 0;
        case 'denies':
          return -25293;
        case 'cancels':
          return -128;
        case 'never answers':
          throw new NeverAnswers();
      }
    },
  };
}

/** Thrown where the program would wait for a user who does not answer. */
export class NeverAnswers extends Error {}

/**
 * Runs a function while no other process runs one. The lock of a dead process is removed after a
 * while.
 *
 * @template T
 * @param {string} directory
 * @param {() => T} run
 */
export function alone(directory, run) {
  const lock = join(directory, 'lock');
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < lockWaitMs; waitedMs += 2) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(cell, 0, 0, 2);
    }
  }
  try {
    return run();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
