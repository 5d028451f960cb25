// What the benchmarks share: alternating runs, medians, and a table of them.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * A measured program, and the maximum ratio to the first one in the design, if any.
 *
 * @typedef {{ name: string, args: string[], bound?: number }} Candidate
 */

/** The number of runs of each candidate: the first argument, at least 15. */
export const runs = Math.max(15, Number(process.argv[2] ?? 25));

/**
 * Median milliseconds of each candidate, run by Node. The runs alternate, so that a slow moment
 * affects all candidates.
 *
 * @param {readonly Candidate[]} candidates
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 */
export function measure(candidates, place) {
  /** @type {number[][]} */
  const times = candidates.map(() => []);
  for (let run = 0; run <= runs; run += 1) {
    candidates.forEach(({ name, args }, at) => {
      const startedAt = performance.now();
      const { status } = spawnSync(process.execPath, args, {
        ...place,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (status !== 0) throw new Error(`${name} exited with ${status}`);
      // The first round warms the file cache.
      if (run > 0) times[at]?.push(performance.now() - startedAt);
    });
  }
  return times.map(medianOf);
}

/**
 * Prints medians and their ratios to the first one.
 *
 * @param {readonly { name: string, median: number, bound?: number | undefined }[]} results
 */
export function printRatios(results) {
  const base = results[0]?.median ?? 0;
  printTable([
    ['', 'median ms', 'ratio', 'bound'],
    ...results.map(({ name, median, bound }) => [
      name,
      median.toFixed(1),
      (median / base).toFixed(2),
      bound?.toFixed(1) ?? '',
    ]),
  ]);
  console.log(
    `\n${runs} runs each, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  );
}

/** @param {readonly number[]} values */
export function medianOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return (low + high) / 2;
}

/**
 * Prints rows in columns: the first one left-aligned, the others right-aligned.
 *
 * @param {readonly (readonly string[])[]} rows
 */
export function printTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('   ').trimEnd());
  }
}
