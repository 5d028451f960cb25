import {
  isSession,
  isStoredType,
  type ProgramCredentials,
  type StoredCredentials,
} from '../core/credentials.ts';
import { isObject, parseJson, withoutAbsent } from '../core/json.ts';
import { hasControl } from '../core/control-characters.ts';
import { parseTimestamp } from '../core/time.ts';
import { dataOf, parseData } from './envelope-data.ts';
import type { ItemKind, Owner } from './key.ts';

/** The owner that an entry states. Absent in entries that Atmos wrote. */
export interface Ownership {
  readonly realm?: string;
  readonly alias?: string;
  readonly item?: ItemKind;
}

/** Settings by name; `shown` replaces a value that must not be in a message. Contains no secret. */
export type ChainSettings = Readonly<
  Record<string, { readonly value: string | number | null; readonly shown?: string }>
>;

/**
 * The content of an entry: Atmos's envelope `{"type", "data"}`, and next to these our own fields,
 * which Atmos ignores and drops when it writes the entry again.
 */
export interface Envelope<C extends StoredCredentials = ProgramCredentials> extends Ownership {
  readonly credentials: C;
  readonly savedAt?: Date;
  /** Of a session: the fingerprint of the settings with which it was opened. */
  readonly chainFingerprint?: string;
  /** Of a session: the settings with which it was opened, so that a changed one can be named. */
  readonly chainSettings?: ChainSettings;
  /** Of a session: how far the server's clock was ahead of the local one. */
  readonly clockOffsetMs?: number;
  /** Of a session: its limitations, one line each. */
  readonly limits?: readonly string[];
  /** Of a token: what opens it, or what it stands for, again without a person. Secret. */
  readonly renewal?: Readonly<Record<string, string>>;
}

/** The fields of an entry besides its credentials. */
export type ItemNotes = Pick<
  Envelope,
  'chainFingerprint' | 'chainSettings' | 'clockOffsetMs' | 'limits'
>;

/** @param envelope without `realm` for a token that realms share */
export function formatEnvelope(
  envelope: Envelope<StoredCredentials> & Pick<Owner, 'alias'> & { item: ItemKind },
): string {
  const { credentials } = envelope;
  return JSON.stringify({
    type: credentials.type,
    data: dataOf(credentials),
    realm: envelope.realm,
    alias: envelope.alias,
    item: envelope.item,
    saved_at: envelope.savedAt?.toISOString(),
    chain_fingerprint: envelope.chainFingerprint,
    chain_settings: envelope.chainSettings,
    clock_offset_ms: envelope.clockOffsetMs,
    limits: envelope.limits,
    renewal: envelope.renewal,
  });
}

/** An invalid entry: what is wrong with it, and still the owner that it states. */
export interface Fault extends Ownership {
  readonly fault: string;
}

/** Parses an envelope. A fault describes what is wrong without quoting the content. Never throws. */
export function parseEnvelope(text: string): Envelope<StoredCredentials> | Fault {
  const value = parseJson(text);
  if (!isObject(value)) return { fault: 'it is not a JSON object' };
  const own = parseOwn(value);
  if ('fault' in own) return own;
  const { realm, alias, item } = own;
  const { type, data } = value;
  const broken = (fault: string): Fault => ({ fault, ...withoutAbsent({ realm, alias, item }) });
  if (typeof type !== 'string' || !isObject(data)) return broken('its type or data is missing');
  if (!isStoredType(type)) {
    return broken(`its type ${shownType(type)}is not supported`);
  }
  const credentials = parseData(type, data);
  return 'fault' in credentials ? broken(credentials.fault) : { credentials, ...own };
}

/**
 * The type of item in an envelope: as it states, otherwise by its credentials, because Atmos drops
 * our fields when it writes an entry. Undefined if neither is known.
 */
export function itemHeld(envelope: Envelope<StoredCredentials> | Fault): ItemKind | undefined {
  if (envelope.item !== undefined || 'fault' in envelope) return envelope.item;
  if (envelope.credentials.type !== 'aws') return 'token';
  return isSession(envelope.credentials) ? 'session' : 'key';
}

/** Our own fields: absent, or in the form in which we write them. */
function parseOwn(value: Record<string, unknown>): Omit<Envelope, 'credentials'> | Fault {
  const own = {
    realm: nameOf(value['realm']),
    alias: nameOf(value['alias']),
    item: itemOf(value['item']),
    saved_at: parseTimestamp(textOf(value['saved_at']) ?? ''),
    chain_fingerprint: textOf(value['chain_fingerprint']),
    chain_settings: chainSettingsOf(value['chain_settings']),
    clock_offset_ms: offsetOf(value['clock_offset_ms']),
    limits: limitsOf(value['limits']),
    renewal: renewalOf(value['renewal']),
  };
  const wrong = Object.entries(own).find(([field, read]) => field in value && read === undefined);
  if (wrong) return { fault: `its ${wrong[0]} is damaged` };
  const { saved_at, chain_fingerprint, chain_settings, clock_offset_ms, ...others } = own;
  return withoutAbsent({
    ...others,
    savedAt: saved_at,
    chainFingerprint: chain_fingerprint,
    chainSettings: chain_settings,
    clockOffsetMs: clock_offset_ms,
  });
}

/** Shows a type only if it looks like one, because it could be a secret. */
function shownType(type: string): string {
  return /^[a-z]{1,10}(-[a-z]{1,10})?$/.test(type) ? `${type} ` : '';
}

/** A name that a key can contain and that can be shown. */
function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || hasControl(value)) return undefined;
  return /^.{0,240}$/su.test(value) ? value : undefined;
}

function itemOf(value: unknown): ItemKind | undefined {
  return value === 'key' || value === 'session' || value === 'token' ? value : undefined;
}

/** Of all links of a chain. */
const maxChainSettings = 1024;
const maxSettingLength = 4096;

/** Chain settings in the form of {@link formatEnvelope}; undefined for anything else. */
function chainSettingsOf(value: unknown): ChainSettings | undefined {
  if (!isObject(value) || Object.keys(value).length > maxChainSettings) return undefined;
  const settings = Object.entries(value).map(([name, setting]) => {
    const { value: said, shown } = isObject(setting) ? setting : {};
    const isValue = said === null || typeof said === 'number' || isShort(said);
    if (!isShort(name) || !isValue || !(shown === undefined || isShort(shown))) return undefined;
    return [name, withoutAbsent({ value: said, shown })] as const;
  });
  const known = settings.filter((setting) => setting !== undefined);
  return known.length === settings.length ? Object.fromEntries(known) : undefined;
}

const maxLimits = 16;

/** Undefined for anything that {@link formatEnvelope} does not write. */
function limitsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= maxLimits && value.every(isShort)
    ? value
    : undefined;
}

const maxRenewalValues = 16;
const maxRenewalLength = 16_384;

/** Undefined for anything that {@link formatEnvelope} does not write. */
function renewalOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).flatMap(([name, text]) =>
    isShort(name) && typeof text === 'string' && text.length <= maxRenewalLength
      ? [[name, text] as const]
      : [],
  );
  const isWhole = entries.length === Object.keys(value).length;
  return isWhole && entries.length <= maxRenewalValues ? Object.fromEntries(entries) : undefined;
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxSettingLength;
}

function offsetOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
