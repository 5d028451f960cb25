// Golden transcripts: runs every command of the built program in scenarios, and records its output,
// its exit code and the files it wrote, as text in test/golden/. A change that should not change
// behavior leaves them unchanged; every other difference is reviewed.
//
//   npm run golden write the transcripts
//   npm run golden -- --check compare; print the differences and exit 1 if there are any
//   npm run golden -- keyring exec only the scenarios whose names contain one of these words
//   npm run golden -- --program FILE run another build of the program
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatDifference } from './golden/difference.mjs';
import { closeMachines } from './golden/machine.mjs';
import { recordScenario } from './golden/record.mjs';
import { scenarios } from './golden/scenarios.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const transcripts = join(root, 'test/golden');
const defaultProgram = 'dist-test/cli/main.cjs';
/** Each worker runs one program at a time. */
const workers = 2;

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    program: { type: 'string', default: defaultProgram },
  },
});

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    void closeMachines().finally(() => process.exit(128 + constants.signals[signal]));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`golden: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await closeMachines();
}

async function main() {
  const program = resolve(root, values.program);
  checkSystem(program);
  const names = Object.keys(scenarios).filter(isChosen);
  if (names.length === 0) throw new Error(`no scenario has a name with ${words.join(' or ')}`);
  const recorded = await recordAll(names, program);
  const stale = staleTranscripts();
  if (values.check) return check(recorded, stale);
  mkdirSync(transcripts, { recursive: true });
  for (const [name, text] of recorded) writeFileSync(pathOf(name), text);
  for (const name of stale) rmSync(pathOf(name));
  console.log(`golden: ${counted(recorded.size, 'transcript')} written`);
  return 0;
}

/** @param {string} name */
function isChosen(name) {
  return words.length === 0 || words.some((word) => name.includes(word));
}

/** @param {string} program */
function checkSystem(program) {
  if (process.platform !== 'linux') throw new Error('the transcripts are those of Linux');
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  const system = '/usr/local/etc/atmos';
  if (existsSync(system)) throw new Error(`${system} exists, and would be part of every scenario`);
}

/**
 * @param {readonly string[]} names
 * @param {string} program
 */
async function recordAll(names, program) {
  const waiting = [...names];
  /** @type {Map<string, string>} */
  const recorded = new Map();
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const scenario = scenarios[name];
      if (scenario) recorded.set(name, await recordScenario(name, scenario, program));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return new Map([...recorded].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Transcripts whose scenario was removed or renamed. */
function staleTranscripts() {
  if (words.length > 0 || !existsSync(transcripts)) return [];
  return readdirSync(transcripts)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.replace(/\.txt$/, ''))
    .filter((name) => !Object.hasOwn(scenarios, name));
}

/**
 * @param {ReadonlyMap<string, string>} recorded
 * @param {readonly string[]} stale
 */
function check(recorded, stale) {
  const differences = [...recorded]
    .map(([name, text]) => formatDifference(`test/golden/${name}.txt`, stored(name), text))
    .filter((difference) => difference !== '');
  for (const difference of differences) process.stdout.write(difference);
  for (const name of stale) console.log(`test/golden/${name}.txt: no scenario has this name`);
  const count = differences.length + stale.length;
  console.error(`golden: ${recorded.size} compared, ${count} different`);
  return count === 0 ? 0 : 1;
}

/** @param {string} name */
function stored(name) {
  return existsSync(pathOf(name)) ? readFileSync(pathOf(name), 'utf8') : '';
}

/** @param {string} name */
function pathOf(name) {
  return join(transcripts, `${name}.txt`);
}

/**
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
