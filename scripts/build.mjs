// Builds dist/: the programs as program-bundle.mjs says, the library as ES modules, their declarations
// by tsc.
//
//   node scripts/build.mjs           everything
//   node scripts/build.mjs --no-types    without declarations, as tests need it
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { formatLicences } from './licences.mjs';
import { programBundle, sharedOptions } from './program-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const library = {
  index: 'src/index.ts',
  keyring: 'src/keyring/index.ts',
  testing: 'test/contract/index.ts',
};

const missing = ['src/cli/main.ts', ...Object.values(library)].filter(
  (entry) => !existsSync(join(root, entry)),
);
if (missing.length > 0) {
  console.error(`build: no such entry: ${missing.join(', ')}`);
  process.exit(1);
}

/** @type {{ name: string, version: string }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const outputs = await Promise.all([
  build(programBundle(root, manifest.version)),
  build({
    ...sharedOptions(root, manifest.version),
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
