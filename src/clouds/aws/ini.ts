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

/**
 * Removes these sections and Atmos's comments directly above them. The rest of the text does not
 * change, including comments above the next section.
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
