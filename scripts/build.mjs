// Builds dist/: the programs as in program-bundle.mjs, the library as ES modules, and their
// declarations with tsc. With --for-tests it also builds dist-test/, the same program with fast key
// derivation.
//
//   node scripts/build.mjs dist/
//   node scripts/build.mjs --no-types dist/ without declarations
//   node scripts/build.mjs --for-tests dist/ without declarations, and dist-test/
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { packagedRounds, testRounds } from './build-constants.mjs';
import { formatLicenses } from './licenses.mjs';
import { programBundle, sharedOptions } from './program-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const library = {
  index: 'src/index.ts',
  keyring: 'src/keyring/index.ts',
  testing: 'test/contract/index.ts',
};

const missing = ['src/main.ts', ...Object.values(library)].filter(
  (entry) => !existsSync(join(root, entry)),
);
if (missing.length > 0) {
  console.error(`build: no such entry: ${missing.join(', ')}`);
  process.exit(1);
}

const isForTests = process.argv.includes('--for-tests');
const [program, modules, testProgram] = await Promise.all([
  build(programBundle(root, packagedRounds, 'dist/cli')),
  build({
    ...sharedOptions(root, packagedRounds),
    input: library,
    output: {
      dir: 'dist',
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
    },
  }),
  isForTests ? build(programBundle(root, testRounds, 'dist-test/cli')) : undefined,
]);

const chunks = [program, modules]
  .flatMap(({ output }) => output)
  .filter((output) => output.type === 'chunk');
const licenses = 'dist/THIRD-PARTY-LICENSES.txt';
writeFileSync(join(root, licenses), formatLicenses(chunks.flatMap((chunk) => chunk.moduleIds)));
makeExecutable('dist/cli');
keepOnly('dist', [licenses, ...fileNames(program, 'dist/cli'), ...fileNames(modules, 'dist')]);
if (testProgram) {
  makeExecutable('dist-test/cli');
  keepOnly('dist-test', fileNames(testProgram, 'dist-test/cli'));
}

if (!isForTests && !process.argv.includes('--no-types')) {
  rmSync(join(root, 'dist/types'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

/** @param {string} directory of the programs */
function makeExecutable(directory) {
  for (const name of ['main.cjs', 'atmos-auth.cjs']) chmodSync(join(root, directory, name), 0o755);
}

/**
 * Chunks are named by their content. The files of an earlier build are removed last, so that a
 * program that is running finds its own chunks for as long as possible.
 *
 * @param {string} directory
 * @param {readonly string[]} built
 */
function keepOnly(directory, built) {
  for (const entry of readdirSync(join(root, directory), {
    recursive: true,
    withFileTypes: true,
  })) {
    const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    if (entry.isFile() && !path.startsWith('dist/types/') && !built.includes(path))
      rmSync(join(root, path));
  }
}

/**
 * @param {import('rolldown').RolldownOutput} output
 * @param {string} directory
 */
function fileNames({ output }, directory) {
  return output.map(({ fileName }) => `${directory}/${fileName}`);
}
