// Chooses the modules that are bundled in one file of the program, although several commands share
// only some of them: each file costs about half a millisecond at start, whatever its size.
import { join } from 'node:path';

/** The commands that shells and SDKs start most often, and the most used kind and cloud. */
const hotEntries = [
  'src/cli/commands/auth-env.ts',
  'src/clouds/aws/cloud.ts',
  'src/clouds/aws/user.ts',
];

/** The modules that every command loads, directly after the first line of `main`. */
const startEntries = ['src/cli/start.ts'];

/** Modules of a delegation, one of which `auth shell` uses as well. */
const delegation = ['src/cli/delegate-to-atmos.ts', 'src/host/find-program.ts'];

/**
 * The groups for rolldown: `start`, loaded by every command, `hot`, also loaded by all hot entries,
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
      if (start.has(id)) return 'start';
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
