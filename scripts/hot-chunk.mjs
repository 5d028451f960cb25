// Which modules stand together in one file of the program, although several commands share only some
// of them: each file costs a start about half a millisecond, whatever it holds.
import { join } from 'node:path';

/** What a shell or an SDK starts all day, and the kind and the cloud that are used most. */
const hotEntries = [
  'src/cli/commands/auth-env.ts',
  'src/clouds/aws/cloud.ts',
  'src/clouds/aws/user.ts',
];

/** What every command loads, right after the first line of `main`. */
const startEntries = ['src/cli/start.ts'];

/**
 * The groups for rolldown: `start`, what every command loads, and `hot`, what the hot entries load in
 * any case besides.
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
      return hot.has(id) ? 'hot' : null;
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
  // A set that grows is walked to its end.
  for (const id of seen) {
    for (const imported of context.getModuleInfo(id)?.importedIds ?? []) seen.add(imported);
  }
  return seen;
}
