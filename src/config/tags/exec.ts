import { parseJson } from '../../core/json.ts';
import { isMap } from '../../core/validate.ts';
import { createTagged, isTagged, withoutEmpty } from '../values.ts';

type Path = readonly string[];

/** Maximum nesting depth of JSON output; deeper output stays text. */
const maxDepth = 100;

/**
 * Why `!exec` is not allowed at the path; follows the name of the setting. It must not determine
 * which files are read, because they must be known and trusted before a command runs. In `env` it
 * must not set names that begin with `ATMOS_`.
 */
export function whyNotRun(command: string, [part, name]: Path): string | undefined {
  if (command === '') return 'has the tag !exec without a command';
  const isSetting = part === 'env' && (name === undefined || /^ATMOS_/i.test(name));
  if (part === 'auth' || (part === 'env' && !isSetting)) return undefined;
  return 'has the tag !exec, which is not allowed here: all files must be known before a command may run';
}

/**
 * What a command of `!exec` wrote, as Atmos takes it: without newlines at its end, as data if it is
 * JSON, else as text.
 */
export function parseCommandOutput(stdout: string): unknown {
  const text = stdout.replace(/[\r\n]+$/, '');
  const data = parseJson(text);
  return data === undefined || isDeeperThan(data, maxDepth) ? text : withoutEmpty(data);
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/**
 * The settings with the value of a command in its place; without the key for one that is undefined
 * or null. A list keeps its length, so that other paths into it stay right.
 */
export function withCommandOutput(
  settings: Readonly<Record<string, unknown>>,
  path: Path,
  value: unknown,
): Record<string, unknown> {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(settings, key)) return settings;
  const changed = changedAt(settings[key], rest, value);
  const entries = Object.entries(settings).map(([name, old]) => [
    name,
    name === key ? changed : old,
  ]);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function changedAt(old: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value ?? undefined;
  if (Array.isArray(old)) {
    const [index, ...rest] = path;
    return old.map((item, at) => (String(at) === index ? changedAt(item, rest, value) : item));
  }
  if (isTagged(old)) return createTagged(old.tag, changedAt(old.value, path, value));
  return isMap(old) ? withCommandOutput(old, path, value) : old;
}
