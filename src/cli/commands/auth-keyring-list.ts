import { findContactRefusal } from '../../app/keyring-context.ts';
import { listContents, listNames, type ListedEntry as Listed } from '../../app/list.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { countOf } from '../../core/count.ts';
import { run } from '../../core/hint.ts';
import { formatMoment, formatTimestamp, type LocalClock } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { openKeyrings } from '../../store/sessions-keyring.ts';
import type { EntryOwner } from '../../store/inventory.ts';
import type { ItemKind } from '../../store/key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warn } from '../plan.ts';
import { formatHints, loadWriteHint } from '../report.ts';
import { formatTable } from '../ui/table.ts';

/** The documented form of `-o json`: always every field; the last three are null without `--long`. */
interface ListedEntry {
  key: string;
  owner: EntryOwner;
  /**
   * Null if the name does not contain it and the entry was not decrypted, and for entries of other
   * programs.
   */
  realm: string | null;
  /**
   * The identity or provider, in lower case if the entry was not decrypted. Null for entries of
   * other programs.
   */
  identity: string | null;
  item: ItemKind | null;
  /** `aws`; null for an entry that could not be decrypted or read. */
  kind: string | null;
  /** RFC 3339 in UTC; null for an entry that does not expire. */
  expires_at: string | null;
  /** The size of the value, not of the file. */
  size_bytes: number | null;
}

/**
 * `atmos auth keyring list`: lists our own entries by name without a password, one a line; with
 * `--all` also those of other programs. `--long` decrypts each. An entry of our own that cannot be
 * decrypted is also listed, and the command fails with its name.
 */
export async function keyringList(context: Context, { flags, values }: Invocation): Promise<void> {
  const plan = await loadPlanIfAny(context);
  const [isLong, isAll] = [flags['long'] ?? false, flags['all'] ?? false];
  const keyring = await openFor(context, plan, isLong);
  const listed = isLong
    ? await listContents(plan, keyring, { isAll, warn: (message) => warn(context, message) })
    : await listNames(plan, keyring);
  const all = listed.entries.map(listedJson);
  const entries = isAll ? all : all.filter(({ owner }) => owner === 'atmos-auth');
  if (values['output'] === 'json') await context.outJson(entries);
  else if (entries.length > 0)
    await context.print(...formatEntries(entries, { isLong, isAll }, context.host));
  else await noteEmpty(context, keyring, all.length);
  if (listed.failure !== undefined) throw listed.failure;
}

/** @param others the number of entries of other programs that are not listed */
async function noteEmpty(
  { host, globals, note }: Context,
  { info }: Keyring,
  others: number,
): Promise<void> {
  const place = `${info.type} keyring (${abbreviateHome(info.location, host)})`;
  if (others === 0) return note(`no entries in the ${place}`);
  const count = countOf(others, 'entry', 'entries');
  const hint = run(['atmos', 'auth', 'keyring', 'list', '--all'], 'to list them');
  await note(
    `no entries of identities or providers in the ${place}; it has ${count} of other programs`,
    ...formatHints([hint], await loadWriteHint({ host, globals })),
  );
}

/** Names need no password, so the command never prompts and runs no password command. */
async function openFor(context: Context, plan: AuthPlan, isLong: boolean): Promise<Keyring> {
  if (!isLong) {
    const { host } = context;
    const refusal = findContactRefusal(plan, host);
    if (refusal !== undefined) throw refusal;
    const opening = { keyring: plan.keyring, host, warn: keyringWarner(context) };
    return (await openKeyrings(opening)).keyring;
  }
  return (await openForCommand(context, plan, { isInteractive: true })).keyring;
}

function listedJson({ entry, sizeBytes }: Listed): ListedEntry {
  const { key, owner } = entry;
  const size_bytes = sizeBytes ?? null;
  const said = { kind: null, expires_at: null, size_bytes };
  if (owner !== 'atmos-auth')
    return { key, owner, realm: null, identity: null, item: null, ...said };
  const { realm, alias, item } = entry;
  const named = { key, owner, realm, identity: alias, item };
  if (!('said' in entry)) return { ...named, ...said };
  const { type, expiresAt } = entry;
  const expires_at = expiresAt === undefined ? null : formatTimestamp(expiresAt);
  return { ...named, kind: type ?? null, expires_at, size_bytes };
}

type Column = readonly [
  title: string,
  cell: (entry: ListedEntry) => string | null,
  isShown: boolean,
];

function formatEntries(
  entries: readonly ListedEntry[],
  { isLong, isAll }: { isLong: boolean; isAll: boolean },
  clock: LocalClock,
): string[] {
  const columns: readonly Column[] = [
    ['OWNER', ({ owner }) => owner, isAll],
    ['ITEM', ({ item }) => item, true],
    ['IDENTITY', ({ identity }) => identity, true],
    ['REALM', ({ realm }) => realm, true],
    ['KIND', ({ kind }) => kind, isLong],
    ['EXPIRES', ({ expires_at: at }) => at && formatMoment(new Date(at), clock), isLong],
    ['SIZE', ({ size_bytes: size }) => (size === null ? null : `${size} B`), isLong],
    ['KEY', ({ key }) => key, true],
  ];
  const shown = columns.filter(([, , isShown]) => isShown);
  const rows = entries.map((entry) => shown.map(([, cell]) => cell(entry) ?? '-'));
  return formatTable([shown.map(([title]) => title), ...rows]);
}
