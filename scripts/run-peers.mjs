// Runs the suites whose peers are too slow for every test run (*.peers.test.ts), as strictly as CI:
// it installs missing peers, as root or with sudo, and a peer that is still missing is a failure.
// Prints a table of the suites.
//
//   npm run peers all of them
//   npm run peers -- WORD those whose path contains it
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
process.env['CI'] = 'true';
const { startVitest } = await import('vitest/node');
const startedAt = performance.now();
const vitest = await startVitest('test', process.argv.slice(2), { run: true, project: ['peers'] });
await vitest.close();
printTable(vitest.state.getTestModules(), performance.now() - startedAt);

/**
 * @param {readonly import('vitest/node').TestModule[]} suites
 * @param {number} durationMs of the whole run, with what was installed
 */
function printTable(suites, durationMs) {
  const rows = suites.map((suite) => {
    const tests = [...suite.children.allTests()];
    /** @param {import('vitest/node').TestState} state */
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    const counts = [count('passed'), count('failed'), count('skipped')];
    return { name: suite.relativeModuleId, counts, durationMs: suite.diagnostic().duration };
  });
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(5, ...rows.map(({ name }) => name.length));
  /**
   * @param {string} name
   * @param {readonly (string | number)[]} cells
   */
  const line = (name, cells) =>
    [name.padEnd(width), ...cells.map((cell) => String(cell).padStart(9))].join('');
  /** @param {number} ms */
  const inSeconds = (ms) => (ms / 1000).toFixed(1);
  console.log(`\n${line('suite', ['passed', 'failed', 'skipped', 'seconds'])}`);
  for (const row of rows) console.log(line(row.name, [...row.counts, inSeconds(row.durationMs)]));
  const sums = [0, 1, 2].map((at) => rows.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0));
  console.log(line('total', [...sums, inSeconds(durationMs)]));
}
