// The INI form of the AWS files, as the AWS CLI (botocore on Python's RawConfigParser) reads it. Where it
// gives up on a whole file, for a section that is there twice or a line without a value, we read on.

export interface IniSetting {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface IniSection {
  /** What is between the brackets: `profile "My Prof"`. */
  readonly name: string;
  /** Of its header, counted from 1. */
  readonly line: number;
  /** By their names in lower case. Of one that is there twice, the last. */
  readonly settings: ReadonlyMap<string, IniSetting>;
}

const comment = /(^|\s)[;#].*$/;
// Whatever follows the last bracket.
const header = /^\[(.+)\]/;
const setting = /^([^=:]+?)\s*[=:]\s*(.*)$/;

/** The sections of a file, in their order. Lines before the first one, and what is no setting, are ignored. */
export function parseIni(text: string): IniSection[] {
  const sections: (IniSection & { settings: Map<string, IniSetting> })[] = [];
  // Below a setting without a value, lines that are indented further are settings of its own: `s3 =`.
  let parentIndent: number | undefined;
  // Below any setting, a line that is indented further goes on with its value, and is no header.
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
    if (key === undefined || value === undefined) continue;
    sections.at(-1)?.settings.set(key.toLowerCase(), { value, line });
    parentIndent = value === '' ? indent : undefined;
  }
  return sections;
}

/** The words of a section's name, quoted as in a shell. Undefined for an open quote. */
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

/** What Go Atmos writes directly above a section: `; atmos: expiration=…`. */
const atmosComment = /^\s*[;#]\s*atmos:/;
const anyComment = /^\s*[;#]/;

/**
 * The text without these sections and Atmos's comments directly above them. Everything else stays byte
 * for byte, comments above the next section too.
 */
export function removeSections(text: string, isRemoved: (name: string) => boolean): string {
  const lines = text.split('\n');
  const startOf = ({ line }: IniSection, above: RegExp) => {
    let start = line - 1;
    while (start > 0 && above.test(lines[start - 1] ?? '')) start--;
    return start;
  };
  const sections = parseIni(text);
  const removed = new Set<number>();
  for (const [index, section] of sections.entries()) {
    if (!isRemoved(section.name)) continue;
    const next = sections[index + 1];
    const end = next === undefined ? lines.length : startOf(next, anyComment);
    for (let line = startOf(section, atmosComment); line < end; line++) removed.add(line);
  }
  return lines.filter((_, index) => !removed.has(index)).join('\n');
}
