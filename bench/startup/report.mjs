// The result of the benchmark, as data and as a table.
import { cpus } from 'node:os';
import { printTable } from '../table.mjs';

/**
 * @import { Candidate, Times } from './measure.mjs'
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {number} medianMs elapsed
 * @property {number} ratio of the elapsed time to that of the first row
 * @property {number | null} goal of the ratio
 * @property {number} cpuMs user and system time, a median as well
 * @property {number} cpuRatio
 *
 * @typedef {object} Report
 * @property {string} node
 * @property {string} machine
 * @property {number} runs of each command
 * @property {Row[]} rows
 * @property {{ name: string, why: string }[]} skipped
 */

/**
 * @param {readonly Candidate[]} candidates the first one is the unit of the ratios
 * @param {readonly Times[]} medians in the same order
 * @param {Pick<Report, 'runs' | 'skipped'>} run
 * @returns {Report}
 */
export function reportOf(candidates, medians, run) {
  const timesAt = (/** @type {number} */ at) => medians[at] ?? { wallMs: 0, cpuMs: 0 };
  const base = timesAt(0);
  const rows = candidates.map(({ name, goal, less }, at) => {
    const { wallMs, cpuMs } = timesAt(at);
    const other = less === undefined ? base : timesAt(candidates.indexOf(less));
    const medianMs = wallMs - (other.wallMs - base.wallMs);
    const leftCpuMs = cpuMs - (other.cpuMs - base.cpuMs);
    return {
      name,
      medianMs: rounded(medianMs),
      ratio: rounded(medianMs / base.wallMs),
      goal: goal ?? null,
      cpuMs: rounded(leftCpuMs),
      cpuRatio: rounded(leftCpuMs / base.cpuMs),
    };
  });
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
  return { node: process.version, machine, ...run, rows };
}

/** @param {Report} report */
export function printReport({ node, machine, runs, rows, skipped }) {
  printTable([
    ['', 'median ms', 'ratio', 'goal', 'CPU ms', 'CPU ratio'],
    ...rows.map(({ name, medianMs, ratio, goal, cpuMs, cpuRatio }) => [
      name,
      medianMs.toFixed(1),
      ratio.toFixed(2),
      goal?.toFixed(2) ?? '',
      cpuMs.toFixed(1),
      cpuRatio.toFixed(2),
    ]),
  ]);
  console.log(`\n${runs} runs each, Node ${node}, ${machine}`);
  if (skipped.length === 0) return;
  console.log(`not measured: ${skipped.map(({ name, why }) => `${name} (${why})`).join(', ')}`);
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 100) / 100;
}
