import { AtmosError } from '../core/errors.ts';
import { isMap } from '../core/validate.ts';
import { isTagged, type Tagged } from './parse.ts';

/** Values of one file, and levels of nesting, once aliases are followed. */
const maxValues = 100_000;
const maxDepth = 200;

type Path = readonly string[];

export interface ResolveOptions {
  /** Names the file in errors. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of each tag that cannot be resolved; its value is left out. */
  readonly report: (problem: { path: Path; message: string }) => void;
}

/**
 * The parts of a file that are ours, with `!env` and `<<` resolved. What is empty (`realm:`) says
 * nothing and is left out. All else in the file is left alone.
 *
 * @throws ERR_CONFIG_SYNTAX when following its aliases would not end soon
 */
export function resolveTags(
  data: Readonly<Record<string, unknown>>,
  parts: readonly string[],
  options: ResolveOptions,
): Record<string, unknown> {
  let values = 0;

  function count(path: Path): void {
    if (++values <= maxValues && path.length <= maxDepth) return;
    throw new AtmosError(
      'ERR_CONFIG_SYNTAX',
      `${options.file} is too large or too deep once its aliases (*name) are followed`,
    );
  }

  function resolve(value: unknown, path: Path): unknown {
    count(path);
    if (isTagged(value)) return resolveTag(value, path, options);
    if (Array.isArray(value)) return value.map((item, at) => resolve(item, [...path, String(at)]));
    return isMap(value) ? resolveMap(value, path) : value;
  }

  function resolveMap(map: Record<string, unknown>, path: Path): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const [key, value] of withMerges(map, path)) {
      const resolved = resolve(value, [...path, key]);
      if (resolved !== undefined && resolved !== null) entries.push([key, resolved]);
    }
    return Object.fromEntries(entries);
  }

  /** The map's entries, those merged by `<<` first, so that its own come over them. */
  function withMerges(map: Record<string, unknown>, path: Path): [string, unknown][] {
    count(path);
    if (!Object.hasOwn(map, '<<')) return Object.entries(map);
    const { '<<': merge, ...own } = map;
    const sources: unknown[] = Array.isArray(merge) ? merge.toReversed() : [merge];
    const inherited = sources.flatMap((source) => {
      const at = [...path, '<<'];
      if (isMap(source)) return withMerges(source, at);
      options.report({ path: at, message: 'must be a map, or a list of maps' });
      return [];
    });
    return [...new Map([...inherited, ...Object.entries(own)])];
  }

  const ours = withMergesOfTop(data).filter(([key]) => parts.includes(key));
  return resolveMap(Object.fromEntries(ours), []);
}

// The top may say `<<: !include .env`, for programs that are not ours.
function withMergesOfTop(data: Readonly<Record<string, unknown>>): [string, unknown][] {
  const { '<<': merge, ...own } = data;
  return Object.entries(isMap(merge) ? { ...merge, ...own } : own);
}

function resolveTag({ tag, value }: Tagged, path: Path, options: ResolveOptions): unknown {
  if (tag !== '!env') {
    const message = `has the tag ${tag}, which is not supported here by this version yet`;
    options.report({ path, message });
    return undefined;
  }
  const pattern = /^(\S+)(?:\s+(?:"([^"]*)"|'([^']*)'|(\S+)))?$/;
  const words = typeof value === 'string' ? pattern.exec(value.trim()) : null;
  if (words === null) {
    options.report({ path, message: 'takes the name of a variable and at most one default' });
    return undefined;
  }
  const [, name = '', ...defaults] = words;
  const set = Object.hasOwn(options.env, name) ? options.env[name] : undefined;
  return (set ?? defaults.find((text) => text !== undefined) ?? '').trim();
}
