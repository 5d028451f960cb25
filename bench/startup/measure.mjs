// Alternating runs of programs: elapsed time and CPU time.
import { spawnSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { medianOf } from '../table.mjs';
import { childrenCpuMs } from './cpu-time.mjs';

/**
 * A measured command.
 *
 * @typedef {object} Candidate
 * @property {string} name
 * @property {string} program absolute
 * @property {readonly string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {number} [goal] the maximum ratio to the first candidate in the design
 * @property {Candidate} [less] another candidate: its time beyond that of the first is subtracted
 *
 * @typedef {{ wallMs: number, cpuMs: number }} Times
 */

const maxRunMs = 60_000;

/**
 * The medians of each candidate, in their order. The runs alternate, so that a slow moment affects
 * all candidates.
 *
 * @param {readonly Candidate[]} candidates
 * @param {{ runs: number, signal: AbortSignal }} options
 * @returns {Promise<Times[]>}
 */
export async function measure(candidates, { runs, signal }) {
  /** @type {Times[][]} */
  const times = candidates.map(() => []);
  // The first round warms the file cache.
  for (let round = 0; round <= runs; round += 1) {
    for (const [at, candidate] of candidates.entries()) {
      // A signal is delivered only between two runs.
      await setImmediate();
      signal.throwIfAborted();
      const taken = timesOf(candidate);
      if (round > 0) times[at]?.push(taken);
    }
  }
  return times.map((each) => ({
    wallMs: medianOf(each.map(({ wallMs }) => wallMs)),
    cpuMs: medianOf(each.map(({ cpuMs }) => cpuMs)),
  }));
}

/**
 * Runs the command once. The CPU time excludes background processes that answer it.
 *
 * @param {Candidate} candidate
 * @returns {Times}
 * @throws if it fails
 */
export function timesOf({ name, program, args, cwd, env }) {
  const cpuBefore = childrenCpuMs();
  const startedAt = performance.now();
  const { status, signal, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: maxRunMs,
  });
  const wallMs = performance.now() - startedAt;
  if (status !== 0) {
    const why = error?.message ?? (stderr.trim() || 'no message');
    throw new Error(`${name}: ${signal ?? `exit code ${status}`}: ${why}`);
  }
  return { wallMs, cpuMs: childrenCpuMs() - cpuBefore };
}
