import { shortAccessKeyId } from '../../core/credentials.ts';
import { isObject } from '../../core/json.ts';
import { logVocabulary, type FieldKind, type LogEntry } from '../../core/log-events.ts';
import type { LogLevel } from '../../core/log-level.ts';
import { deceptive } from '../../core/printable.ts';
import { isSecretVariable } from '../../core/variables.ts';

export interface LineOptions {
  readonly processId: number;
  /** Makes a text fit to be shown: see {@link createRedaction}. */
  readonly redact: (text: string) => string;
}

// As Atmos abbreviates them.
const shortLevels: Readonly<Record<Exclude<LogLevel, 'Off'>, string>> = {
  Trace: 'TRCE',
  Debug: 'DEBU',
  Info: 'INFO',
  Warning: 'WARN',
  Error: 'ERRO',
};

/**
 * The line of an event, with its end, in logfmt: the time in UTC, the level, the event, then the
 * process, since many share one file, and the fields of the vocabulary in its order. A value with
 * anything but plain characters is quoted as in JSON.
 *
 *     2026-01-01T00:00:00.000Z DEBU session.found pid=4711 identity=dev expires_at=2026-01-01T12:00:00.000Z
 *
 * A field that the vocabulary does not name, or of another kind than it says, is left out.
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

/** The most characters of one field. */
export const maxFieldLength = 200;

// Shorter ones would be found in words that have nothing to do with them.
const minSecretLength = 6;

/**
 * A second line of defence: no field of the vocabulary is for a secret. What it gives holds no value
 * of a variable whose name says that it is secret, an access key id only in its short form, nothing
 * that steers a terminal, breaks the line or cannot be seen, and at most {@link maxFieldLength} characters.
 */
export function createRedaction(
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = Object.entries(env)
    .flatMap(([name, value = '']) => (isSecretVariable(name) ? [value] : []))
    .filter((value) => value.length >= minSecretLength)
    // One may be part of another.
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    const safe = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
    const shortened = safe.replaceAll(/A[KS]IA[A-Z0-9]{12,}/g, shortAccessKeyId);
    return bounded(shortened.replaceAll(deceptive, '�'));
  };
}

function bounded(text: string): string {
  if (text.length <= maxFieldLength) return text;
  // A character of two halves is not cut in two.
  return `${text.slice(0, maxFieldLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
