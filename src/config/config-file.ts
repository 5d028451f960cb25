import { foldName, isSameName } from '../core/names.ts';
import { isMap } from '../core/validate.ts';
import type { Origin } from './layer.ts';
import { isNamePath } from './merge.ts';
import { isTagged } from './values.ts';
import { findNode, formatPath, locate, type Position, type YamlNode } from './yaml-position.ts';

type Path = readonly string[];

/** One YAML file of the configuration: the settings that atmos-auth uses, and their positions. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly origin: Origin;
  /** The profile that the file belongs to, if any. */
  readonly profile?: string | undefined;
  /** The whole content, with its tags. */
  readonly written: Readonly<Record<string, unknown>>;
  /** The parts that atmos-auth uses, with tags resolved and without empty values. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The `!exec` commands whose output is not in the settings yet. */
  readonly commands: readonly PendingCommand[];
  /** The values in the settings that came from tags, including those that `!exec` will set. */
  readonly tagged: readonly TaggedPlace[];
  /** Files that it includes with `!include`. */
  readonly included: readonly IncludedFile[];
  /** The positions of all values. Computed at the first call. */
  root(): YamlNode;
}

/** An `!exec` command that has not run yet. */
export interface PendingCommand {
  readonly path: Path;
  readonly command: string;
}

/** A path whose value came from a tag. */
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
  if (!isName) return undefined;
  const written = spellingsOf(map).get(foldName(key));
  return written === undefined ? undefined : map[written];
}

/** How the names of a map are written. Kept, because a provider may offer thousands of identities. */
function spellingsOf(map: Record<string, unknown>): ReadonlyMap<string, string> {
  const known = spellings.get(map);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  for (const name of Object.keys(map)) {
    const folded = foldName(name);
    if (!found.has(folded)) found.set(folded, name);
  }
  spellings.set(map, found);
  return found;
}

/** Of maps of names that were read, which never change. */
const spellings = new WeakMap<Record<string, unknown>, ReadonlyMap<string, string>>();

/**
 * The file that determines the value: the last one with a value at the path, or else at its nearest
 * parent.
 */
export function fileSaying(files: readonly ConfigFile[], path: Path): ConfigFile {
  const item = itemSaying(files, path);
  if (item) return item.file;
  const saying = files.findLast((file) => valueAt(file.settings, path) !== undefined);
  if (saying) return saying;
  if (path.length === 0) throw new TypeError('a configuration has at least one file');
  return fileSaying(files, path.slice(0, -1));
}

/** A file, and the path of the value in that file. */
interface Said {
  readonly file: ConfigFile;
  readonly path: Path;
}

/**
 * For a path into a list: the file that the item came from. `!append` builds a list from several
 * files, so the index of an item differs from its index in its own file.
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

/** The value at the path. Null if a parent of the path is not a map. */
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
 * The tag that set the value at the path, a part of it, or a parent of it. Undefined if no tag did.
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

/** Whether one path is a prefix of the other. Names may differ in spelling. */
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
