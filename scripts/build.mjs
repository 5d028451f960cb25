// Builds dist/: the programs as code-split CommonJS (an ES module costs 4 ms more at every start),
// the library as ES modules, their declarations by tsc.
//
//   node scripts/build.mjs           everything
//   node scripts/build.mjs --no-types    without declarations, as tests need it
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { formatLicences } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const programs = { main: 'src/cli/main.ts' };
const library = {
  index: 'src/index.ts',
  keyring: 'src/keyring/index.ts',
  testing: 'test/contract/index.ts',
};

const missing = [...Object.values(programs), ...Object.values(library)].filter(
  (entry) => !existsSync(join(root, entry)),
);
if (missing.length > 0) {
  console.error(`build: no such entry: ${missing.join(', ')}`);
  process.exit(1);
}

/** @type {{ name: string, version: string }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** @type {import('rolldown').InputOptions} */
const shared = {
  cwd: root,
  platform: 'node',
  // Native code cannot be bundled: the one dependency that users install.
  external: ['koffi'],
  transform: {
    target: 'node20.19',
    define: { __VERSION__: JSON.stringify(manifest.version) },
  },
  // What only warns here breaks at a user's: an unresolved import, a cycle of chunks.
  onLog(level, log) {
    if (level === 'warn') throw new Error(`rolldown: ${log.message}`);
  },
};

// White space and dead code go, names stay: stack traces can be read, and the AWS SDK reads them.
/** @type {import('rolldown').OutputOptions['minify']} */
const lightly = { compress: true, mangle: false, codegen: true };

const outputs = await Promise.all([
  build({
    ...shared,
    input: programs,
    output: {
      dir: 'dist/cli',
      format: 'cjs',
      minify: lightly,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
    },
  }),
  build({
    ...shared,
    input: library,
    output: {
      dir: 'dist',
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
    },
  }),
]);

const chunks = outputs.flatMap(({ output }) => output).filter((output) => output.type === 'chunk');
const licences = 'dist/THIRD-PARTY-LICENSES.txt';
writeFileSync(join(root, licences), formatLicences(chunks.flatMap((chunk) => chunk.moduleIds)));
chmodSync(join(root, 'dist/cli/main.cjs'), 0o755);

// Chunks are named by their content. What an earlier build left behind goes last, so that a
// program that is running meanwhile finds its own for as long as possible.
const built = new Set([
  licences,
  ...fileNames(outputs[0], 'dist/cli'),
  ...fileNames(outputs[1], 'dist'),
]);
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
  if (entry.isFile() && !path.startsWith('dist/types/') && !built.has(path))
    rmSync(join(root, path));
}

if (!process.argv.includes('--no-types')) {
  rmSync(join(root, 'dist/types'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

/**
 * @param {import('rolldown').RolldownOutput} output
 * @param {string} directory
 */
function fileNames({ output }, directory) {
  return output.map(({ fileName }) => `${directory}/${fileName}`);
}
