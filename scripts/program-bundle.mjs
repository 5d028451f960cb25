// How the program is bundled: code-split CommonJS (an ES module costs 4 ms more at every start).
import { defineConstants } from './build-constants.mjs';
import { createHotChunk } from './hot-chunk.mjs';

// Minifies white space, dead code and the names of variables within functions. The names of
// functions and classes stay, because stack traces show them and the AWS SDK reads them.
/** @type {NonNullable<import('rolldown').OutputOptions['minify']>} */
const lightly = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { toplevel: false, keepNames: true },
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
 * @param {string} root
 * @param {number} rounds of key derivation
 * @param {string} directory for the output, from the root
 * @returns {import('rolldown').BuildOptions}
 */
export function programBundle(root, rounds, directory) {
  return {
    ...sharedOptions(root, rounds),
    input: { main: 'src/main.ts' },
    plugins: [programByName],
    // So that main.cjs itself exports what it shares with the commands.
    preserveEntrySignatures: 'allow-extension',
    output: {
      dir: directory,
      format: 'cjs',
      minify: lightly,
      codeSplitting: { groups: [createHotChunk(root)], includeDependenciesRecursively: false },
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
    },
  };
}
