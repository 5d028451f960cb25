import { isObject, parseJson } from '../core/json.ts';
import type { KeyringInfo } from '../keyring/contract.ts';
import { isReadKey } from '../keyring/key.ts';

// The text in an archive of a keyring, before its encryption. It knows nothing of files and of age.

const format = 'atmos-auth archive';
const version = 1;
const maxEntries = 100_000;
/** An entry has five: a brace, two colons and two commas. */
const maxParts = 6 * (maxEntries + 4);

/** The entries of a keyring at one moment. */
export interface Archive {
  readonly createdAt: Date;
  readonly keyring: Pick<KeyringInfo, 'type' | 'location'>;
  /** By name, in the order of their names by code unit. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Formats an archive as JSON, as {@link parseArchive} reads it. */
export function formatArchive({ createdAt, keyring, entries }: Archive): string {
  const { type, location } = keyring;
  const document = {
    format,
    version,
    created: createdAt.toISOString(),
    keyring: { type, location },
    entries: Array.from(entries, ([key, value]) => ({ key, value })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/**
 * Parses an archive completely or not at all. Only a text that {@link formatArchive} can have
 * written is valid: no other fields, names in order, none twice.
 *
 * @returns the version if it is newer than that of this program; undefined for any other text
 */
export function parseArchive(text: string): Archive | { readonly newer: number } | undefined {
  if (!hasFewParts(text)) return undefined;
  const document = parseJson(text);
  if (!isObject(document) || document['format'] !== format) return undefined;
  const found = document['version'];
  if (typeof found === 'number' && Number.isSafeInteger(found) && found > version) {
    return { newer: found };
  }
  const archive = archiveOf(document);
  return archive !== undefined && formatArchive(archive) === text ? archive : undefined;
}

/**
 * Whether the text has no more JSON structure than the largest archive. `JSON.parse` needs up to 70
 * bytes of memory for each bracket, so 40 MB of brackets need 3 GB.
 */
function hasFewParts(text: string): boolean {
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character !== undefined && '{[:,'.includes(character) && ++parts > maxParts)
      return false;
  }
  return true;
}

/** @param start of the string */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function archiveOf({ created, keyring, entries }: Record<string, unknown>): Archive | undefined {
  if (typeof created !== 'string' || !isObject(keyring) || !Array.isArray(entries)) {
    return undefined;
  }
  const { type, location } = keyring;
  if (typeof type !== 'string' || typeof location !== 'string') return undefined;
  const createdAt = new Date(created);
  const values = entriesOf(entries);
  if (Number.isNaN(createdAt.getTime()) || values === undefined) return undefined;
  return { createdAt, keyring: { type, location }, entries: values };
}

function entriesOf(listed: readonly unknown[]): Map<string, string> | undefined {
  if (listed.length > maxEntries) return undefined;
  const entries = new Map<string, string>();
  let previous = '';
  for (const entry of listed) {
    if (!isObject(entry)) return undefined;
    const { key, value } = entry;
    if (typeof key !== 'string' || typeof value !== 'string') return undefined;
    if (key <= previous || !isReadKey(key) || !value.isWellFormed()) return undefined;
    entries.set(key, value);
    previous = key;
  }
  return entries;
}
