import { AtmosError } from '../core/errors.ts';
import { nearestName } from '../core/names.ts';
import { findRepeatedKey, formatPath, pathAt, positionOf, type YamlNode } from './locate.ts';
import { isSecretPath } from './secret-path.ts';

/** What the parser had against a file. */
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
 * The parser's complaint as an error of ours: file, line, column and reason, but nothing of what the
 * file says there, since it may be a secret.
 *
 * @param root the places of the file, when it could be read so far
 */
export function createSyntaxError(
  complaint: Complaint,
  file: { path: string; text: string },
  root?: YamlNode,
): AtmosError {
  const place = (offset: number) => {
    const { line, column } = positionOf(file.text, offset);
    return `${file.path}:${line}:${column}`;
  };
  const { reason, offset } = complaint;
  if (root && reason.startsWith('unknown ')) {
    const tag = /^!{1,2}[^\s,[\]{}]*/.exec(file.text.slice(offset))?.[0] ?? '!';
    return createTagError(tag, pathAt(root, offset) ?? [], place(offset));
  }
  const repeated = root && reason.startsWith('duplicated') ? findRepeatedKey(root) : undefined;
  const message = repeated
    ? `${place(repeated.second)} is not valid YAML: the key stands at ${place(repeated.first)} already`
    : `${place(offset)} is not valid YAML: ${withoutQuotations(reason)}`;
  return new AtmosError('ERR_CONFIG_SYNTAX', message);
}

function createTagError(tag: string, path: readonly string[], place: string): AtmosError {
  // What is not written like a tag may be a password that begins with an exclamation mark.
  const isShown = /^!{1,2}[a-z][a-z.-]{0,24}$/i.test(tag) && !isSecretPath(path);
  const nearest = isShown ? nearestName(tag, atmosTags) : undefined;
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `${isShown ? `tag ${tag}` : 'the tag'} at ${formatPath(path)} (${place}) is not a tag of Atmos`,
    {
      hints: [
        ...(nearest === undefined ? [] : [`did you mean ${nearest}?`]),
        `supported tags: ${atmosTags.join(' ')}`,
      ],
    },
  );
}

/** Without what a reason quotes from the file: `unidentified alias "…"`. */
function withoutQuotations(reason: string): string {
  return reason.replace(/!<[^>]*>/, 'its').split(/ "|: /, 1)[0] ?? reason;
}
