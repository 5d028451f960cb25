import { findGitRoot } from '../git-root.ts';
import { readGit, type GitRepository } from '../git.ts';
import type { GitRemote } from '../git-remote.ts';
import type { TagCall, TagResult } from './tag.ts';

/**
 * `!repo-root [default]`, `!git.root [default]`: the absolute root of the repository that the working
 * directory is in; of a worktree its own.
 */
export function resolveGitRoot({ tag, text, host }: TagCall): TagResult {
  const working = host.workingDirectory();
  return orDefault(findGitRoot(working), { tag, text, why: `${working} is in no git repository` });
}

const values: Readonly<Record<string, (repository: GitRepository) => string | undefined>> = {
  '!git.sha': ({ sha }) => sha(),
  '!git.ref': ({ sha }) => sha(),
  '!git.branch': ({ branch }) => branch(),
  '!git.url': ({ origin }) => origin()?.url,
  '!git.host': ({ origin }) => origin()?.host,
  '!git.owner': ({ origin }) => origin()?.owner,
  '!git.name': ({ origin }) => origin()?.name,
  '!git.repository': ({ origin }) => slugOf(origin()),
};

/**
 * `!git.sha`, and `!git.ref`, which is the same: the commit of HEAD. `!git.branch`: its branch.
 * `!git.url`, `.host`, `.owner`, `.name`, `.repository` (`owner/name`): its remote `origin`; Atmos
 * takes any remote. Each may have a default, which stands for what cannot be told: Atmos's
 * `pkg/git/yaml_tags.go`. Quotes around a default belong to it, as there.
 */
export function resolveGit({ tag, text, host }: TagCall): TagResult {
  const working = host.workingDirectory();
  const root = findGitRoot(working);
  if (root === undefined) {
    return orDefault(undefined, { tag, text, why: `${working} is in no git repository` });
  }
  const why = whyNot(tag, root);
  return orDefault(values[tag]?.(readGit(root)), { tag, text, why });
}

function slugOf(remote: GitRemote | undefined): string | undefined {
  return remote?.owner && remote.name ? `${remote.owner}/${remote.name}` : undefined;
}

function whyNot(tag: string, root: string): string {
  if (tag === '!git.branch') return `HEAD of ${root} is on no branch`;
  if (tag === '!git.sha' || tag === '!git.ref')
    return `${root} has no commit, or none that is found`;
  return `the remote origin of ${root}, if it has one, does not tell`;
}

function orDefault(
  value: string | undefined,
  { tag, text, why }: { tag: string; text: string; why: string },
): TagResult {
  if (value !== undefined) return { value };
  if (text !== '') return { value: text, isDefault: true };
  return { problem: `has the tag ${tag}, but ${why}`, hint: `give it a default: ${tag} VALUE` };
}
