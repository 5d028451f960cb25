import { shortAccessKeyId } from '../../core/credentials.ts';
import { isObject } from '../../core/json.ts';
import { logVocabulary, type FieldKind, type LogEntry } from '../../core/log-events.ts';
import type { LogLevel } from '../../core/log-level.ts';
import { replaceDeceptive } from '../../core/printable.ts';
import { isSecretVariable } from '../../core/variables.ts';

export interface LineOptions {
  readonly processId: number;
  /** Makes a text safe to show: see {@link createRedaction}. */
  readonly redact: (text: string) => string;
}

// The abbreviations of Atmos.
const shortLevels: Readonly<Record<Exclude<LogLevel, 'Off'>, string>> = {
  Trace: 'TRCE',
  Debug: 'DEBU',
  Info: 'INFO',
  Warning: 'WARN',
  Error: 'ERRO',
};

/**
 * The log line of an event in logfmt, with its line break: the time in UTC, the level, the event,
 * the process (because many share one file), and the fields in the order of the vocabulary. A value
 * with special characters is quoted as in JSON.
 *
 *     2026-01-01T00:00:00.000Z DEBU session.found pid=4711 identity=dev
 *     expires_at=2026-01-01T12:00:00.000Z
 *
 * A field that is not in the vocabulary, or has another type there, is omitted.
 */
export function formatEntry(
  { at, event, fields }: LogEntry,
  { processId, redact }: LineOptions,
): string {
  const { level, fields: kinds } = logVocabulary[event];
  const words = Object.entries<FieldKind>(kinds).flatMap(([name, kind]) => {
    const text = textOf(fields[name], kind);
    return text === undefined ? [] : [`${name}=${quoted(redact(text))}`];
  });
  const start = [at.toISOString(), shortLevels[level], event, `pid=${processId}`];
  return `${[...start, ...words].join(' ')}\n`;
}

function textOf(value: unknown, kind: FieldKind): string | undefined {
  if (value === undefined) return undefined;
  switch (kind) {
    case 'name':
      return typeof value === 'string' ? value : undefined;
    case 'place':
      return placeOf(value);
    case 'code':
      return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(value) ? value : undefined;
    case 'number':
      return typeof value === 'number' ? String(Math.round(value)) : undefined;
    case 'flag':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'time':
      return value instanceof Date && !Number.isNaN(value.getTime())
        ? value.toISOString()
        : undefined;
    default:
      return kind.find((word) => word === value);
  }
}

function placeOf(value: unknown): string | undefined {
  const place = isObject(value) ? value['source'] : value;
  return typeof place === 'string' ? place : undefined;
}

function quoted(text: string): string {
  return /^[^\s"\\=]+$/.test(text) ? text : JSON.stringify(text);
}

/** The maximum number of characters of one field. */
export const maxFieldLength = 200;

// Shorter values would be found in unrelated words.
const minSecretLength = 6;

/**
 * A second line of defense, because no field of the vocabulary may contain a secret. Its result
 * contains no value of a variable with a secret name, access key ids only in their short form, no
 * control or invisible characters, no line breaks, and at most {@link maxFieldLength} characters.
 */
export function createRedaction(
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = Object.entries(env)
    .flatMap(([name, value = '']) => (isSecretVariable(name) ? [value] : []))
    .filter((value) => value.length >= minSecretLength)
    // One value may be part of another.
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    const safe = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
    const shortened = safe.replaceAll(/A[KS]IA[A-Z0-9]{12,}/g, shortAccessKeyId);
    return bounded(replaceDeceptive(shortened, () => '�'));
  };
}

function bounded(text: string): string {
  if (text.length <= maxFieldLength) return text;
  // A surrogate pair is not split.
  return `${text.slice(0, maxFieldLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
