// How the program is bundled: code-split CommonJS (an ES module costs 4 ms more at every start).
import { basename, join } from 'node:path';
import { defineConstants } from './build-constants.mjs';
import { createHotChunk, hotEntries, hotGroup, onlyHot } from './hot-chunk.mjs';

// Minifies white space, dead code and the names of variables. The names of
// functions and classes stay, because stack traces show them and the AWS SDK reads them.
/** @type {NonNullable<import('rolldown').OutputOptions['minify']>} */
const lightly = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { toplevel: true, keepNames: true },
  codegen: true,
};

/**
 * The options of all our bundles.
 *
 * @param {string} root
 * @param {number} rounds of key derivation: build-constants.mjs
 * @returns {import('rolldown').InputOptions}
 */
export function sharedOptions(root, rounds) {
  return {
    cwd: root,
    platform: 'node',
    // Native code cannot be bundled: koffi is the only dependency that users install.
    external: ['koffi'],
    transform: {
      target: 'node20.19',
      define: defineConstants(rounds),
    },
    // These are only warnings here, but fail on the user's machine: an unresolved import, a cycle
    // of chunks.
    onLog(level, log) {
      if (level === 'warn') throw new Error(`rolldown: ${log.message}`);
    },
  };
}

/**
 * Starts the same program from a file with another name. Where package managers create scripts
 * instead of links, as on Windows, the program cannot find out otherwise by which name it was
 * called.
 *
 * @type {import('rolldown').Plugin}
 */
const programByName = {
  name: 'program-by-name',
  generateBundle() {
    const source = "#!/usr/bin/env node\nrequire('./main.cjs');\n";
    this.emitFile({ type: 'asset', fileName: 'atmos-auth.cjs', source });
  },
};

/**
 * `main` loads the program, and the files of src/cli/hot/, from bundles of their own.
 *
 * @type {import('rolldown').Plugin}
 */
const otherBundles = {
  name: 'other-bundles',
  resolveId(source) {
    const [, name] = /^[.]\/cli\/(start|hot\/[\w-]+)[.]ts$/.exec(source) ?? [];
    if (name === undefined) return null;
    return { id: `./${name === 'start' ? 'program' : name}.cjs`, external: 'relative' };
  },
};

/**
 * What the bundles of the program have in common.
 *
 * @satisfies {import('rolldown').OutputOptions}
 */
const programOutput = {
  format: 'cjs',
  minify: lightly,
  // An `import()` would load Node's loader of ES modules.
  dynamicImportInCjs: false,
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
};

/**
 * The file that starts, a few kilobytes.
 *
 * @param {string} root
 * @param {number} rounds of key derivation
 * @param {string} directory for the output, from the root
 * @returns {import('rolldown').BuildOptions}
 */
function mainBundle(root, rounds, directory) {
  return {
    ...sharedOptions(root, rounds),
    input: { main: 'src/main.ts' },
    plugins: [programByName, otherBundles],
    output: { ...programOutput, dir: directory, banner: '#!/usr/bin/env node' },
  };
}

/**
 * All commands.
 *
 * @param {string} root
 * @param {number} rounds of key derivation
 * @param {string} directory for the output, from the root
 * @returns {import('rolldown').BuildOptions}
 */
function wholeBundle(root, rounds, directory) {
  return {
    ...sharedOptions(root, rounds),
    input: { program: 'src/cli/start.ts' },
    preserveEntrySignatures: 'allow-extension',
    output: {
      ...programOutput,
      dir: directory,
      codeSplitting: { groups: [createHotChunk(root)], includeDependenciesRecursively: false },
    },
  };
}

/**
 * A file for hot command lines. It holds everything that they always need, although the program has the same
 * modules in other files.
 *
 * @param {string} entry from the root
 * @param {string} root
 * @param {number} rounds of key derivation
 * @param {string} directory for the output of the program, from the root
 * @returns {import('rolldown').BuildOptions}
 */
function hotBundle(entry, root, rounds, directory) {
  const name = basename(entry, '.ts');
  return {
    ...sharedOptions(root, rounds),
    input: { [name]: entry },
    plugins: [onlyHot(root)],
    preserveEntrySignatures: 'allow-extension',
    output: {
      ...programOutput,
      dir: join(directory, 'hot'),
      // Each kilobyte takes longer to read than to write. Errors of these files are never shown.
      minify: true,
      codeSplitting: { groups: [hotGroup(root, entry)], includeDependenciesRecursively: false },
    },
  };
}

/**
 * The bundles of which the program consists.
 *
 * @param {string} root
 * @param {number} rounds of key derivation
 * @param {string} directory for the output, from the root
 * @returns {import('rolldown').BuildOptions[]}
 */
export function programBundles(root, rounds, directory) {
  return [
    mainBundle(root, rounds, directory),
    wholeBundle(root, rounds, directory),
    ...hotEntries.map((entry) => hotBundle(entry, root, rounds, directory)),
  ];
}
