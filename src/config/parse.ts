import {
  constructFromEvents,
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from 'js-yaml';
import { say } from '../core/hint.ts';
import { isMap } from '../core/validate.ts';
import { atmosTags, createFileError, createSyntaxError } from './syntax-error.ts';
import { createTagged, type Tagged } from './values.ts';
import type { YamlEntry, YamlNode } from './yaml-position.ts';

/** The most aliases (`*name`) in one file: a real one has a few, an alias bomb has many. */
const maxAliases = 1000;

const never = () => false;

// `<<` stays a key like any other: js-yaml's own merging refuses `<<: !include .env`.
const schema = CORE_SCHEMA.withTags(
  atmosTags.flatMap((tag) => [
    defineScalarTag(tag, { resolve: (source) => createTagged(tag, source), identify: never }),
    defineSequenceTag<unknown[], Tagged>(tag, {
      create: () => [],
      addItem: (items, item) => void items.push(item),
      finalize: (items) => createTagged(tag, items),
      identify: never,
    }),
    defineMappingTag<Map<unknown, unknown>, Tagged>(tag, {
      create: () => new Map(),
      addPair(pairs, key, value) {
        pairs.set(key, value);
        return '';
      },
      has: (pairs, key) => pairs.has(key),
      keys: () => [],
      get: () => undefined,
      finalize: (pairs) => createTagged(tag, pairs),
      identify: never,
    }),
  ]),
);

/** A parsed YAML file with unresolved tags. `<<` is a key like any other. */
export interface YamlDocument {
  readonly data: Readonly<Record<string, unknown>>;
  /** Where everything was written. Found when first asked for. */
  root(): YamlNode;
}

/**
 * Reads YAML as Atmos does: an empty file, or one of comments, is an empty map.
 *
 * @throws {ConfigError} ERR_CONFIG_SYNTAX with file, line, column and the reason; ERR_CONFIG_INVALID
 * for a tag that Atmos does not know, and for what is no map
 */
export function parseYaml(file: { path: string; text: string }): YamlDocument {
  const { data, root } = parseAnyYaml(file);
  return { data: onlyMap(data, file.path), root };
}

/**
 * As {@link parseYaml}, for a file that may as well hold a list or a single value. Null when it is
 * empty.
 *
 * @throws {ConfigError}
 */
export function parseAnyYaml(file: { path: string; text: string }): {
  data: unknown;
  root(): YamlNode;
} {
  const source = file.text;
  const events = complaining(file, () => parseEvents(source, {}));
  let nodes: YamlNode | undefined;
  const root = () => (nodes ??= readNodes(events, source));
  const documents = complaining(
    file,
    () => constructFromEvents(events, { source, schema, maxAliases }),
    root,
  );
  return { data: onlyOne(documents, file.path), root };
}

/** Runs the parser and replaces its error, which contains the whole file. */
function complaining<T>(
  file: { path: string; text: string },
  run: () => T,
  root?: () => YamlNode,
): T {
  try {
    return run();
  } catch (error) {
    const complaint =
      error instanceof YAMLException
        ? { reason: error.reason, offset: error.mark?.position ?? 0 }
        : { reason: 'it cannot be read', offset: 0 };
    throw createSyntaxError(complaint, file, root?.());
  }
}

function onlyOne(documents: unknown[], path: string): unknown {
  const [first = null, ...others] = documents;
  if (others.some((document) => document !== null)) {
    throw createFileError('ERR_CONFIG_SYNTAX', path, 'contains more than one YAML document', [
      say('keep one document and delete the lines that contain ---'),
    ]);
  }
  return first;
}

function onlyMap(data: unknown, path: string): Record<string, unknown> {
  if (data === null) return {};
  if (isMap(data)) return data;
  throw createFileError('ERR_CONFIG_INVALID', path, 'must be a map of settings', [
    say('start the file with a key such as auth:'),
  ]);
}

/** The first document of a stream of events, as nodes. */
function readNodes(events: readonly Event[], text: string): YamlNode {
  const anchors = new Map<string, YamlNode>();
  // The first event opens the document.
  let next = 1;

  function readNode(): YamlNode | undefined {
    const event = events[next++];
    switch (event?.type) {
      case EVENT_ID.ALIAS:
        return anchors.get(text.slice(event.anchorStart, event.anchorEnd)) ?? { start: -1 };
      case EVENT_ID.SCALAR:
        return named(event, { start: startOf(event), written: getScalarValue(text, event) });
      case EVENT_ID.MAPPING: {
        const entries: YamlEntry[] = [];
        const node = named(event, { start: firstOf(event.tagStart, event.start), entries });
        for (let key = readNode(); key; key = readNode()) {
          const value = readNode() ?? key;
          entries.push({ key: key.written ?? '', keyStart: key.start, value });
        }
        return node;
      }
      case EVENT_ID.SEQUENCE: {
        const items: YamlNode[] = [];
        const node = named(event, { start: firstOf(event.tagStart, event.start), items });
        for (let item = readNode(); item; item = readNode()) items.push(item);
        return node;
      }
      default:
        return undefined;
    }
  }

  function named(event: { anchorStart: number; anchorEnd: number }, node: YamlNode): YamlNode {
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  return readNode() ?? { start: 0, entries: [] };
}

function startOf(event: ScalarEvent): number {
  const { PLAIN, SINGLE_QUOTED, DOUBLE_QUOTED } = SCALAR_STYLE;
  const isQuoted = event.style === SINGLE_QUOTED || event.style === DOUBLE_QUOTED;
  const start = isQuoted ? event.valueStart - 1 : event.valueStart;
  return firstOf(event.tagStart, isQuoted || event.style === PLAIN ? start : -1);
}

function firstOf(tagStart: number, start: number): number {
  return tagStart >= 0 ? tagStart : start;
}
