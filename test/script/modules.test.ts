import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { packagedRounds } from '../../scripts/build-constants.mjs';
import { programBundles } from '../../scripts/program-bundle.mjs';
import { packagedCli } from '../support/built.ts';
import { openHandleMachine, recordPlan } from './handle-machine.ts';
import { openConfiguredMachine, type Machine } from './machine.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Modules that no command here may load, and modules for certain files only. */
const heavy = new RegExp(
  [
    '^(@aws-sdk|@inquirer|@smithy|smol-toml|tinyglobby)/',
    '^src/clouds/aws/(errors|sts)',
    '^src/clouds/(identity-token|network-failure|proxy|run-command|transport)[.]ts',
    '^src/config/(commands|resolve-file|toml)[.]ts',
    '^src/config/tags/',
    '^src/host/glob[.]ts',
    '^src/keyring/(system|agent/(daemon|server))',
  ].join('|'),
);

const advice =
  'Each module and each built-in delays every shell and every SDK that starts us. Import it where it ' +
  'is used, by `await import()`, or by process.getBuiltinModule() in src/host/. If each start needs it: ' +
  'measure by `npm run bench`, then change this test.';

/** What answering from a recorded plan loads: each more delays every call of an SDK. */
const modulesOfAnswer = [
  'app/answer-recorded',
  'auth/plan-record auth/read-handle auth/session',
  'cli/hot/credential-process cli/printer cli/streams cli/ui/color',
  'clouds/aws/format-process-answer clouds/registry',
  'core/control-characters core/credentials core/deciding-variables core/errors',
  'core/format-hint core/hint core/json core/names core/parse-hint core/printable',
  'core/shell-word core/time core/variables core/version',
  'host/denial host/follow-path host/home host/host host/inspector host/koffi host/native-socket',
  'host/own-path host/own-text host/permissions host/read-files host/read-recorder host/real host/record-file',
  'host/unix-sockets host/windows/load host/write-all',
  'keyring/agent/protocol keyring/agent/quick-read keyring/agent/socket-path',
  'keyring/key keyring/pinned',
  'main',
  'store/envelope-data store/envelope store/key store/read-item',
]
  .flatMap((names) => names.split(' '))
  .map((name) => `src/${name}.ts`);

let modulesOfFile: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const bundles = programBundles(root, packagedRounds, 'dist/cli');
  const built = await Promise.all(
    bundles.map(async (bundle) => {
      const { output } = await build({ ...bundle, write: false });
      const directory = bundle.output?.dir ?? '';
      return output.flatMap((file) =>
        file.type === 'chunk' ? [[join(directory, file.fileName), file.moduleIds] as const] : [],
      );
    }),
  );
  modulesOfFile = new Map(built.flat());
});

interface Loaded {
  /** Files of the program, from its directory. */
  readonly files: readonly string[];
  readonly kilobytes: number;
  /** `src/…` are our own modules, `package/…` are those of other packages. */
  readonly modules: readonly string[];
  readonly packages: readonly string[];
  /** Modules of Node beyond those that an empty program loads. */
  readonly builtins: readonly string[];
}

test.each([
  { command: 'version', maxFiles: 2, maxKilobytes: 17 },
  // Its texts are in a file that no other command loads.
  { command: '--help', maxFiles: 2, maxKilobytes: 48 },
])('$command loads no package, and of Node only what finds the home directory', async (limits) => {
  const machine = await openConfiguredMachine();
  const loaded = await loadedBy(machine, limits.command);
  expect(judged(loaded, limits)).toEqual({ ...fine, packages: [], builtins: ['os'] });
});

test('credential-process with a recorded plan and an agent loads its own file only', async () => {
  const machine = await openHandleMachine();
  onTestFinished(async () => void (await machine.atmos('auth keyring lock')));
  await recordPlan(machine, packagedCli());
  expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
  const line = `auth credential-process --handle ${machine.handle}`;
  const { files, kilobytes, packages, builtins, modules } = await loadedBy(machine, line);
  expect({ advice, files, packages, builtins }).toEqual({
    advice,
    files: ['main.cjs', 'hot/credential-process.cjs'],
    // It asks the agent by native calls, which take less time than node:net: ADR 0055.
    packages: [expect.stringMatching(/^@koromix\/koffi-linux-/)],
    builtins: ['module', 'os'],
  });
  expect(kilobytes).toBeLessThan(38);
  const own = modules.filter((name) => name.startsWith('src/'));
  expect(own.toSorted()).toEqual(modulesOfAnswer);
});

test('auth env loads one file, and nothing for unused tags', async () => {
  const machine = await openConfiguredMachine();
  await machine.run(process.execPath, [packagedCli(), 'auth', 'env']);
  const loaded = await loadedBy(machine, 'auth env');
  expect(judged(loaded, { maxFiles: 4, maxKilobytes: 317 })).toEqual({
    ...fine,
    packages: ['@noble/hashes', 'js-yaml', 'valibot'],
    builtins: ['os'],
  });
  // Of a backend a start loads its settings, and nothing that opens it.
  const backends = /^src\/(store|keyring\/(file\/(?!settings|trust-needs)|memory|agent))/;
  expect(loaded.modules.filter((name) => backends.test(name))).toEqual([]);
});

