import { isSameName } from '../core/names.ts';
import { isMap } from '../core/validate.ts';
import type { Origin } from './layer.ts';
import { isNamePath } from './merge.ts';
import { isTagged } from './values.ts';
import { findNode, formatPath, locate, type Position, type YamlNode } from './yaml-position.ts';

type Path = readonly string[];

/** One YAML file of the configuration: what it says of our business, and where. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly origin: Origin;
  /** The profile that it belongs to, if it does. */
  readonly profile?: string | undefined;
  /** All that it says, with its tags. */
  readonly written: Readonly<Record<string, unknown>>;
  /** The parts of it that are ours, tags resolved, without what is empty. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What `!exec` would run, whose output is not in the settings yet. */
  readonly commands: readonly PendingCommand[];
  /** The values in the settings that tags gave, and those that `!exec` will give. */
  readonly tagged: readonly TaggedPlace[];
  /** Other files that it includes by `!include`. */
  readonly included: readonly IncludedFile[];
  /** The places of all it says. Found when first asked for. */
  root(): YamlNode;
}

/** An `!exec` that was not run yet. */
export interface PendingCommand {
  readonly path: Path;
  readonly command: string;
}

/** A place whose value was not written there, but came from a tag. */
export interface TaggedPlace {
  readonly path: Path;
  /** For messages: `!env NAME`, `!include`. */
  readonly tag: string;
}

/** A file that `!include` read. */
export interface IncludedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Where it is included. */
  readonly at: Path;
}

/** The value at a path, names matched as `isSameName` does, or undefined. */
export function valueAt(settings: Readonly<Record<string, unknown>>, path: Path): unknown {
  let value: unknown = settings;
  for (const [depth, key] of path.entries()) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isMap(value)) value = ownValue(value, key, isNamePath(path.slice(0, depth)));
    else return undefined;
  }
  return value;
}

function ownValue(map: Record<string, unknown>, key: string, isName: boolean): unknown {
  if (Object.hasOwn(map, key)) return map[key];
  const isSame = (other: string) => isSameName(other, key);
  const written = isName ? Object.keys(map).find(isSame) : undefined;
  return written === undefined ? undefined : map[written];
}

/** The file whose word counts: the last that says something at the path, or else just above it. */
export function fileSaying(files: readonly ConfigFile[], path: Path): ConfigFile {
  const item = itemSaying(files, path);
  if (item) return item.file;
  const saying = files.findLast((file) => valueAt(file.settings, path) !== undefined);
  if (saying) return saying;
  if (path.length === 0) throw new TypeError('a configuration has at least one file');
  return fileSaying(files, path.slice(0, -1));
}

/** What a file says, and the path of it in that file. */
interface Said {
  readonly file: ConfigFile;
  readonly path: Path;
}

/**
 * Of a path into a list: the file that the item came from. `!append` makes a list of several files, in
 * which an item has another number than in its own file, and the same number in a file that does not
 * count any more.
 */
function itemSaying(files: readonly ConfigFile[], path: Path): Said | undefined {
  for (const [depth, key] of path.entries()) {
    if (!/^\d+$/.test(key)) continue;
    const item = itemsAt(files, path.slice(0, depth))[Number(key)];
    if (item) return { file: item.file, path: path.with(depth, String(item.at)) };
  }
  return undefined;
}

/** The items of the list at the path, as merge.ts lays the files over one another. */
function itemsAt(files: readonly ConfigFile[], path: Path): { file: ConfigFile; at: number }[] {
  let items: { file: ConfigFile; at: number }[] = [];
  for (const file of files) {
    const said = saidOver(file.settings, path);
    if (said === undefined) continue;
    const list = isTagged(said) ? said.value : said;
    const own = Array.isArray(list) ? list.map((_, at) => ({ file, at })) : [];
    items = isTagged(said) && said.tag === '!append' ? [...items, ...own] : own;
  }
  return items;
}

/** The value at the path. Null where a file says something else than a map above it: nothing is left of it. */
function saidOver(settings: Readonly<Record<string, unknown>>, path: Path): unknown {
  let value: unknown = settings;
  for (const [depth, key] of path.entries()) {
    if (value === undefined) return undefined;
    if (!isMap(value)) return null;
    value = ownValue(value, key, isNamePath(path.slice(0, depth)));
  }
  return value;
}

/**
 * The tag that gave the value at the path, or a part of it, or what it is a part of. Undefined for
 * what was written out.
 */
export function tagAt(files: readonly ConfigFile[], path: Path): string | undefined {
  if (files.every(({ tagged }) => tagged.length === 0)) return undefined;
  const item = itemSaying(files, path);
  if (item) return item.file.tagged.find((place) => isSamePlace(place.path, item.path))?.tag;
  const at = files.findLastIndex((file) => valueAt(file.settings, path) !== undefined);
  const file = files[at];
  if (file === undefined) return undefined;
  const found = file.tagged.find((place) => isSamePlace(place.path, path));
  if (found !== undefined) return found.tag;
  return isTagged(valueAt(file.settings, path)) ? tagAt(files.slice(0, at), path) : undefined;
}

/** Whether one path leads through the other. Names may be spelled differently. */
function isSamePlace(one: Path, other: Path): boolean {
  const depth = Math.min(one.length, other.length);
  return one.slice(0, depth).every((key, at) => isSameName(key, other[at] ?? ''));
}

export function positionIn(file: ConfigFile, path: Path): Position {
  return locate({ text: file.text, root: file.root() }, path);
}

/** Where the path was written: `/p/atmos.yaml:7:9`. */
export function placeOf(files: readonly ConfigFile[], path: Path): string {
  const item = itemSaying(files, path);
  return item ? placeIn(item.file, item.path) : placeIn(fileSaying(files, path), path);
}

export function placeIn(file: ConfigFile, path: Path): string {
  const { line, column } = positionIn(file, path);
  return `${file.path}:${line}:${column}`;
}

/** What a setting is called in messages: `auth.keyring.type (/p/atmos.yaml:3:11)`. */
export function sourceOf(files: readonly ConfigFile[], path: Path): string {
  return `${formatPath(path)} (${placeOf(files, path)})`;
}

/** The scalar at the path as it was written: `0123` where its value is 123. */
export function writtenAt(files: readonly ConfigFile[], path: Path): string | undefined {
  const { file, path: own } = itemSaying(files, path) ?? { file: fileSaying(files, path), path };
  const { node, depth } = findNode(file.root(), own);
  return depth === own.length ? node.written : undefined;
}
