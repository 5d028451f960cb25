import { quote } from '../../core/quote.ts';
import { isVariableName } from '../../core/variable-name.ts';
import { splitFirst } from './arguments.ts';
import { resolveEnv } from './env.ts';
import { resolveGit, resolveGitRoot } from './git.ts';
import { resolveRandom } from './random.ts';
import { resolveCwd } from './simple.ts';
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

/** What the tag is called in messages: `!env NAME`, else `!git.branch` without its default. */
export function nameOfTag({ tag, text }: Pick<TagCall, 'tag' | 'text'>): string {
  if (tag !== '!env') return tag;
  const name = splitFirst(text)?.word ?? '';
  // Any text can be asked for: names with other characters exist in some environments.
  return `${tag} ${isVariableName(name) ? name : quote(name)}`;
}
