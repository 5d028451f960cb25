import { isDeepStrictEqual } from 'node:util';
import { AtmosError } from '../core/errors.ts';
import { edit as editHint } from '../core/hint.ts';
import { isObject } from '../core/json.ts';
import { isMap } from '../core/validate.ts';
import { entriesOf, formatFlow, formatMap, type YamlValue } from './format-yaml.ts';
import { parseYaml } from './parse.ts';
import { positionOf, type YamlEntry, type YamlNode } from './yaml-position.ts';

// Adds entries to a YAML file. All other bytes stay, because js-yaml cannot write a file as it was:
// the new lines are inserted where the parser found the end of a map.

/** A replacement in a text. */
export interface TextEdit {
  /** Offset of the first character that is replaced. */
  readonly start: number;
  /** Offset after the last one. The same as `start`: nothing is replaced. */
  readonly end: number;
  readonly text: string;
}

/** New entries of the map at a path, whose keys it does not have. */
export interface Addition {
  /** `['auth', 'identities']` */
  readonly path: readonly string[];
  readonly entries: readonly (readonly [key: string, value: YamlValue])[];
}

/**
 * The edits that add the entries. Missing maps are created.
 *
 * @throws ERR_CONFIG_SYNTAX; ERR_CONFIG_INVALID; ERR_USAGE if a map at a path is written with an
 *   alias or a tag, or cannot be extended without changing something else
 */
export function addEntries(
  { path, text }: { readonly path: string; readonly text: string },
  additions: readonly Addition[],
): TextEdit[] {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  const source = { path, text: text.slice(mark) };
  const document = parseYaml(source);
  const wanted = additions.filter(({ entries }) => entries.length > 0);
  const root = tree(wanted);
  const edits = extend({ source, node: document.root(), end: source.text.length, indent: 0 }, root);
  const result = applyEdits(source.text, edits);
  const expected = wanted.reduce<unknown>(
    (data, { path: at, entries }) => withEntries(data, at, entries),
    document.data,
  );
  if (!isDeepStrictEqual(plainOf(parsedOrUndefined(path, result)), plainOf(expected))) {
    throw cannotExtend(source, 0);
  }
  return edits.map((one) => ({ ...one, start: one.start + mark, end: one.end + mark }));
}

/** @param edits do not overlap. Those at the same place are inserted in their order */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = edits.toReversed().sort((a, b) => b.start - a.start);
  return sorted.reduce(
    (changed, { start, end, text: inserted }) =>
      changed.slice(0, start) + inserted + changed.slice(end),
    text,
  );
}

/** New entries, below the keys of the maps that they are added to. */
interface Tree {
  readonly entries: [string, YamlValue][];
  readonly below: Map<string, Tree>;
}

function tree(additions: readonly Addition[]): Tree {
  const root: Tree = { entries: [], below: new Map() };
  for (const { path, entries } of additions) {
    let at = root;
    for (const key of path) {
      const next = at.below.get(key) ?? { entries: [], below: new Map() };
      at.below.set(key, next);
      at = next;
    }
    at.entries.push(...entries.map(([key, value]): [string, YamlValue] => [key, value]));
  }
  return root;
}

/** A map of the file. */
interface Place {
  readonly source: { readonly path: string; readonly text: string };
  readonly node: YamlNode;
  /** Where the next key of a map around it begins, or the end of the file. */
  readonly end: number;
  /** Of its keys, for a map without keys. */
  readonly indent: number;
}

function extend(place: Place, { entries, below }: Tree): TextEdit[] {
  const own = place.node.entries ?? [];
  const edits: TextEdit[] = [];
  const missing: [string, YamlValue][] = [...entries];
  for (const [key, inner] of below) {
    const index = own.findIndex((entry) => entry.key === key);
    const entry = own[index];
    if (entry === undefined) missing.push([key, valueOf(inner)]);
    else edits.push(...extendEntry(entry, own[index + 1], place, inner));
  }
  return missing.length === 0 ? edits : [...edits, insertion(place, missing)];
}

function valueOf({ entries, below }: Tree): YamlValue {
  return [...entries, ...Array.from(below, ([key, inner]) => [key, valueOf(inner)] as const)];
}

function extendEntry(
  { value, keyStart }: YamlEntry,
  next: YamlEntry | undefined,
  { source, end: outerEnd }: Place,
  inner: Tree,
): TextEdit[] {
  const end = next?.keyStart ?? outerEnd;
  const indent = positionOf(source.text, keyStart).column + 1;
  // The value of an alias is elsewhere.
  const isElsewhere = value.start >= 0 && (value.start < keyStart || value.start >= end);
  if (isElsewhere) throw cannotExtend(source, keyStart);
  if (value.entries !== undefined && value.entries.length > 0) {
    if (source.text[value.start] === '!') throw cannotExtend(source, keyStart);
    return extend({ source, node: value, end, indent }, inner);
  }
  return [fill({ source, node: value, end, indent }, keyStart, inner)];
}

