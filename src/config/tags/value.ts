import { resolveCwd } from './cwd.ts';
import { resolveEnv } from './env.ts';
import { resolveGit, resolveGitRoot } from './git.ts';
import { resolveRandom } from './random.ts';
import type { TagCall, TagResult } from './tag.ts';

/** The tags whose value comes from the machine. What else there is is `!git.sha` and its kin. */
const resolvers: Readonly<Record<string, (call: TagCall) => TagResult>> = {
  '!env': resolveEnv,
  '!cwd': resolveCwd,
  '!random': resolveRandom,
  '!repo-root': resolveGitRoot,
  '!git.root': resolveGitRoot,
};

export function resolveValue(call: TagCall): TagResult {
  return (resolvers[call.tag] ?? resolveGit)(call);
}
