// Measures starts of the program against `node -e 0` on the same machine, and beside it the
// comparable commands of other programs that are on PATH. It packs and installs the package first,
// and stops and removes all that it started and wrote. It has no pass or fail result.
//
//   npm run bench                     25 runs of each command
//   npm run bench -- --runs 50 agent  commands with "agent" in their names
//   npm run --silent bench -- --json  for a program
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createReleases } from '../test/support/secret-service/releases.mjs';
import { abortOnSignals } from './interruption.mjs';
import { withAgent, withPassword } from './startup/file-keyring.mjs';
import { measure } from './startup/measure.mjs';
import { installPackage } from './startup/package.mjs';
import { otherPrograms } from './startup/peers.mjs';
import { printReport, reportOf } from './startup/report.mjs';
import { withSecretService } from './startup/secret-service.mjs';
import { startStandIns } from './startup/stand-ins.mjs';

/**
 * @import { Candidate } from './startup/measure.mjs'
 * @import { StandIns } from './startup/stand-ins.mjs'
 *
 * @typedef {object} Bench
 * @property {string} directory temporary
 * @property {string} path the PATH of measured commands, without another `atmos`
 * @property {string} program the installed `atmos`
 * @property {string} keyringModule the installed `atmos-auth/keyring`
 * @property {StandIns} standIns
 * @property {(release: () => void | Promise<void>) => void} add gets what stops or removes something
 * @property {(name: string, why: string) => void} skip reports what cannot be measured
 */

const minRuns = 25;

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, runs: { type: 'string' } },
});
const runs = Math.max(minRuns, Number(values.runs) || minRuns);
const interrupted = abortOnSignals();
const { add, releaseAll } = createReleases();
/** @type {{ name: string, why: string }[]} */
const skipped = [];

try {
  const candidates = selected(await prepare());
  console.error(`measuring ${candidates.length} commands, ${runs} runs each`);
  const medians = await measure(candidates, { runs, signal: interrupted });
  const report = reportOf(candidates, medians, { runs, skipped });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else printReport(report);
} catch (error) {
  // Ctrl-C also terminates the running command, before the signal is delivered here.
  await setImmediate();
  console.error(interrupted.aborted ? 'interrupted' : error);
  process.exitCode = interrupted.aborted ? 130 : 1;
} finally {
  await releaseAll();
}

/** @returns {Promise<Candidate[]>} the first one is the unit of the ratios */
async function prepare() {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bench-')));
  add(() => rmSync(directory, { recursive: true, force: true }));
  const installed = await step(() => installPackage(join(directory, 'package')));
  const standIns = await step(() => startStandIns(add));
  const skip = (/** @type {string} */ name, /** @type {string} */ why) =>
    void skipped.push({ name, why });
  const bench = { directory, path: pathWithoutAtmos(), ...installed, standIns, add, skip };
  const env = { PATH: bench.path, HOME: directory };
  const node = { program: process.execPath, cwd: directory, env };
  return [
    { ...node, name: 'node -e 0', args: ['-e', '0'] },
    { ...node, name: 'help', args: [bench.program, '--help'], goal: 1.15 },
    { ...node, name: 'version', args: [bench.program, '--version'], goal: 1.15 },
    ...(await step(() => withAgent(bench))),
    ...(await step(() => withSecretService(bench))),
    ...(await step(() => withPassword(bench))),
    ...(await step(() => otherPrograms(bench))),
  ];
}

/**
 * @template T
 * @param {() => Promise<T>} work
 */
async function step(work) {
  interrupted.throwIfAborted();
  return work();
}

/**
 * The commands whose names have one of the words, and what they are compared with.
 *
 * @param {readonly Candidate[]} candidates
 */
function selected(candidates) {
  const named = candidates.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  if (named.length === 0) throw new Error(`no command has ${words.join(' or ')} in its name`);
  const compared = [candidates[0], ...named.map(({ less }) => less)];
  return candidates.filter((each) => named.includes(each) || compared.includes(each));
}

/** `version` and other commands look for another `atmos` on PATH. */
function pathWithoutAtmos() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !existsSync(join(folder, 'atmos'))).join(delimiter);
}