/** Replaces `{}`, `~` or nothing by a map. */
function fill({ source, node, end, indent }: Place, keyStart: number, inner: Tree): TextEdit {
  const { text } = source;
  const block = blockOf(text, indent, entriesOf(asEntries(valueOf(inner))));
  if (node.written === '' && node.start < 0) {
    const lineEnd = endOfLine(text, keyStart, end);
    return { start: lineEnd, end: lineEnd, text: `${lineBreakOf(text)}${block}` };
  }
  const written = node.written ?? /^\{\s*\}/.exec(text.slice(node.start))?.[0] ?? '';
  const isEmptyMap = node.entries?.length === 0 && written !== '';
  if (!isEmptyMap && !/^(~|null|Null|NULL)$/.test(written)) throw cannotExtend(source, keyStart);
  const stop = node.start + written.length;
  // What follows on the line, such as a comment, stays on the line of the key.
  const lineEnd = endOfLine(text, stop, end);
  const rest = text.slice(stop, lineEnd).trim();
  return {
    start: text.slice(0, node.start).trimEnd().length,
    end: lineEnd,
    text: `${rest === '' ? '' : ` ${rest}`}${lineBreakOf(text)}${block}`,
  };
}

function asEntries(value: YamlValue) {
  return typeof value === 'object' ? value : {};
}

function insertion(place: Place, entries: readonly (readonly [string, YamlValue])[]): TextEdit {
  const { source, node, end, indent } = place;
  const { text } = source;
  if (text[node.start] === '{' && (node.entries ?? []).length > 0) {
    const at = node.start + 1;
    const lines = entries.map(([key, value]) => ` ${formatFlow([[key, value]]).slice(2, -2)},`);
    return { start: at, end: at, text: lines.join('') };
  }
  const first = node.entries?.[0];
  const column = first === undefined ? indent : positionOf(text, first.keyStart).column - 1;
  const at = endOfMap(text, end, column);
  const block = blockOf(text, column, entries);
  const lineBreak = lineBreakOf(text);
  const isOnNewLine = at === 0 || text[at - 1] === '\n';
  const before = column === 0 && text.trim() !== '' ? lineBreak : '';
  return {
    start: at,
    end: at,
    text: isOnNewLine ? `${before}${block}${lineBreak}` : `${lineBreak}${before}${block}`,
  };
}

/**
 * The start of the line after a block, or the end of a file without a line break. Comments that are
 * less indented than the block, and empty lines before them, belong to what follows.
 */
function endOfMap(text: string, end: number, column: number): number {
  let at = end === text.length ? end : lineStart(text, end);
  while (at > 0) {
    const start = lineStart(text, at - 1);
    const line = text.slice(start, at);
    const indent = line.search(/\S/);
    const isBlank = indent < 0;
    const isCommentAfter = line.trimStart().startsWith('#') && indent < column;
    if (!isBlank && !isCommentAfter) return at;
    at = start;
  }
  return end;
}

function blockOf(
  text: string,
  indent: number,
  entries: readonly (readonly [string, YamlValue])[],
): string {
  const lines = formatMap(entries).map((line) => `${' '.repeat(indent)}${line}`);
  return lines.join(lineBreakOf(text));
}

function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

function lineStart(text: string, at: number): number {
  return text.slice(0, at).lastIndexOf('\n') + 1;
}

function endOfLine(text: string, from: number, limit: number): number {
  const found = text.slice(from, limit).search(/\r?\n|$/);
  return found < 0 ? limit : from + found;
}

function withEntries(
  data: unknown,
  [key, ...rest]: readonly string[],
  entries: Addition['entries'],
): unknown {
  const map = isMap(data) ? data : {};
  const added =
    key === undefined
      ? entries.map(([name, value]) => [name, plainValue(value)] as const)
      : [[key, withEntries(map[key], rest, entries)] as const];
  return Object.fromEntries([...Object.entries(map), ...added]);
}

function plainValue(value: YamlValue): unknown {
  if (typeof value !== 'object') return value;
  return Object.fromEntries(entriesOf(value).map(([key, inner]) => [key, plainValue(inner)]));
}

/** The order of keys counts, prototypes do not. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]));
}

/** Undefined if the edited text is no longer valid. */
function parsedOrUndefined(path: string, text: string): unknown {
  try {
    return parseYaml({ path, text }).data;
  } catch {
    return undefined;
  }
}

function cannotExtend(
  { path, text }: { readonly path: string; readonly text: string },
  offset: number,
): AtmosError {
  const { line, column } = positionOf(text, offset);
  const position = `${path}:${line}:${column}`;
  return new AtmosError(
    'ERR_USAGE',
    `cannot add to ${position} without changing other parts of the file`,
    { hints: [editHint(position, 'write auth, identities and providers as blocks of lines')] },
  );
}
