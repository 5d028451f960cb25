// Measures the file keyring with 1 to 1000 entries, in process: listing the names, and reading all
// entries. A keyring handle derives its encryption key once, at the first read. Needs `npm run
// build`. It has no pass or fail result.
//
//   npm run bench:keyring
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyring } from 'atmos-auth/keyring';
import { medianOf, printTable } from './table.mjs';

const sizes = [1, 10, 100, 1000];
const runs = 5;
const value = 'x'.repeat(1024);
const place = await mkdtemp(join(tmpdir(), 'atmos-auth-bench-'));
const rows = [
  ['entries', 'write each, ms', 'list, ms', 'read all, ms', 'read all, key derived, ms'],
];

try {
  const directory = join(place, 'keyring');
  const writer = await open(directory);
  let count = 0;
  for (const size of sizes) {
    const first = count;
    const writeMs = await timeOf(async () => {
      for (; count < size; count += 1) await writer.set(`atmos_bench_${count}`, value);
    });
    rows.push([`${size}`, (writeMs / (size - first)).toFixed(1), ...(await readTimes(directory))]);
  }
  await writer.close();
  printTable(rows);
} finally {
  await rm(place, { recursive: true, force: true });
}

/** @param {string} directory */
async function readTimes(directory) {
  /** @type {number[][]} */
  const times = [[], [], []];
  for (let run = 0; run < runs; run += 1) {
    const reader = await open(directory);
    const readAll = async () => {
      for (const key of await reader.keys()) await reader.get(key);
    };
    times[0]?.push(await timeOf(() => reader.keys()));
    times[1]?.push(await timeOf(readAll));
    times[2]?.push(await timeOf(readAll));
    await reader.close();
  }
  return times.map((each) => medianOf(each).toFixed(1));
}

/** @param {() => Promise<unknown>} work */
async function timeOf(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** @param {string} directory */
function open(directory) {
  return openKeyring({
    type: 'file',
    directory,
    promptPassword: async () => 'a test password',
  });
}
