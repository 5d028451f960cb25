import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { formatTimestamp } from '../../core/time.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { parseEnvelope } from '../../store/envelope.ts';
import { parseItemKey } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';

/** The documented form: always every field; the last three are null without `--long`. */
interface ListedEntry {
  key: string;
  realm: string | null;
  identity: string;
  item: 'key' | 'session' | 'token';
  kind: string | null;
  expires_at: string | null;
  size_bytes: number | null;
}

/**
 * `atmos auth keyring list`: our entries by name, without a password; `--long` opens each. One that
 * cannot be opened is listed and named, and the command fails in the end.
 */
export async function keyringList(context: Context, { flags, values }: Invocation): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const { keyring } = await openForCommand(context, plan, { isInteractive: true });
  const entries = (await keyring.keys())
    .map((key) => listedEntry(key, plan.realm.value))
    .filter((entry) => entry !== undefined);
  const failures = flags['long'] ? await openEntries(keyring, entries) : [];
  if (values['output'] === 'json') await context.out(`${JSON.stringify(entries, null, 2)}\n`);
  else await context.out(formatEntries(entries, flags['long'] ?? false));
  const [first] = failures;
  if (first === undefined) return;
  throw new AtmosError(first.code, failures.map(({ message }) => message).join('\n'), { hints: first.hints });
}

function listedEntry(key: string, currentRealm: string): ListedEntry | undefined {
  const parsed = parseItemKey(key, currentRealm);
  if (parsed === undefined) return undefined;
  const { realm, alias, item } = parsed;
  return { key, realm, identity: alias, item, kind: null, expires_at: null, size_bytes: null };
}

/** Fills in what only the entries themselves tell, and gives what could not be opened. */
async function openEntries(keyring: Keyring, entries: readonly ListedEntry[]): Promise<AtmosError[]> {
  const failures: AtmosError[] = [];
  for (const entry of entries) {
    try {
      const value = await keyring.get(entry.key);
      if (value !== null) fill(entry, value);
    } catch (error) {
      if (!isAtmosError(error)) throw error;
      // Without the password nothing opens: one error says it.
      if (error.code.startsWith('ERR_KEYRING_PASSWORD_') || error.code === 'ERR_NO_TERMINAL' || error.code === 'ERR_CANCELLED') throw error;
      failures.push(error);
    }
  }
  return failures;
}

function fill(entry: ListedEntry, value: string): void {
  entry.size_bytes = Buffer.byteLength(value);
  const envelope = parseEnvelope(value);
  if ('fault' in envelope) return;
  entry.kind = envelope.credentials.type;
  entry.realm = envelope.realm ?? entry.realm;
  entry.identity = envelope.alias ?? entry.identity;
  const { expiresAt } = envelope.credentials;
  if (expiresAt !== undefined) entry.expires_at = formatTimestamp(expiresAt);
}

function formatEntries(entries: readonly ListedEntry[], isLong: boolean): string {
  const rows = entries.map(({ item, identity, realm, key, kind, expires_at, size_bytes }) => [
    item,
    identity,
    realm ?? '-',
    ...(isLong ? [kind ?? '-', expires_at ?? '-', size_bytes === null ? '-' : `${size_bytes} B`] : []),
    key,
  ]);
  const header = ['ITEM', 'IDENTITY', 'REALM', ...(isLong ? ['KIND', 'EXPIRES', 'SIZE'] : []), 'KEY'];
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}
