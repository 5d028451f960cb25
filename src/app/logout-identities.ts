import type { AuthPlan } from '../auth/plan.ts';
import { linkNeeds } from '../auth/trust-needs.ts';
import { findIdentity } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { findRefusal } from '../config/trust.ts';
import type { SessionFile } from '../clouds/cloud-contract.ts';
import { joinErrors, type AtmosError } from '../core/errors.ts';
import type { Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Provider } from '../core/kind-config.ts';
import { foldName, isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { createInventory } from '../store/inventory.ts';
import { itemKeys } from '../store/key.ts';
import { findItems, removeItems, type LeftItem, type OwnedItem } from './logout-realms.ts';
import type { LogoutOptions, RemovedEntry } from './logout.ts';
import type { OpenAuth } from './open.ts';
import type { EndedSession, SignOutOptions, SignOutResult } from './sign-out.ts';
import {
  findSessionFiles,
  removeSessionFiles,
  scopeOf,
  type FilesResult,
  type NamedScope,
} from './session-files.ts';

export interface LoggedOut {
  readonly removed: readonly RemovedEntry[];
  /** Entries that are not removed because their owner is uncertain. */
  readonly left: readonly LeftItem[];
  /** The plain files of Atmos. */
  readonly files: FilesResult;
  /** The sessions that were signed out at their services. */
  readonly ended: readonly EndedSession[];
  /** Why some entry or file could not be removed, all reasons in one error. */
  readonly failure: AtmosError | undefined;
}

export interface LogoutServices {
  readonly host: Host;
  /** Whether to remove these long-lived keys. Called only if there are some. */
  confirm(keys: readonly RemovedEntry[]): Promise<boolean>;
}

/** Whose entries are removed: of these names, of everything that is configured, or of a provider. */
export type LogoutScope = readonly string[] | 'all' | { readonly provider: Provider };

type ProjectPlan = AuthPlan & { readonly config: Config };

/**
 * Removes the sessions and tokens of identities and providers of the realm, also those in plain
 * files of Atmos, and the long-lived keys if they are included. If an entry cannot be removed, the
 * others still are.
 *
 * @param scope names of identities and providers need not be configured any more
 * @returns undefined if the user did not confirm
 * @throws the keyring's errors, except those about a single entry; ERR_IO for a directory that
 *   cannot be listed
 */
export async function logoutIdentities(
  plan: ProjectPlan,
  { manager }: Pick<OpenAuth, 'manager'>,
  scope: LogoutScope,
  options: LogoutOptions & SignOutOptions,
  { host, confirm }: LogoutServices,
): Promise<LoggedOut | undefined> {
  const { config } = plan;
  const { isDryRun } = options;
  const { aliases, providers } = ownersIn(config, scope);
  const plainFiles = await findSessionFiles(plan, fileScopeOf(config, scope), host);
  const found = await manager.logout(aliases, { ...options, isDryRun: true });
  if (!isDryRun && !(await mayRemove(found.removed, confirm))) return undefined;
  // First, because it fails before anything is removed if the keyring cannot be read.
  const signedOut: SignOutResult[] = [];
  for (const provider of providers) signedOut.push(await manager.signOut(provider, options));
  const results = [isDryRun ? found : await manager.logout(aliases, options), ...signedOut];
  const files = await removeTrusted(config, plainFiles, isDryRun, host);
  const removed = distinct(results.flatMap((result) => result.removed));
  const failure = joined(...results.map((result) => result.failures), files.failures);
  const ended = signedOut.flatMap((result) => result.ended ?? []);
  return { removed, left: [], files, ended, failure };
}

/** The names whose entries are removed, and the providers from which to sign out. */
function ownersIn(
  config: Config,
  scope: LogoutScope,
): { readonly aliases: readonly string[]; readonly providers: readonly Provider[] } {
  if (scope === 'all') return { aliases: configuredNames(config), providers: config.providers };
  if ('provider' in scope) return { aliases: [], providers: [scope.provider] };
  const { providers } = scopeOf(config, scope);
  return {
    aliases: scope,
    providers: config.providers.filter(({ name }) =>
      providers.some((one) => isSameName(one, name)),
    ),
  };
}

function fileScopeOf(config: Config, scope: LogoutScope): NamedScope {
  if (typeof scope === 'string' || !('provider' in scope)) return scopeOf(config, scope);
  return { identities: [], providers: [scope.provider.name] };
}

/** A dry run finds the session of an identity for the identity and for its provider. */
function distinct(items: readonly RemovedEntry[]): RemovedEntry[] {
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

/**
 * {@link logoutIdentities} for every realm, by the owner recorded in the entries. Opens them even
 * in a dry run.
 */
export async function logoutRealms(
  plan: AuthPlan,
  { keyring }: Pick<OpenAuth, 'keyring'>,
  { includeKeys, isDryRun }: LogoutOptions,
  { host, confirm }: LogoutServices,
): Promise<LoggedOut | undefined> {
  const realms = { keyring, inventory: createInventory(plan.realm.value, plan.config), host };
  const { items, left } = await findItems(realms, includeKeys);
  const plainFiles = await findSessionFiles(plan, 'all-realms', host);
  if (!isDryRun && !(await mayRemove(items.map(entryOf), confirm))) return undefined;
  const done = isDryRun ? { removed: items, failures: [] } : await removeItems(realms, items);
  const files = await removeTrusted(plan.config, plainFiles, isDryRun, host);
  const unread = left.flatMap(({ error }) => error ?? []);
  const failure = joined(done.failures, unread, files.failures);
  return { removed: done.removed.map(entryOf), left, files, ended: [], failure };
}

/**
 * Removes the files. One that a provider shares with another program is removed only with the trust that
 * sharing it needs. A dry run lists it in any case.
 */
async function removeTrusted(
  config: Config | undefined,
  files: readonly SessionFile[],
  isDryRun: boolean,
  host: Host,
): Promise<FilesResult> {
  if (config === undefined || isDryRun) return removeSessionFiles(files, isDryRun);
  const trusted: SessionFile[] = [];
  const refusals = new Map<string, AtmosError>();
  for (const file of files) {
    const refusal = file.program === 'Atmos' ? undefined : await refusalOf(file, config, host);
    if (refusal === undefined) trusted.push(file);
    else refusals.set(refusal.message, refusal);
  }
  const result = await removeSessionFiles(trusted, isDryRun);
  return { ...result, failures: [...result.failures, ...refusals.values()] };
}

/** Why no provider that has the file is trusted to share it. */
async function refusalOf(
  { providers }: SessionFile,
  config: Config,
  host: Host,
): Promise<AtmosError | undefined> {
  const refusals: AtmosError[] = [];
  for (const provider of config.providers.filter(({ name }) => providers.includes(name))) {
    const needs = (await linkNeeds(provider)).filter(({ path }) => path.at(-1) === 'share');
    const [refusal] = needs.flatMap((need) => findRefusal(config, need, host) ?? []);
    if (refusal === undefined) return undefined;
    refusals.push(refusal);
  }
  return refusals[0];
}

function entryOf({ key, realm, alias, item }: OwnedItem): RemovedEntry {
  return { key, realm, identity: alias, item };
}

/**
 * The name to log out from, as it is configured. One that is not configured any more may still have
 * entries or plain files to remove.
 *
 * @throws ERR_IDENTITY_UNKNOWN
 */
export async function findLogoutName(
  plan: ProjectPlan,
  keyring: Keyring,
  chosen: Sourced<string>,
  { host, hints }: { host: Host; hints: readonly Hint[] },
): Promise<string> {
  const alias = chosen.value;
  const known = configuredNames(plan.config).find((name) => isSameName(name, alias));
  if (known !== undefined) return known;
  const owner = { realm: plan.realm.value, alias };
  const items = (['key', 'session', 'token'] as const).flatMap((item) => itemKeys(owner, item));
  const keys = await keyring.keys();
  if (items.some((key) => keys.includes(key))) return alias;
  const files = await findSessionFiles(plan, scopeOf(plan.config, [alias]), host);
  if (!files.some(({ identity }) => identity !== null)) findIdentity(plan.config, chosen, hints);
  return alias;
}

/** A provider and an identity may have the same name. */
function configuredNames({ identities, providers }: Config): string[] {
  const names = [...identities, ...providers].map(({ name }) => name).toReversed();
  return [...new Map(names.map((name) => [foldName(name), name])).values()].toReversed();
}

/** Only the removal of keys, which cannot be recovered, needs confirmation. */
async function mayRemove(
  found: readonly RemovedEntry[],
  confirm: LogoutServices['confirm'],
): Promise<boolean> {
  const keys = found.filter(({ item }) => item === 'key');
  return keys.length === 0 || confirm(keys);
}

function joined(...reasons: readonly (readonly AtmosError[])[]): AtmosError | undefined {
  // Ending a session and removing its file may need the same trust.
  const once = new Map(reasons.flat().map((error) => [error.message, error]));
  const [first, ...others] = once.values();
  return first && joinErrors([first, ...others]);
}
