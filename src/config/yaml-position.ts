import { isSameName } from '../core/names.ts';
import { quote } from '../core/json.ts';
import { isNamePath } from './merge.ts';

export { quote } from '../core/json.ts';

/** A value of a YAML file, with the place it was written at. */
export interface YamlNode {
  /** Offset into the text. Negative for what only its key has a place for: empty, or a block. */
  readonly start: number;
  /** A scalar as it was written, without quotes. */
  readonly written?: string;
  readonly entries?: readonly YamlEntry[];
  readonly items?: readonly YamlNode[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: YamlNode;
}

/** Line and column as editors count them, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A node, and where its key is: the node's own place for what has no key. */
export interface Found {
  readonly node: YamlNode;
  readonly keyStart: number;
  /** How much of the path there was. */
  readonly depth: number;
}

/** Follows a path as far as it goes, through `<<` too. */
export function findNode(root: YamlNode, path: readonly string[]): Found {
  let found: Found = { node: root, keyStart: root.start, depth: 0 };
  for (const [depth, key] of path.entries()) {
    const next = findChild(found.node, path.slice(0, depth), key);
    if (next === undefined) return found;
    found = { ...next, depth: depth + 1 };
  }
  return found;
}

function findChild(
  node: YamlNode,
  parent: readonly string[],
  key: string,
): Omit<Found, 'depth'> | undefined {
  const item = node.items?.[Number(key)];
  if (item) return { node: item, keyStart: item.start };
  const entry = findEntry(node, parent, key);
  return entry && { node: entry.value, keyStart: entry.keyStart };
}

function findEntry(node: YamlNode, parent: readonly string[], key: string): YamlEntry | undefined {
  const entries = node.entries ?? [];
  const own = entries.find((entry) => entry.key === key) ?? findName(entries, parent, key);
  if (own) return own;
  const merge = entries.find((entry) => entry.key === '<<')?.value;
  const sources = merge?.items ?? (merge ? [merge] : []);
  for (const source of sources) {
    const entry = source === node ? undefined : findEntry(source, parent, key);
    if (entry) return entry;
  }
  return undefined;
}

function findName(
  entries: readonly YamlEntry[],
  parent: readonly string[],
  key: string,
): YamlEntry | undefined {
  if (!isNamePath(parent)) return undefined;
  return entries.find((entry) => isSameName(entry.key, key));
}

/** The path whose key or value begins at the offset. */
export function pathAt(node: YamlNode, offset: number): string[] | undefined {
  for (const [key, start, value] of childrenOf(node)) {
    if (start === offset || value.start === offset) return [key];
    // An alias leads back to where its anchor is, perhaps around us: children lie behind their key.
    const rest = value.start >= start ? pathAt(value, offset) : undefined;
    if (rest) return [key, ...rest];
  }
  return undefined;
}

function childrenOf(node: YamlNode): (readonly [string, number, YamlNode])[] {
  const entries = node.entries ?? [];
  const items = node.items ?? [];
  return [
    ...entries.map(({ key, keyStart, value }) => [key, keyStart, value] as const),
    ...items.map((item, index) => [String(index), item.start, item] as const),
  ];
}

/** Two places in one map that say the same key, the first such pair of the file. */
export function findRepeatedKey(node: YamlNode): { first: number; second: number } | undefined {
  const seen = new Map<string, number>();
  for (const { key, keyStart } of node.entries ?? []) {
    const first = seen.get(key);
    if (first !== undefined) return { first, second: keyStart };
    seen.set(key, keyStart);
  }
  for (const [, start, value] of childrenOf(node)) {
    const repeated = value.start >= start ? findRepeatedKey(value) : undefined;
    if (repeated) return repeated;
  }
  return undefined;
}

export function positionOf(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Where the path was written, or the nearest there is of it: a scalar, or the key of all else. */
export function locate(
  document: { text: string; root: YamlNode },
  path: readonly string[],
): Position {
  const { node, keyStart } = findNode(document.root, path);
  const isScalar = node.written !== undefined && node.start >= 0;
  return positionOf(document.text, Math.max(0, isScalar ? node.start : keyStart));
}

/** A path as it is written in messages: `auth.identities."product.usa".kind`. */
export function formatPath(path: readonly string[]): string {
  return path.map((key) => (isPlainKey(key) ? key : quote(key))).join('.');
}

function isPlainKey(key: string): boolean {
  if (/^[\w@/+-]+$/.test(key)) return true;
  // Not a literal: V8 would look up its properties in Unicode's tables for every key.
  return new RegExp(String.raw`^[\p{L}\p{N}_@/+-]+$`, 'u').test(key);
}
