import {
  awsCredentials,
  isSession,
  type AwsCredentials,
  type Credentials,
} from '../core/credentials.ts';
import { isObject, parseJson, withoutAbsent } from '../core/json.ts';
import { formatTimestamp, parseTimestamp } from '../core/time.ts';
import type { ItemKind, Owner } from './key.ts';

/** Whose an entry says it is. Absent in what Atmos wrote. */
export interface Ownership {
  readonly realm?: string;
  readonly alias?: string;
  readonly item?: ItemKind;
}

/** Settings by their names; `shown` stands for a value that no message quotes. Nothing secret. */
export type ChainSettings = Readonly<
  Record<string, { readonly value: string | number | null; readonly shown?: string }>
>;

/**
 * What stands in the keyring under one key: Atmos's envelope `{"type", "data"}`, and beside those
 * our own fields, which Atmos ignores and drops when it writes the entry again.
 */
export interface Envelope extends Ownership {
  readonly credentials: Credentials;
  readonly savedAt?: Date;
  /** Of a session: what it was opened for. */
  readonly chainFingerprint?: string;
  /** Of a session: the settings that it was opened for, so that one that changed can be named. */
  readonly chainSettings?: ChainSettings;
  /** Of a session: how far the server's clock was ahead of ours. */
  readonly clockOffsetMs?: number;
  /** Of a session: what it cannot do, one line each. */
  readonly limits?: readonly string[];
}

// In the order in which Atmos writes them.
const dataFields = {
  access_key_id: 'accessKeyId',
  secret_access_key: 'secretAccessKey',
  session_token: 'sessionToken',
  region: 'region',
  expiration: 'expiresAt',
  mfa_arn: 'mfaArn',
  session_duration: 'sessionDuration',
} as const;

export function formatEnvelope(envelope: Envelope & Owner & { item: ItemKind }): string {
  const { credentials } = envelope;
  const data: Record<string, string> = {};
  for (const [field, name] of Object.entries(dataFields)) {
    const value = credentials[name];
    if (value) data[field] = typeof value === 'string' ? value : formatTimestamp(value);
  }
  return JSON.stringify({
    type: credentials.type,
    data,
    realm: envelope.realm,
    alias: envelope.alias,
    item: envelope.item,
    saved_at: envelope.savedAt?.toISOString(),
    chain_fingerprint: envelope.chainFingerprint,
    chain_settings: envelope.chainSettings,
    clock_offset_ms: envelope.clockOffsetMs,
    limits: envelope.limits,
  });
}

/** An entry that is of no use: what is wrong with it, and all the same whose it says it is. */
export interface Fault extends Ownership {
  readonly fault: string;
}

/** Reads an envelope; a fault says what is wrong with it, without a word of its content. Never throws. */
export function parseEnvelope(text: string): Envelope | Fault {
  const value = parseJson(text);
  if (!isObject(value)) return { fault: 'it is not a JSON object' };
  const own = parseOwn(value);
  if ('fault' in own) return own;
  const { realm, alias, item } = own;
  const { type, data } = value;
  const broken = (fault: string): Fault => ({ fault, ...withoutAbsent({ realm, alias, item }) });
  if (typeof type !== 'string' || !isObject(data)) return broken('it has no type and data');
  if (type !== 'aws') return broken(`its type ${shownType(type)}is not known here`);
  const credentials = parseAws(data);
  return 'fault' in credentials ? broken(credentials.fault) : { credentials, ...own };
}

/**
 * What an envelope holds: as it says, else by its credentials, since Atmos drops our fields when it
 * writes an entry. Undefined where neither tells.
 */
export function itemHeld(envelope: Envelope | Fault): ItemKind | undefined {
  if (envelope.item !== undefined || 'fault' in envelope) return envelope.item;
  return isSession(envelope.credentials) ? 'session' : 'key';
}

/** The fields beside Atmos's: absent, or as we write them. */
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

/** A type is shown where it looks like one, and so like no secret. */
function shownType(type: string): string {
  return /^[a-z]{1,10}(-[a-z]{1,10})?$/.test(type) ? `${type} ` : '';
}

function parseAws(data: Record<string, unknown>): AwsCredentials | { fault: string } {
  for (const field of Object.keys(dataFields)) {
    if (data[field] !== undefined && typeof data[field] !== 'string') {
      return { fault: `its ${field} is not text` };
    }
  }
  const text = (field: keyof typeof dataFields) => textOf(data[field]) || undefined;
  const [accessKeyId, secretAccessKey] = [text('access_key_id'), text('secret_access_key')];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return {
      fault: isProviderToken(data)
        ? 'it holds a token of a provider, as Atmos stores it, and no access key'
        : 'its access key id or secret access key is missing',
    };
  }
  return awsCredentials({
    accessKeyId,
    secretAccessKey,
    ...withoutAbsent({
      sessionToken: text('session_token'),
      region: text('region'),
      expiresAt: awsExpiry(data),
      mfaArn: text('mfa_arn'),
      sessionDuration: text('session_duration'),
    }),
  });
}

/**
 * Whether it is the token of IAM Identity Center, for which Atmos has no type: the access key id is the
 * token. It always says when it expires, which an access key does not.
 */
export function isProviderToken(data: Record<string, unknown>): boolean {
  const [id, secret, session] = [
    data['access_key_id'],
    data['secret_access_key'],
    data['session_token'],
  ];
  return isText(id) && !secret && !session && isText(data['expiration']);
}

/** What cannot be read as a time has expired: the epoch has. */
export function awsExpiry(data: Record<string, unknown>): Date | undefined {
  const expiration = textOf(data['expiration']) || undefined;
  return expiration === undefined ? undefined : (parseTimestamp(expiration) ?? new Date(0));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A name that a key can have, and that can be shown. */
function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\P{Cc}{0,240}$/u.test(value) ? value : undefined;
}

function itemOf(value: unknown): ItemKind | undefined {
  return value === 'key' || value === 'session' || value === 'token' ? value : undefined;
}

const maxChainSettings = 64;
const maxSettingLength = 4096;

/** As {@link formatEnvelope} writes them; undefined for anything else. */
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

/** Undefined for what {@link formatEnvelope} does not write. */
function limitsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= maxLimits && value.every(isShort)
    ? value
    : undefined;
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
