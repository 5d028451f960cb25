import { didYouMean, say, type Hint } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import { isSecretPath } from './merge.ts';
import { ConfigError, type LocatedProblem } from './problems.ts';
import { findRepeatedKey, formatPath, pathAt, positionOf, type YamlNode } from './yaml-position.ts';

/** A syntax error found by the parser. */
export interface Complaint {
  /** In the parser's words. */
  readonly reason: string;
  /** Where in the text. */
  readonly offset: number;
}

/** The tags Atmos knows in atmos.yaml. */
export const atmosTags: readonly string[] = [
  '!env',
  '!exec',
  '!include',
  '!include.raw',
  '!repo-root',
  '!git.root',
  '!git.sha',
  '!git.ref',
  '!git.branch',
  '!git.repository',
  '!git.owner',
  '!git.name',
  '!git.host',
  '!git.url',
  '!cwd',
  '!random',
  '!unset',
  '!append',
];

/**
 * The parser's error as ERR_CONFIG_SYNTAX: file, line, column and reason, but no text of the file,
 * since it may be a secret.
 *
 * @param root the places of the file, when it could be read so far
 */
export function createSyntaxError(
  complaint: Complaint,
  file: { path: string; text: string },
  root?: YamlNode,
): ConfigError {
  const { reason, offset } = complaint;
  if (root && reason.startsWith('unknown ')) return createTagError(offset, file, root);
  const repeated = root && reason.startsWith('duplicated') ? findRepeatedKey(root) : undefined;
  const { line, column } = positionOf(file.text, repeated?.second ?? offset);
  const why = repeated
    ? `the key is already defined at ${placeAt(file, repeated.first)}`
    : withoutQuotations(reason);
  const message = `is not valid YAML: ${why}`;
  const text = `${file.path}:${line}:${column} ${message}`;
  const at = { file: file.path, line, column, path: [] };
  return new ConfigError([{ code: 'ERR_CONFIG_SYNTAX', ...at, message, text, hints: [] }]);
}

/** For what is wrong with a file as a whole. */
export function createFileError(
  code: LocatedProblem['code'],
  file: string,
  message: string,
  hints: readonly Hint[] = [],
): ConfigError {
  const text = `${file} ${message}`;
  return new ConfigError([{ code, file, line: 1, column: 1, path: [], message, text, hints }]);
}

function createTagError(
  offset: number,
  file: { path: string; text: string },
  root: YamlNode,
): ConfigError {
  const tag = /^!{1,2}[^\s,[\]{}]*/.exec(file.text.slice(offset))?.[0] ?? '!';
  const path = pathAt(root, offset) ?? [];
  // What is not written like a tag may be a password that begins with an exclamation mark.
  const isShown = /^!{1,2}[a-z][a-z.-]{0,24}$/i.test(tag) && !isSecretPath(path);
  const nearest = isShown ? nearestName(tag, atmosTags) : undefined;
  const what = `${isShown ? `tag ${tag}` : 'the tag'} at ${formatPath(path)}`;
  return new ConfigError([
    {
      code: 'ERR_CONFIG_INVALID',
      file: file.path,
      ...positionOf(file.text, offset),
      path,
      message: `${what} is not a tag of Atmos`,
      text: `${what} (${placeAt(file, offset)}) is not a tag of Atmos`,
      hints: [...didYouMean(nearest), say(`supported tags: ${atmosTags.join(' ')}`)],
    },
  ]);
}

function placeAt(file: { path: string; text: string }, offset: number): string {
  const { line, column } = positionOf(file.text, offset);
  return `${file.path}:${line}:${column}`;
}

/** Without what a reason quotes from the file: `unidentified alias "…"`. */
function withoutQuotations(reason: string): string {
  return reason.replace(/!<[^>]*>/, 'its').split(/ "|: /, 1)[0] ?? reason;
}
