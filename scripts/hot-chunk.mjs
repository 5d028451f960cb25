// Chooses the modules that are bundled in one file of the program, although several commands share
// only some of them: each file costs about half a millisecond at start, whatever its size.
import { basename, dirname, join } from 'node:path';

/** The commands that shells and SDKs start most often, and the most used kind and cloud. */
const frequentEntries = [
  'src/cli/commands/auth-env.ts',
  'src/clouds/aws/cloud.ts',
  'src/clouds/aws/user.ts',
];

/**
 * The files that are made of several modules, each with the modules from which everything that is
 * reached by static imports belongs to it, unless a file before it has it:
 *
 * - `program`: loaded by every command, but those with a file in src/cli/hot/. Completion and a
 *   picker of recorded names need no other file
 * - `hot`: also loaded by all frequent entries
 * - `open`: what opens a keyring for a command
 * - `agent`, `file-keyring`: what most file keyrings need
 * - `control`: what finds the agent of a keyring and shows or stops it
 * - `inspection`: what the inspectors of all keyrings use
 * - `delegation`: one of whose modules `auth shell` uses as well
 */
const files = {
  program: ['src/cli/start.ts', 'src/app/list-names.ts'],
  hot: frequentEntries,
  open: ['src/cli/open.ts'],
  agent: ['src/keyring/file/agent-client.ts', 'src/keyring/agent/presence.ts'],
  'file-keyring': ['src/keyring/file/backend.ts'],
};
const control = ['src/keyring/agents.ts', 'src/keyring/agent/control.ts', 'src/host/time-limit.ts'];
const inspection = ['src/keyring/inspection.ts', 'src/keyring/examine-secret-file.ts'];
const delegation = ['src/cli/delegate-to-atmos.ts', 'src/host/find-program.ts'];

/**
 * The group for rolldown that puts modules in {@link files}.
 *
 * @param {string} root
 * @returns {import('rolldown').CodeSplittingGroup}
 */
export function createHotChunk(root) {
  /** @type {Map<string, Set<string>> | undefined} */
  let reached;
  return {
    debugName: 'hot',
    name(id, context) {
      reached ??= new Map(
        Object.entries(files).map(([name, entries]) => [name, reachFrom(entries, root, context)]),
      );
      for (const [name, modules] of reached) if (modules.has(id)) return name;
      if (control.some((path) => id === join(root, path))) return 'control';
      if (inspection.some((path) => id === join(root, path))) return 'inspection';
      return delegation.some((path) => id === join(root, path)) ? 'delegation' : null;
    },
  };
}

/**
 * What the hot files load by `import()`: in every run, and only for some keyrings. Any other `import()`
 * fails there, and the whole program answers.
 */
const loadedByHot = {
  always: ['src/clouds/aws/format-process-answer.ts'],
  sometimes: [
    'src/host/native.ts',
    'src/keyring/file/agent-client.ts',
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
 * The group for rolldown that puts everything that a hot command line always needs in its file.
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
