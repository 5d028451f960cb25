import type { AuthPlan } from '../../auth/plan.ts';
import type { KeyringError } from '../../core/errors.ts';
import { formatTimestamp } from '../../core/time.ts';
import { readEach } from '../../keyring/bulk.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { openWithFallback } from '../../keyring/fallback.ts';
import { parseEnvelope } from '../../store/envelope.ts';
import { parseItemKey } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { isOfEntry, joinErrors } from '../entry-errors.ts';
import { openForCommand } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warn } from '../plan.ts';
import { formatTable } from '../ui/table.ts';

/** The documented form of `-o json`: always every field; the last three are null without `--long`. */
interface ListedEntry {
  key: string;
  /** Null where the name does not tell it, and the entry was not opened. */
  realm: string | null;
  /** The identity or provider; of an entry that was not opened in lower case. */
  identity: string;
  item: 'key' | 'session' | 'token';
  /** `aws`; null of an entry that could not be opened or read. */
  kind: string | null;
  /** RFC 3339 in UTC; null of what does not expire. */
  expires_at: string | null;
  /** Of the value, not of the file. */
  size_bytes: number | null;
}

/**
 * `atmos auth keyring list`: our entries by name, without a password, one a line; `--long` opens
 * each. One that cannot be opened is listed all the same, and the command fails naming it.
 */
export async function keyringList(context: Context, { flags, values }: Invocation): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const isLong = flags['long'] ?? false;
  const keyring = await openFor(context, plan, isLong);
  const list = isLong ? openEntries : listEntries;
  const { entries, failures } = await list(context, keyring, plan.realm.value);
  const [failure, ...others] = failures;
  if (values['output'] === 'json') {
    await context.outJson(entries);
  } else if (entries.length > 0) {
    await context.print(...formatEntries(entries, isLong));
  } else {
    const { type, location } = keyring.info;
    await context.note(`no entries in the ${type} keyring (${location})`);
  }
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

/** Names need no password, so nobody is asked for one and no password command is run. */
async function openFor(context: Context, plan: AuthPlan, isLong: boolean): Promise<Keyring> {
  if (!isLong) {
    const { host } = context;
    const opening = { settings: plan.keyring, host, warn: keyringWarner(context) };
    return (await openWithFallback(opening)).keyring;
  }
  return (await openForCommand(context, plan, { isInteractive: true })).keyring;
}

function listedEntry(key: string, currentRealm: string): ListedEntry | undefined {
  const parsed = parseItemKey(key, currentRealm);
  if (parsed === undefined) return undefined;
  const { realm, alias, item } = parsed;
  return { key, realm, identity: alias, item, kind: null, expires_at: null, size_bytes: null };
}

interface Listed {
  readonly entries: readonly ListedEntry[];
  /** Of entries that do not open. */
  readonly failures: readonly KeyringError[];
}

async function listEntries(_: Context, keyring: Keyring, realm: string): Promise<Listed> {
  const entries = (await keyring.keys()).map((key) => listedEntry(key, realm));
  return { entries: entries.filter((entry) => entry !== undefined), failures: [] };
}

/** Fills in what only the entries themselves tell. */
async function openEntries(context: Context, keyring: Keyring, realm: string): Promise<Listed> {
  const entries: ListedEntry[] = [];
  const failures: KeyringError[] = [];
  for await (const { key, read } of readEach(keyring)) {
    const entry = listedEntry(key, realm);
    if (entry === undefined) continue;
    entries.push(entry);
    try {
      const value = await read();
      const fault = value === null ? undefined : fill(entry, value);
      if (fault !== undefined) await warn(context, `of ${key} only the size is known: ${fault}`);
    } catch (error) {
      if (!isOfEntry(error)) throw error;
      failures.push(error);
    }
  }
  return { entries, failures };
}

/** @returns what is wrong with the value, if it is none of those we store */
function fill(entry: ListedEntry, value: string): string | undefined {
  entry.size_bytes = Buffer.byteLength(value);
  const envelope = parseEnvelope(value);
  if ('fault' in envelope) return envelope.fault;
  entry.kind = envelope.credentials.type;
  entry.realm = envelope.realm ?? entry.realm;
  entry.identity = envelope.alias ?? entry.identity;
  const { expiresAt } = envelope.credentials;
  if (expiresAt !== undefined) entry.expires_at = formatTimestamp(expiresAt);
  return undefined;
}

function formatEntries(entries: readonly ListedEntry[], isLong: boolean): string[] {
  const header = [
    'ITEM',
    'IDENTITY',
    'REALM',
    ...(isLong ? ['KIND', 'EXPIRES', 'SIZE'] : []),
    'KEY',
  ];
  const rows = entries.map(({ item, identity, realm, key, kind, expires_at, size_bytes }) => [
    item,
    identity,
    realm ?? '-',
    ...(isLong
      ? [kind ?? '-', expires_at ?? '-', size_bytes === null ? '-' : `${size_bytes} B`]
      : []),
    key,
  ]);
  return formatTable([header, ...rows]);
}
