import { join } from 'node:path';
import { say } from '../../core/hint.ts';
import { quote } from '../../core/json.ts';
import { isVariableName } from '../../core/variable-name.ts';
import { readGit, type GitRemote, type GitRepository } from '../git.ts';
import { findGitRoot } from '../git-root.ts';
import { splitArguments, splitFirst, type TagCall, type TagResult } from './tag.ts';

/**
 * `!cwd [path]`: the working directory, or the path in it. Quotes are no quotes here, as in Atmos
 * (its `utils.ProcessTagCwd`).
 */
function resolveCwd({ text, host }: TagCall): TagResult {
  return { value: join(host.workingDirectory(), text) };
}

/**
 * `!env NAME [default]`: a variable of the environment, trimmed. One that is set but empty is empty;
 * one that is not set is its default, or empty.
 */
function resolveEnv({ text, host }: TagCall): TagResult {
  const [name, fallback, ...more] = splitArguments(text) ?? [];
  if (name === undefined || more.length > 0) {
    return { problem: 'requires the name of a variable and at most one default' };
  }
  const set = Object.hasOwn(host.env, name) ? host.env[name] : undefined;
  const isDefault = set === undefined && fallback !== undefined;
  return { value: (set ?? fallback ?? '').trim(), isDefault };
}

const problem = 'accepts a minimum and a maximum (whole numbers), a maximum, or no argument';

/**
 * `!random [[min] max]`: a whole number from min to max, both included, that cannot be foreseen.
 * Without min it begins at 0, without max it ends at 65535 (Atmos's `pkg/function/random.go`; what
 * its atmos.yaml takes is less: both numbers). A new one each time the file is read.
 */
function resolveRandom({ text }: TagCall): TagResult {
  const words = splitArguments(text);
  if (words === undefined || words.length > 2) return { problem };
  const max = wholeNumber(words.at(-1) ?? '65535');
  const min = words.length === 2 ? wholeNumber(words[0] ?? '') : 0;
  if (min === undefined || max === undefined) return { problem };
  if (min >= max) return { problem: 'has a minimum that is not below the maximum' };
  return { value: randomBetween(min, max) };
}

function wholeNumber(word: string): number | undefined {
  const number = /^[+-]?\d+$/.test(word) ? Number(word) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function randomBetween(min: number, max: number): number {
  const count = BigInt(max) - BigInt(min) + 1n;
  // What lies over the last whole multiple would make the first numbers likelier.
  const limit = 2n ** 64n - (2n ** 64n % count);
  const draw = () => crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  let drawn = draw();
  while (drawn >= limit) drawn = draw();
  return Number(BigInt(min) + (drawn % count));
}

/**
 * `!repo-root [default]`, `!git.root [default]`: the absolute root of the repository that the working
 * directory is in; of a worktree its own.
 */
function resolveGitRoot({ tag, text, host }: TagCall): TagResult {
  const working = host.workingDirectory();
  return orDefault(findGitRoot(working), {
    tag,
    text,
    why: `${working} is not in a git repository`,
  });
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
 * takes any remote. Each may have a default, which is used if the value is unknown: Atmos's
 * `pkg/git/yaml_tags.go`. Quotes around a default belong to it, as there.
 */
function resolveGit({ tag, text, host }: TagCall): TagResult {
  const working = host.workingDirectory();
  const root = findGitRoot(working);
  if (root === undefined) {
    return orDefault(undefined, { tag, text, why: `${working} is not in a git repository` });
  }
  const why = whyNot(tag, root);
  return orDefault(values[tag]?.(readGit(root)), { tag, text, why });
}

function slugOf(remote: GitRemote | undefined): string | undefined {
  return remote?.owner && remote.name ? `${remote.owner}/${remote.name}` : undefined;
}

function whyNot(tag: string, root: string): string {
  if (tag === '!git.branch') return `HEAD of ${root} is not on a branch`;
  if (tag === '!git.sha' || tag === '!git.ref') return `no commit was found in ${root}`;
  return `the remote origin of ${root} is missing or does not contain it`;
}

function orDefault(
  value: string | undefined,
  { tag, text, why }: { tag: string; text: string; why: string },
): TagResult {
  if (value !== undefined) return { value };
  if (text !== '') return { value: text, isDefault: true };
  return {
    problem: `has the tag ${tag}, but ${why}`,
    hint: say(`add a default: ${tag} VALUE`),
  };
}

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
