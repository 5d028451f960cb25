import { awsCredentials, type AwsCredentials } from '../core/credentials.ts';
import { formatTimestamp, parseTimestamp } from '../core/time.ts';
import { withoutAbsent } from '../core/without-absent.ts';
import type { ItemKind, Owner } from './key.ts';

/**
 * What stands in the keyring under one key: Atmos's envelope `{"type", "data"}`, and beside those
 * our own fields, which Atmos ignores and drops when it writes the entry again.
 */
export interface Envelope {
  readonly credentials: AwsCredentials;
  /** Whose it says it is. Absent in what Atmos wrote. */
  readonly realm?: string;
  readonly alias?: string;
  readonly item?: ItemKind;
  readonly savedAt?: Date;
  /** Of a session: what it was opened for. */
  readonly chainFingerprint?: string;
  /** Of a session: how far the server's clock was ahead of ours. */
  readonly clockOffsetMs?: number;
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
    clock_offset_ms: envelope.clockOffsetMs,
  });
}

/** Reads an envelope; a fault says what is wrong with it, without a word of its content. Never throws. */
export function parseEnvelope(text: string): Envelope | { fault: string } {
  const value = parseJson(text);
  if (!isObject(value)) return { fault: 'it is not a JSON object' };
  const { type, data } = value;
  if (typeof type !== 'string' || !isObject(data)) return { fault: 'it has no type and data' };
  if (type !== 'aws') return { fault: `its type ${JSON.stringify(type.slice(0, 20))} is not known here` };
  const credentials = parseAws(data);
  if ('fault' in credentials) return credentials;
  return withoutAbsent({
    credentials,
    realm: textOf(value['realm']),
    alias: textOf(value['alias']),
    item: itemOf(value['item']),
    savedAt: parseTimestamp(textOf(value['saved_at']) ?? ''),
    chainFingerprint: textOf(value['chain_fingerprint']),
    clockOffsetMs: offsetOf(value['clock_offset_ms']),
  });
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
    return { fault: 'its access key id or secret access key is missing' };
  }
  const expiration = text('expiration');
  return awsCredentials({
    accessKeyId,
    secretAccessKey,
    ...withoutAbsent({
      sessionToken: text('session_token'),
      region: text('region'),
      // What cannot be read as a time has expired: the epoch has.
      expiresAt: expiration === undefined ? undefined : (parseTimestamp(expiration) ?? new Date(0)),
      mfaArn: text('mfa_arn'),
      sessionDuration: text('session_duration'),
    }),
  });
}

function itemOf(value: unknown): ItemKind | undefined {
  return value === 'key' || value === 'session' || value === 'token' ? value : undefined;
}

function offsetOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
