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
import { programBundles, sharedOptions } from './program-bundle.mjs';

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

/** @type {import('rolldown').BuildOptions} */
const libraryBundle = {
  ...sharedOptions(root, packagedRounds),
  input: library,
  output: {
    dir: 'dist',
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
};

const isForTests = process.argv.includes('--for-tests');
const [packaged, forTests] = await Promise.all([
  buildAll([...programBundles(root, packagedRounds, 'dist/cli'), libraryBundle]),
  isForTests ? buildAll(programBundles(root, testRounds, 'dist-test/cli')) : undefined,
]);

const licenses = 'dist/THIRD-PARTY-LICENSES.txt';
writeFileSync(join(root, licenses), formatLicenses(packaged.flatMap(({ modules }) => modules)));
makeExecutable('dist/cli');
keepOnly('dist', [licenses, ...packaged.map(({ path }) => path)]);
if (forTests) {
  makeExecutable('dist-test/cli');
  keepOnly(
    'dist-test',
    forTests.map(({ path }) => path),
  );
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

/**
 * @param {import('rolldown').BuildOptions[]} bundles
 * @returns {Promise<{ path: string, modules: string[] }[]>} the files
 */
async function buildAll(bundles) {
  const outputs = await Promise.all(bundles.map((bundle) => build(bundle)));
  return outputs.flatMap(({ output }, at) =>
    output.map((file) => ({
      path: `${bundles[at]?.output?.dir}/${file.fileName}`,
      modules: file.type === 'chunk' ? file.moduleIds : [],
    })),
  );
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
