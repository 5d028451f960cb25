// Chooses the modules that are bundled in one file of the program, although several commands share
// only some of them: each file costs about half a millisecond at start, whatever its size.
import { dirname, join } from 'node:path';

/** The commands that shells and SDKs start most often, and the most used kind and cloud. */
const hotEntries = [
  'src/cli/commands/auth-env.ts',
  'src/clouds/aws/cloud.ts',
  'src/clouds/aws/user.ts',
];

/** The modules that every command loads, but those with a file in src/cli/hot/. */
const startEntries = ['src/cli/start.ts'];

/** Modules of a delegation, one of which `auth shell` uses as well. */
const delegation = ['src/cli/delegate-to-atmos.ts', 'src/host/find-program.ts'];

/**
 * The groups for rolldown: `program`, loaded by every command, `hot`, also loaded by all hot entries,
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
      hot ??= reachFrom(hotEntries, root, context);
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
 * What the hot command lines load by `import()`: in every run, and only for some keyrings. Any other
 * `import()` fails there, and the whole program answers.
 */
const loadedByHot = {
  always: ['src/clouds/aws/cloud.ts', 'src/keyring/agent/client-keyring.ts'],
  sometimes: [
    'src/host/native.ts',
    'src/keyring/file/backend.ts',
    'src/keyring/system/backend.ts',
    'src/keyring/system/linux/keyring.ts',
  ],
};

/**
 * The group for rolldown that puts all that a hot command line always needs in its file.
 *
 * @param {string} root
 * @param {string} name of a file in src/cli/hot/
 * @returns {import('rolldown').CodeSplittingGroup}
 */
export function hotGroup(root, name) {
  /** @type {Set<string> | undefined} */
  let needed;
  return {
    debugName: 'hot',
    name(id, context) {
      needed ??= reachFrom([`src/cli/hot/${name}.ts`, ...loadedByHot.always], root, context);
      return needed.has(id) ? name : null;
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
      const isKept = kept.includes(join(dirname(importer), source));
      return isKept ? null : { id: `not-hot:${source}`, external: true };
    },
  };
}
