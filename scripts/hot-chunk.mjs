// Chooses the modules that are bundled in one file of the program, although several commands share
// only some of them: each file costs about half a millisecond at start, whatever its size.
import { basename, dirname, join } from 'node:path';

/** The commands that shells and SDKs start most often, and the most used kind and cloud. */
const frequentEntries = [
  'src/cli/commands/auth-env.ts',
  'src/clouds/aws/cloud.ts',
  'src/clouds/aws/user.ts',
];

/** The modules that every command loads, but those with a file in src/cli/hot/. */
const startEntries = ['src/cli/start.ts'];

/** Modules of a delegation, one of which `auth shell` uses as well. */
const delegation = ['src/cli/delegate-to-atmos.ts', 'src/host/find-program.ts'];

/**
 * The groups for rolldown: `program`, loaded by every command, `hot`, also loaded by all frequent entries,
 * and `delegation`.
 *
 * @param {string} root
 * @returns {import('rolldown').CodeSplittingGroup}
 */
export function createHotChunk(root) {
  /** @type {Set<string> | undefined} */
  let hot;
  /** @type {Set<string> | undefined} */
  let start;
  return {
    debugName: 'hot',
    name(id, context) {
      hot ??= reachFrom(frequentEntries, root, context);
      start ??= reachFrom(startEntries, root, context);
      if (start.has(id)) return 'program';
      if (hot.has(id)) return 'hot';
      return delegation.some((path) => id === join(root, path)) ? 'delegation' : null;
    },
  };
}

/**
 * @param {string[]} entries
 * @param {string} root
 * @param {import('rolldown').ChunkingContext} context
 */
function reachFrom(entries, root, context) {
  const seen = new Set(entries.map((entry) => join(root, entry)));
  // The set grows during the iteration, and the loop also visits the new elements.
  for (const id of seen) {
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) seen.add(imported);
  }
  return seen;
}

/**
 * What the hot files load by `import()`: in every run, and only for some keyrings. Any other `import()`
 * fails there, and the whole program answers.
 */
const loadedByHot = {
  always: ['src/clouds/aws/process-answer.ts'],
  sometimes: [
    'src/host/native.ts',
    'src/keyring/agent/client-keyring.ts',
    'src/keyring/file/backend.ts',
    'src/keyring/system/backend.ts',
    'src/keyring/system/linux/keyring.ts',
  ],
};

/** Opens a keyring: most runs ask an agent instead. */
const keyringEntry = 'src/keyring/registry.ts';

/** The files for hot command lines, each a bundle of its own: those of `main`, and one that they load. */
export const hotEntries = [
  'src/cli/hot/credential-process.ts',
  'src/cli/hot/help.ts',
  'src/cli/hot/version.ts',
  keyringEntry,
];

/**
 * The group for rolldown that puts all that a hot command line always needs in its file.
 *
 * @param {string} root
 * @param {string} entry one of {@link hotEntries}
 * @returns {import('rolldown').CodeSplittingGroup}
 */
export function hotGroup(root, entry) {
  /** @type {Set<string> | undefined} */
  let needed;
  return {
    debugName: 'hot',
    name(id, context) {
      needed ??= reachFrom([entry, ...loadedByHot.always], root, context);
      return needed.has(id) ? basename(entry, '.ts') : null;
    },
  };
}

/**
 * Leaves out what no hot command line loads.
 *
 * @param {string} root
 * @returns {import('rolldown').Plugin}
 */
export function onlyHot(root) {
  const kept = [...loadedByHot.always, ...loadedByHot.sometimes].map((path) => join(root, path));
  return {
    name: 'only-hot',
    resolveId(source, importer, { kind }) {
      if (kind !== 'dynamic-import' || importer === undefined) return null;
      if (join(dirname(importer), source) === join(root, keyringEntry))
        return { id: './registry.cjs', external: 'relative' };
      const isKept = kept.includes(join(dirname(importer), source));
      return isKept ? null : { id: `not-hot:${source}`, external: true };
    },
  };
}