test('auth env loads the tag resolver for a file with a tag', async () => {
  const machine = await openConfiguredMachine();
  await machine.run(process.execPath, [packagedCli(), 'auth', 'env']);
  const file = join(machine.project, 'atmos.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}env:\n  STAGE: !env STAGE\n`);
  const { packages, builtins } = await loadedBy(machine, 'auth env');
  expect({ advice, packages, builtins }).toEqual({
    advice,
    packages: ['@noble/hashes', 'js-yaml', 'smol-toml', 'valibot'],
    builtins: ['os'],
  });
});

test.each([
  // It reports the owners of the entries.
  { command: 'auth keyring status', maxFiles: 17, maxKilobytes: 458 },
  // Also what records the plan, which completion has in common with it.
  { command: 'auth credential-process', maxFiles: 10, maxKilobytes: 436 },
])('$command loads only what opens a file keyring', async ({ command, ...limits }) => {
  const machine = await openConfiguredMachine();
  await machine.atmos('auth login');
  const loaded = await loadedBy(machine, command);
  const { packages, builtins, ...rest } = judged(loaded, limits);
  expect(rest).toEqual(fine);
  expect({
    advice,
    more: without(packages, ['@noble/hashes', 'js-yaml', 'koffi', 'valibot']),
  }).toEqual({
    advice,
    more: [],
  });
  const known = ['crypto', 'fs/promises', 'os', 'timers', 'timers/promises', 'util'];
  const ofStreams = ['net', 'stream', 'stream/promises', 'string_decoder', 'diagnostics_channel'];
  expect({ advice, more: without(builtins, [...known, ...ofStreams]) }).toEqual({
    advice,
    more: [],
  });
});

const fine = { advice, heavy: [], tooManyFiles: [], tooManyKilobytes: 0 };

/** The message advises the developer whose change made the test fail. */
function judged(loaded: Loaded, limits: { maxFiles: number; maxKilobytes: number }) {
  const { files, kilobytes, modules, packages, builtins } = loaded;
  return {
    advice,
    packages,
    builtins,
    heavy: modules.filter((name) => heavy.test(name)),
    tooManyFiles: files.length > limits.maxFiles ? files : [],
    tooManyKilobytes: kilobytes > limits.maxKilobytes ? kilobytes : 0,
  };
}

function without(names: readonly string[], known: readonly string[]): string[] {
  return names.filter((name) => !known.includes(name));
}

async function loadedBy(machine: Machine, command: string): Promise<Loaded> {
  const empty = join(machine.home, 'empty.cjs');
  writeFileSync(empty, '');
  const nothing = await probe(machine, [empty]);
  const { files, builtins } = await probe(machine, [packagedCli(), ...command.split(' ')]);
  const ours = files.filter((file) => file.startsWith(join(root, 'dist/')));
  const others = files.filter((file) => file.includes('/node_modules/')).map(nameOf);
  const modules = [...ours.flatMap(modulesOf), ...others];
  return {
    files: ours.map((file) => relative(join(root, 'dist/cli'), file)),
    kilobytes: ours.reduce((sum, file) => sum + statSync(file).size, 0) / 1024,
    modules,
    packages: [...new Set(modules.flatMap((name) => packageOf(name) ?? []))].toSorted(),
    builtins: builtins.filter((name) => !nothing.builtins.includes(name)).toSorted(),
  };
}

async function probe(
  machine: Machine,
  args: readonly string[],
): Promise<{ files: string[]; builtins: string[] }> {
  const [hook, list] = [join(machine.home, 'probe.cjs'), join(machine.home, 'loaded.json')];
  const seen = '{ files: Object.keys(require.cache), builtins: process.moduleLoadList }';
  writeFileSync(
    hook,
    `process.once('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(${seen})));`,
  );
  const result = await machine.run(process.execPath, ['--require', hook, ...args]);
  expect(result).toMatchObject({ exitCode: 0 });
  const { files, builtins }: Awaited<ReturnType<typeof probe>> = JSON.parse(
    readFileSync(list, 'utf8'),
  );
  const names = builtins.map((entry) => entry.replace(/^NativeModule /, ''));
  return {
    files: files.filter((file) => file !== hook),
    builtins: names.filter((name) => builtinModules.includes(name)),
  };
}

function modulesOf(file: string): string[] {
  const ids = modulesOfFile.get(relative(root, file));
  if (ids === undefined) throw new Error(`${file} is of another build: npm run build`);
  return ids.filter((id) => !id.startsWith('\0')).map(nameOf);
}

function nameOf(path: string): string {
  const [, inPackage] = /.*\/node_modules\/(.+)$/.exec(path) ?? [];
  return inPackage ?? relative(root, path);
}

function packageOf(module: string): string | undefined {
  return module.startsWith('src/') ? undefined : /^(@[^/]+\/)?[^/]+/.exec(module)?.[0];
}
