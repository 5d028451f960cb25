import type { AuthPlan } from '../../auth/plan.ts';
import type { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { formatTimestamp } from '../../core/time.ts';
import { readEach } from '../../keyring/bulk.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { openWithFallback } from '../../keyring/fallback.ts';
import {
  createInventory,
  type Entry,
  type EntryOwner,
  type Inventory,
} from '../../store/inventory.ts';
import type { ItemKind } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { isOfEntry, joinErrors } from '../entry-errors.ts';
import { openForCommand } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warn } from '../plan.ts';
import { formatHints, loadWriteHint } from '../report.ts';
import { formatTable } from '../ui/table.ts';

/** The documented form of `-o json`: always every field; the last three are null without `--long`. */
interface ListedEntry {
  key: string;
  owner: EntryOwner;
  /** Null where the name does not tell it, and the entry was not opened; and of another program's. */
  realm: string | null;
  /** The identity or provider; of an entry that was not opened in lower case. Null of another program's. */
  identity: string | null;
  item: ItemKind | null;
  /** `aws`; null of an entry that could not be opened or read. */
  kind: string | null;
  /** RFC 3339 in UTC; null of what does not expire. */
  expires_at: string | null;
  /** Of the value, not of the file. */
  size_bytes: number | null;
}

/**
 * `atmos auth keyring list`: our entries by name, without a password, one a line; with `--all` those of
 * other programs as well. `--long` opens each. One of ours that cannot be opened is listed all the same,
 * and the command fails naming it.
 */
export async function keyringList(context: Context, { flags, values }: Invocation): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const [isLong, isAll] = [flags['long'] ?? false, flags['all'] ?? false];
  const keyring = await openFor(context, plan, isLong);
  const inventory = createInventory(plan.realm.value, plan.config);
  const list = isLong ? openEntries : listEntries;
  const { entries: all, failures } = await list(context, keyring, inventory, isAll);
  const entries = isAll ? all : all.filter(({ owner }) => owner === 'atmos-auth');
  if (values['output'] === 'json') await context.outJson(entries);
  else if (entries.length > 0) await context.print(...formatEntries(entries, isLong, isAll));
  else await noteEmpty(context, keyring, all.length);
  const [failure, ...others] = failures;
  if (failure !== undefined) throw joinErrors([failure, ...others]);
}

/** @param others how many entries of other programs there are that are not listed */
async function noteEmpty(
  { host, note }: Context,
  { info }: Keyring,
  others: number,
): Promise<void> {
  const place = `${info.type} keyring (${info.location})`;
  if (others === 0) return note(`no entries in the ${place}`);
  const count = others === 1 ? '1 entry' : `${others} entries`;
  const hint = run(['atmos', 'auth', 'keyring', 'list', '--all'], 'to list them');
  await note(
    `no entries of identities or providers in the ${place}; it has ${count} of other programs`,
    ...formatHints([hint], await loadWriteHint(host)),
  );
}

/** Names need no password, so nobody is asked for one and no password command is run. */
async function openFor(context: Context, plan: AuthPlan, isLong: boolean): Promise<Keyring> {
  if (!isLong) {
    const { host } = context;
    const opening = { keyring: plan.keyring, host, warn: keyringWarner(context) };
    return (await openWithFallback(opening)).keyring;
  }
  return (await openForCommand(context, plan, { isInteractive: true })).keyring;
}

function listedEntry(entry: Entry): ListedEntry {
  const { key, owner } = entry;
  const said = { kind: null, expires_at: null, size_bytes: null };
  if (owner !== 'atmos-auth')
    return { key, owner, realm: null, identity: null, item: null, ...said };
  const { realm, alias, item } = entry;
  return { key, owner, realm, identity: alias, item, ...said };
}

interface Listed {
  /** Those of other programs too. */
  readonly entries: readonly ListedEntry[];
  /** Of our own entries that do not open. */
  readonly failures: readonly KeyringError[];
}

async function listEntries(_: Context, keyring: Keyring, inventory: Inventory): Promise<Listed> {
  const entries = (await keyring.keys()).map((key) => listedEntry(inventory.named(key)));
  return { entries, failures: [] };
}

/**
 * Fills in what only the entries themselves tell, and gives the errors of our own that do not open. One
 * of another program may be under another password.
 */
async function openEntries(
  context: Context,
  keyring: Keyring,
  inventory: Inventory,
  isAll: boolean,
): Promise<Listed> {
  const entries: ListedEntry[] = [];
  const failures: KeyringError[] = [];
  for await (const { key, read } of readEach(keyring)) {
    const entry = listedEntry(inventory.named(key));
    entries.push(entry);
    const { owner } = entry;
    if (owner !== 'atmos-auth' && !isAll && !inventory.isAmbiguous(key)) continue;
    try {
      const value = await read();
      const fault = value === null ? undefined : fill(entry, inventory.read(key, value), value);
      if (fault !== undefined) await warn(context, `of ${key} only the size is known: ${fault}`);
    } catch (error) {
      if (!isOfEntry(error)) throw error;
      if (inventory.isCertainlyOwn(key)) failures.push(error);
      else await warn(context, `${key} is not readable with this password`);
    }
  }
  return { entries, failures };
}

/** @returns why nothing more is known of an entry of ours */
function fill(
  listed: ListedEntry,
  entry: ReturnType<Inventory['read']>,
  value: string,
): string | undefined {
  Object.assign(listed, listedEntry(entry), { size_bytes: Buffer.byteLength(value) });
  if (entry.owner !== 'atmos-auth') return undefined;
  listed.kind = entry.type ?? null;
  if (entry.expiresAt !== undefined) listed.expires_at = formatTimestamp(entry.expiresAt);
  return entry.fault;
}

type Column = readonly [
  title: string,
  cell: (entry: ListedEntry) => string | null,
  isShown: boolean,
];

function formatEntries(entries: readonly ListedEntry[], isLong: boolean, isAll: boolean): string[] {
  const columns: readonly Column[] = [
    ['OWNER', ({ owner }) => owner, isAll],
    ['ITEM', ({ item }) => item, true],
    ['IDENTITY', ({ identity }) => identity, true],
    ['REALM', ({ realm }) => realm, true],
    ['KIND', ({ kind }) => kind, isLong],
    ['EXPIRES', ({ expires_at }) => expires_at, isLong],
    ['SIZE', ({ size_bytes: size }) => (size === null ? null : `${size} B`), isLong],
    ['KEY', ({ key }) => key, true],
  ];
  const shown = columns.filter(([, , isShown]) => isShown);
  const rows = entries.map((entry) => shown.map(([, cell]) => cell(entry) ?? '-'));
  return formatTable([shown.map(([title]) => title), ...rows]);
}
