import { AtmosError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { isMap } from '../../core/validate.ts';
import type { Host } from '../../host/host.ts';
import { refuseRecord } from '../../host/read-recorder.ts';
import type { IncludedFile, PendingCommand, TaggedPlace } from '../config-file.ts';
import type { Origin } from '../layer.ts';
import { containsNul, createTagged, isTagged, nulProblem, type Tagged } from '../values.ts';
import { whyNotRun } from './exec.ts';
import {
  createIncluder,
  createSource,
  isInclude,
  isIncluded,
  type Path,
  type Source,
  type TagProblem,
  type Written,
} from './include.ts';
import type { QueryStep } from './query.ts';
import { nameOfTag, resolveValue } from './simple.ts';

export { parseCommandOutput, withCommandOutput } from './exec.ts';

/** Values of one file, and levels of nesting, once aliases and includes are followed. */
const maxValues = 100_000;
const maxDepth = 200;

/** Its value may come from a variable, a program or the working directory. */
const tagRefusal = 'the value of a setting comes from a tag';

type Settings = Record<string, unknown>;

export interface ResolveOptions {
  readonly file: { readonly path: string; readonly origin: Origin };
  readonly host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>;
  /** Called for each tag that cannot be resolved; its value is left out. */
  readonly report: (problem: TagProblem) => void;
  /** Called for each file that `!include` reads, because trust covers these files. */
  readonly onInclude: (included: IncludedFile) => void;
}

export interface ResolvedTags {
  /** Tags are left in it only for merging, `!unset` and `!append`, and those in `commands`. */
  readonly settings: Settings;
  readonly commands: readonly PendingCommand[];
  /** Where the values are that tags gave: of what was included each single one. */
  readonly tagged: readonly TaggedPlace[];
}

/**
 * The parts of a file that atmos-auth uses, with tags and `<<` resolved. Empty values (`realm:`)
 * are left out. Other parts are ignored. In a list, which is never merged into, no `!unset` and
 * `!append` are left, and an item that is left out is undefined, so that paths into the list stay
 * right.
 *
 * @throws {ConfigError} for an included file that is no YAML; ERR_CONFIG_SYNTAX when following its
 * aliases would not end soon; ERR_CONFIG_UNTRUSTED for an included file that others can change
 */
export function resolveTags(
  data: Readonly<Settings>,
  parts: readonly string[],
  options: ResolveOptions,
): ResolvedTags {
  const { file, host } = options;
  const commands: PendingCommand[] = [];
  const tagged: TaggedPlace[] = [];
  const include = createIncluder(options);
  let values = 0;

  function count(path: Path): void {
    if (++values <= maxValues && path.length <= maxDepth) return;
    throw new AtmosError(
      'ERR_CONFIG_SYNTAX',
      `${file.path} is too large or too deep once its aliases (*name) are followed`,
    );
  }

  function resolve({ value, source }: Written, path: Path): unknown {
    count(path);
    if (isTagged(value)) return resolveTag(value, source, path);
    if (Array.isArray(value)) return resolveList(value, source, path);
    if (isMap(value)) return resolveMap({ value, source }, path);
    if (containsNul(value) && decidesFiles(path)) {
      source.report({ path, message: nulProblem });
      return undefined;
    }
    if (isIncluded(source)) tagged.push({ path, tag: '!include' });
    return value;
  }

  function resolveList(items: readonly unknown[], source: Source, path: Path): unknown[] {
    const resolved = items.map((value, at) => resolve({ value, source }, [...path, String(at)]));
    return resolved.map(withoutMergeTags);
  }

  function resolveMap(map: Written<Settings>, path: Path): Settings {
    const entries: [string, unknown][] = [];
    for (const [key, written] of entriesOf(map, path)) {
      const value = resolve(written, [...path, key]);
      if (value !== undefined && value !== null) entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  /**
   * The map's entries, those merged by `<<` first, so that its own come over them.
   *
   * @param base where they belong; `at` is where they stand, through `<<`
   */
  function entriesOf(map: Written<Settings>, at: Path, base = at): Map<string, Written> {
    count(at);
    const { value, source } = map;
    const all = Object.entries(value).map(([key, one]) => [key, { value: one, source }] as const);
    if (!Object.hasOwn(value, '<<')) return new Map(all);
    const merge = value['<<'];
    const written = all.filter(([key]) => key !== '<<');
    const merged: unknown[] = Array.isArray(merge) ? merge.toReversed() : [merge];
    const inherited = merged.flatMap((one) => [
      ...inheritedFrom({ value: one, source }, [...at, '<<'], base),
    ]);
    return new Map([...inherited, ...written]);
  }

  function inheritedFrom(written: Written, at: Path, base: Path): Map<string, Written> {
    const opened = open(written, at, base);
    if (opened === undefined) return new Map();
    const { value, source } = opened;
    if (isMap(value)) return entriesOf({ value, source }, at, base);
    written.source.report({ path: at, message: 'must be a map, or a list of maps' });
    return new Map();
  }

  /** What is included, if the value is an `!include`. Undefined when that cannot be had. */
  function open(written: Written, at: Path, base = at): Written | undefined {
    const { value, source } = written;
    if (!isTagged(value) || !isInclude(value.tag)) return written;
    refuseRecord(tagRefusal);
    const included = include(value, { by: source, at, base });
    const found = included && follow(included, included.steps, at, base);
    return found && open(found, at, base);
  }

  /** What a query names. Null for what is not there, as in yq. */
  function follow(
    written: Written,
    steps: readonly QueryStep[],
    at: Path,
    base: Path,
  ): Written | undefined {
    const [step, ...rest] = steps;
    if (step === undefined) return written;
    const opened = open(written, at, base);
    if (opened === undefined) return undefined;
    const { value, source } = childOf(opened, step, at) ?? { value: null, source: opened.source };
    return follow({ value, source: source.below(String(step)) }, rest, at, base);
  }

  function childOf({ value, source }: Written, step: QueryStep, at: Path): Written | undefined {
    if (Array.isArray(value)) return { value: value[Number(step)] ?? null, source };
    return isMap(value) ? entriesOf({ value, source }, at).get(String(step)) : undefined;
  }

  function resolveTag(written: Tagged, source: Source, path: Path): unknown {
    const { tag, value } = written;
    const refuse = (message: string, hint?: Hint) => {
      source.report({ path, message, ...(hint === undefined ? {} : { hint }) });
      return undefined;
    };
    if (tag === '!unset') return written;
    if (tag === '!append') {
      if (!Array.isArray(value)) return refuse('has the tag !append, which is for lists');
      return createTagged(tag, resolveList(value, source, path));
    }
    if (isInclude(tag)) {
      const opened = open({ value: written, source }, path);
      return opened && resolve(opened, path);
    }
    if (typeof value !== 'string') return refuse(`has the tag ${tag}, which takes text`);
    if (containsNul(value)) return refuse(nulProblem);
    refuseRecord(tagRefusal);
    const text = value.trim();
    if (tag === '!exec') {
      const problem = whyNotRun(text, path);
      if (problem !== undefined) return refuse(problem);
      commands.push({ path, command: text });
      tagged.push({ path, tag });
      return written;
    }
    const result = resolveValue({ tag, text, host });
    if ('problem' in result) return refuse(result.problem, result.hint);
    // A default is written in the file, unless that was included.
    if (!result.isDefault || isIncluded(source)) {
      tagged.push({ path, tag: nameOfTag({ tag, text }) });
    }
    return result.value;
  }

  const source = createSource(options);
  const ours = withMergesOfTop(data).filter(([key]) => parts.includes(key));
  const settings = resolveMap({ value: Object.fromEntries(ours), source }, []);
  return { settings, commands, tagged };
}

// The top level may contain `<<: !include .env`, which is meant for other programs.
function withMergesOfTop(data: Readonly<Settings>): [string, unknown][] {
  const { '<<': merge, ...own } = data;
  return Object.entries(isMap(merge) ? { ...merge, ...own } : own);
}

/** Whether the value is used before all settings are merged and checked. */
function decidesFiles([part]: Path): boolean {
  return part === 'import' || part === 'base_path' || part === 'profiles';
}

/** A value in a list, where there is nothing to append to or to take away. */
function withoutMergeTags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMergeTags);
  if (isTagged(value)) {
    if (value.tag === '!unset') return undefined;
    return value.tag === '!append' ? value.value : value;
  }
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutMergeTags(inner)]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}
