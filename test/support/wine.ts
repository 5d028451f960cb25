import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Peer } from '../../scripts/peers.mjs';
import { bundleSuite } from '../../scripts/suite-bundle.mjs';
import { copyPrefix, wine, wineEnvironment } from '../../scripts/wine.mjs';
import type { CaseResult } from '../platform/run-suite.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { builtCli } from './built.ts';
import { createTemporaryDirectory } from './create-temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const limitMs = 5 * 60_000;

/** A separate Windows machine with Node and our program where an installer and npm put them. */
export interface WindowsMachine {
  /** Its drive C:, as a path of this machine. */
  readonly drive: string;
  /** The Windows path of our program. */
  readonly program: string;
  /** Runs a Windows program with all its output in files: it has no console. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  remove(): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const windowsNode = 'C:\\Program Files\\nodejs\\node.exe';
/** The Windows path that Wine gives a file of this machine. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

export function openWindows(): WindowsMachine {
  const { path, remove } = createTemporaryDirectory();
  const prefix = join(path, 'prefix');
  const drive = join(prefix, 'drive_c');
  copyPrefix(prefix);
  place(join(wine.prefix, 'drive_c/windows'), join(drive, 'windows'));
  place(wine.node, join(drive, 'Program Files/nodejs/node.exe'));
  // Wine uses the user name of the system.
  const modules = `users/${userInfo().username}/AppData/Roaming/npm/node_modules`;
  placePackage(join(drive, modules));
  placeKoffi(join(drive, 'suite/node_modules'));
  let started = 0;

  return {
    drive,
    program: `C:\\${modules.replaceAll('/', '\\')}\\atmos-auth\\dist\\cli\\main.cjs`,
    async run(program, args, { env = {}, input = '' } = {}) {
      const named = (name: string) => join(path, `${name}-${started}`);
      started++;
      writeFileSync(named('stdin'), input);
      const files = [
        openSync(named('stdin'), 'r'),
        openSync(named('stdout'), 'w'),
        openSync(named('stderr'), 'w'),
      ];
      const child = spawn(wine.program, [program, ...args], {
        env: { ...wineEnvironment(prefix), ...env },
        cwd: drive,
        stdio: files,
        timeout: limitMs,
        killSignal: 'SIGKILL',
      });
      for (const file of files) closeSync(file);
      const [exitCode] = (await once(child, 'close')) as [number | null];
      const textOf = (name: string) => readFileSync(named(name), 'utf8');
      return { exitCode, stdout: textOf('stdout'), stderr: textOf('stderr') };
    },
    async remove() {
      // Stops the programs that Wine has started for this prefix.
      for (const option of ['-k', '-w']) {
        await once(spawn(wine.server, [option], { env: wineEnvironment(prefix) }), 'close');
      }
      remove();
    },
  };
}

/**
 * Runs a suite in the real Windows Node, each of its cases as a test.
 *
 * @param peer `peer('wine')`: without it the suite is skipped and named
 * @param cases the suite's file, as a URL
 * @param env variables for its programs besides the environment of Windows
 */
export function testUnderWine(
  peer: Peer | undefined,
  suite: PlatformSuite,
  cases: URL,
  env: Readonly<Record<string, string>> = {},
): void {
  describe.skipIf(!peer)(`on Windows, under Wine: ${suite.name}`, () => {
    let machine: WindowsMachine | undefined;
    let results: ReadonlyMap<string, CaseResult>;
    let finished: Finished;

    beforeAll(async () => {
      machine = openWindows();
      await bundleSuite(fileURLToPath(cases), join(machine.drive, 'suite/suite.mjs'));
      finished = await machine.run(windowsNode, ['C:\\suite\\suite.mjs', 'C:\\suite\\report'], {
        env: { ATMOS_TEST_PROGRAM: machine.program, ATMOS_TEST_WINE: '1', ...env },
      });
      results = readReport(join(machine.drive, 'suite/report'));
    }, limitMs);
    afterAll(async () => machine?.remove());

    for (const { name } of suite.cases) {
      test(name, (context) => {
        const result = results.get(name);
        const { exitCode, stdout, stderr } = finished;
        const absence = `it did not run: exit code ${exitCode}\n${stdout}\n${stderr}`;
        const error = result === undefined ? absence : result.error;
        expect({ error }).toEqual({ error: null });
        context.skip(result?.skipped !== null, `${result?.skipped}`);
      });
    }
  });
}

function readReport(path: string): ReadonlyMap<string, CaseResult> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  const results = lines.map((line) => JSON.parse(line) as CaseResult);
  return new Map(results.map((result) => [result.name, result]));
}

/** As `npm install --global` would: our package, and koffi with its binary for Windows. */
function placePackage(modules: string): void {
  const ours = join(modules, 'atmos-auth');
  mkdirSync(join(ours, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(ours, 'package.json'));
  cpSync(dirname(builtCli()), join(ours, 'dist/cli'), { recursive: true });
  placeKoffi(join(ours, 'node_modules'));
}

function placeKoffi(modules: string): void {
  place(join(root, 'node_modules/koffi'), join(modules, 'koffi'));
  place(wine.koffi, join(modules, '@koromix/koffi-win32-x64'));
}

function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
