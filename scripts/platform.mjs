// Runs every suite for this system: test/platform/suite.ts. On Windows and macOS it tests what a
// run on Linux cannot. Run it as a user without Atmos entries in the keyring.
//
//   npm run platform all of them
//   npm run platform -- WORD those whose file has it in its name
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSuite } from './suite-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/cli/main.cjs');
// Inside of the project, so that a suite finds the packages that it loads.
const cache = join(root, 'node_modules/.cache/atmos-auth/platform');
const maxSuiteMs = 15 * 60_000;

/** @typedef {{ name: string, platforms: string[], needs?: string, cases: string[] }} Description */

const [wanted = ''] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];
for (const file of casesFiles().filter((path) => path.includes(wanted))) await runFile(file);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0) process.exitCode = 1;

function casesFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.cases.ts'))
    .sort();
}

/** @param {string} path */
async function runFile(path) {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const bundle = join(cache, 'suite.mjs');
  await bundleSuite(join(root, 'test', path), bundle);
  /** @type {Description} */
  const suite = JSON.parse(run(bundle, ['--describe']).stdout);
  if (!suite.platforms.includes(process.platform)) return;
  console.log(`\n${suite.name} (test/${path.replaceAll('\\', '/')})`);
  if (suite.needs !== undefined && !process.env[suite.needs]) {
    console.log(`  skipped: ${suite.needs} is not set`);
    skipped += suite.cases.length;
    return;
  }
  const report = join(cache, 'report');
  const { status, stdout, stderr } = run(bundle, [report]);
  const results = existsSync(report) ? readFileSync(report, 'utf8').trimEnd().split('\n') : [];
  const found = new Map(results.map((line) => JSON.parse(line)).map((one) => [one.name, one]));
  for (const name of suite.cases) {
    const { error, skipped: why } = found.get(name) ?? {
      error: `it did not run: exit code ${status}`,
      skipped: null,
    };
    if (error !== null) failed++;
    else if (why !== null) skipped++;
    else passed++;
    if (error !== null) console.log(`  FAILED ${name}\n${error}`);
    else console.log(why === null ? `  ok ${name}` : `  skipped ${name}: ${why}`);
  }
  if (status !== 0) console.log(stdout + stderr);
}

/**
 * @param {string} bundle
 * @param {readonly string[]} args
 */
function run(bundle, args) {
  return spawnSync(process.execPath, [bundle, ...args], {
    env: { ...process.env, ATMOS_TEST_PROGRAM: program },
    encoding: 'utf8',
    timeout: maxSuiteMs,
  });
}
