// Parses the INI format of the AWS files as the AWS CLI does (botocore with Python's
// RawConfigParser). The CLI rejects a whole file with a duplicate section or a line without a
// value; this parser continues.

export interface IniSetting {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface IniSection {
  /** The text between the brackets: `profile "My Prof"`. */
  readonly name: string;
  /** The line of its header, counted from 1. */
  readonly line: number;
  /** By name in lower case. The last setting wins if a name is repeated. */
  readonly settings: ReadonlyMap<string, IniSetting>;
}

const comment = /(^|\s)[;#].*$/;
// Text after the last bracket is ignored.
const header = /^\[(.+)\]/;
const setting = /^([^=:]+?)\s*[=:]\s*(.*)$/;

/**
 * Parses the sections of a file, in their order. Lines before the first section and invalid lines
 * are ignored.
 *
 * @param onIgnored called with the number of each line that is ignored, counted from 1
 */
export function parseIni(text: string, onIgnored?: (line: number) => void): IniSection[] {
  const sections: (IniSection & { settings: Map<string, IniSetting> })[] = [];
  // More deeply indented lines below a setting without a value are nested settings: `s3 =`.
  let parentIndent: number | undefined;
  // A more deeply indented line below any setting continues its value and is not a header.
  let settingIndent: number | undefined;
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const whole = written.trim();
    const content = whole.replace(comment, '').trim();
    if (content === '') continue;
    const line = index + 1;
    const indent = written.search(/\S/);
    const isContinued = settingIndent !== undefined && indent > settingIndent;
    const name = isContinued ? undefined : header.exec(whole)?.[1];
    if (name !== undefined) {
      sections.push({ name, line, settings: new Map() });
      parentIndent = undefined;
      settingIndent = undefined;
      continue;
    }
    if (!isContinued && sections.length > 0) settingIndent = indent;
    if (parentIndent !== undefined && indent > parentIndent) continue;
    const [, key, value] = setting.exec(content) ?? [];
    const section = sections.at(-1);
    if (key === undefined || value === undefined || section === undefined) {
      onIgnored?.(line);
      continue;
    }
    section.settings.set(key.toLowerCase(), { value, line });
    parentIndent = value === '' ? indent : undefined;
  }
  return sections;
}

/**
 * Splits the name of a section into words, quoted as in a shell. Undefined if a quote is not
 * closed.
 */
export function splitWords(name: string): string[] | undefined {
  const words: string[] = [];
  const part = /\s*((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)\s*/sy;
  while (part.lastIndex < name.length) {
    const word = part.exec(name)?.[1];
    if (word === undefined) return undefined;
    words.push(word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, unquote));
  }
  return words;
}

function unquote(_: string, double?: string, single?: string, escaped?: string): string {
  return double?.replaceAll(/\\(["\\])/g, '$1') ?? single ?? escaped ?? '';
}

/** The comment that Go Atmos writes directly above a section: `; atmos: expiration=…`. */
const atmosComment = /^\s*[;#]\s*atmos:/;
const anyComment = /^\s*[;#]/;

/** The first line of a section with the comments above it, counted from 0. */
function startOf({ line }: IniSection, lines: readonly string[], above: RegExp): number {
  let start = line - 1;
  while (start > 0 && above.test(lines[start - 1] ?? '')) start--;
  return start;
}

/**
 * The values that the comments of Go Atmos directly above a section give to a name, such as
 * `expiration`: words of the form `name=value`.
 */
export function atmosNotes(text: string, section: IniSection, name: string): string[] {
  const lines = text.split(/\r?\n/);
  const comments = lines.slice(startOf(section, lines, anyComment), section.line - 1);
  return comments
    .filter((one) => atmosComment.test(one))
    .flatMap((one) => one.replace(atmosComment, '').trim().split(/\s+/))
    .flatMap((word) => (word.startsWith(`${name}=`) ? [word.slice(name.length + 1)] : []));
}

/**
 * Removes these sections and Atmos's comments directly above them. The rest of the text does not
 * change, including comments above the next section and the line break at the end.
 */
export function removeSections(text: string, isRemoved: (name: string) => boolean): string {
  const lines = text.split('\n');
  const sections = parseIni(text);
  const removed = new Set<number>();
  for (const [index, section] of sections.entries()) {
    if (!isRemoved(section.name)) continue;
    const next = sections[index + 1];
    const end = next === undefined ? lines.length : startOf(next, lines, anyComment);
    for (let line = startOf(section, lines, atmosComment); line < end; line++) removed.add(line);
  }
  const rest = lines.filter((_, index) => !removed.has(index)).join('\n');
  return text.endsWith('\n') && rest !== '' ? rest.replace(/\n?$/, '\n') : rest;
}

export interface NewSection {
  /** A name without brackets, line breaks and space around it. */
  readonly name: string;
  /** Follows `; atmos:`. Undefined: the section has no such comment. */
  readonly note?: string;
  /** Names in lower case. Values of one line, without characters that a parser interprets. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Sets these settings in the section, in the form of Go Atmos, and creates the section at the end if
 * it is missing. The rest of the text does not change, including other settings and comments of the
 * section.
 */
export function setSection(text: string, { name, note, settings }: NewSection): string {
  const width = Math.max(...Object.keys(settings).map((key) => key.length));
  const written = Object.entries(settings).map(([key, value]) => `${key.padEnd(width)} = ${value}`);
  const comments = note === undefined ? [] : [`; atmos: ${note}`];
  const rest = withoutSettings(text, name, settings);
  const lines = rest.split('\n');
  const section = parseIni(rest).find((one) => one.name === name);
  if (section === undefined) {
    const before = text.trim() === '' ? text : `${text.replace(/\n?$/, '\n')}\n`;
    return `${before}${[...comments, `[${name}]`, ...written].join('\n')}\n`;
  }
  const at = section.line - 1;
  const above = startOf(section, lines, anyComment);
  // A line that is indented more than the line before it would continue its value.
  const indent = /^[ \t]*/.exec(lines.slice(at + 1).find(isSetting) ?? '')?.[0] ?? '';
  return [
    ...lines.slice(0, above),
    ...lines.slice(above, at).filter((line) => !atmosComment.test(line)),
    ...comments,
    lines[at],
    ...written.map((line) => `${indent}${line}`),
    ...lines.slice(at + 1),
  ].join('\n');
}

function isSetting(line: string): boolean {
  return line.trim() !== '' && !anyComment.test(line);
}

/** The text without these settings of a section, also where a setting or the section is repeated. */
function withoutSettings(text: string, name: string, settings: NewSection['settings']): string {
  const lines = text.split('\n');
  const found = parseIni(text)
    .filter((section) => section.name === name)
    .flatMap((section) => [...section.settings])
    .flatMap(([key, { line }]) => (Object.hasOwn(settings, key) ? [line - 1] : []));
  if (found.length === 0) return text;
  const removed = new Set(found.flatMap((line) => wholeValue(line, lines)));
  const rest = lines.filter((_, index) => !removed.has(index)).join('\n');
  return withoutSettings(rest, name, settings);
}

/** The line of a setting, and the more deeply indented lines below it, which continue its value. */
function wholeValue(start: number, lines: readonly string[]): number[] {
  const indent = (lines[start] ?? '').search(/\S/);
  let end = start + 1;
  while ((lines[end] ?? '').search(/\S/) > indent) end++;
  return Array.from({ length: end - start }, (_, at) => start + at);
}
