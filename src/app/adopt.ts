import type { AuthPlan } from '../auth/plan.ts';
import { findIdentity } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { AtmosError, isEntryError } from '../core/errors.ts';
import { adoptFrom, run } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { foldName, isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import { changed, notKept, type Copy } from '../store/copy.ts';
import { createInventory, hasExpired, type Inventory } from '../store/inventory.ts';
import {
  isAutomaticRealm,
  itemKey,
  otherRealmOf,
  type ItemKind,
  type Owner,
} from '../store/key.ts';
import { copyEntries, type Copied, type CopyFlags, type CopyServices } from './copy-entries.ts';
import type { OpenAuth } from './open.ts';

const itemKinds: readonly ItemKind[] = ['key', 'session', 'token'];

/** An entry of another realm that belongs to an identity or provider of this configuration. */
export interface Adoptable {
  /** Its key in the other realm, and its new key. */
  readonly from: string;
  readonly to: string;
  readonly fromRealm: string;
  /** As the configuration has it. */
  readonly alias: string;
}

export interface AdoptContext {
  readonly keyring: Keyring;
  readonly inventory: Inventory;
  /** The current one. */
  readonly realm: string;
  readonly config: Config;
  readonly host: Pick<Host, 'now'>;
}

export interface AdoptOptions extends Omit<CopyFlags, 'overwrite'> {
  /** Configured identities and providers. Empty: all. */
  readonly names: readonly string[];
  readonly fromRealm: string | undefined;
}

export interface AdoptServices extends CopyServices {
  readonly host: Host;
  open(): Promise<OpenAuth>;
}

export interface Adopted extends Copied {
  /** The names that have a different value in the current realm. */
  readonly conflicts: readonly string[];
}

/**
 * Copies the entries that another realm has of identities and providers that are configured here to
 * the current realm. An existing entry with a different value is not changed.
 *
 * @throws ERR_USAGE for the current realm, or several realms to choose from; ERR_IDENTITY_UNKNOWN;
 *   ERR_CONFIG_UNTRUSTED; what opening the keyring and reading it give
 */
export async function adoptEntries(
  plan: AuthPlan & { readonly config: Config },
  { names, fromRealm, ...flags }: AdoptOptions,
  services: AdoptServices,
): Promise<Adopted> {
  const { config } = plan;
  const realm = plan.realm.value;
  if (fromRealm === realm) throw ownRealm(plan);
  const adopted = adoptedNames(config, names);
  const { keyring, requireStorable } = await services.open();
  if (!flags.isDryRun) requireStorable();
  const inventory = createInventory(realm, config);
  const context = { keyring, inventory, realm, config, host: services.host };
  const entries = await findAdoptable(context, adopted, fromRealm);
  const source = fromRealm ?? chooseRealm(entries, names);
  const copies = entries.map((entry) => adoptedCopy(entry, context));
  const copyFlags = { ...flags, overwrite: false };
  const { entries: outcomes, stopped } = await copyEntries(copies, keyring, copyFlags, services);
  const conflicts = entries.filter((_, index) => outcomes[index]?.state === 'conflict');
  const { info } = keyring;
  return {
    from: { ...info, realm: source ?? null },
    to: { ...info, realm },
    inventory,
    outcomes,
    stopped,
    left: [],
    conflicts: [...new Set(conflicts.map(({ alias }) => alias))],
  };
}

function ownRealm({ realm }: AuthPlan): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `realm ${realm.value} is the current realm (${realm.source}): its entries would be copied to the same realm`,
    {
      hints: [
        run(['atmos', 'auth', 'keyring', 'adopt']),
        run(['atmos', 'auth', 'keyring', 'list']),
      ],
    },
  );
}

/**
 * The given names as configured, or else all names.
 *
 * @throws ERR_IDENTITY_UNKNOWN
 */
export function adoptedNames(config: Config, names: readonly string[]): string[] {
  const all = [...config.identities, ...config.providers].map(({ name }) => name);
  const chosen = names.map(
    (name) => all.find((one) => isSameName(one, name)) ?? findIdentity(config, name).name,
  );
  const byName = new Map((names.length === 0 ? all : chosen).map((name) => [foldName(name), name]));
  return [...byName.values()];
}

/**
 * The entries that other realms have for these names: keys, and sessions and tokens that have not
 * expired. An entry without an owner, because Atmos wrote it, counts if its name is unambiguous:
 * its realm is derived from a path or is `fromRealm`.
 *
 * @throws the keyring's errors, except those about a single entry
 */
export async function findAdoptable(
  context: AdoptContext,
  names: readonly string[],
  fromRealm: string | undefined,
): Promise<Adoptable[]> {
  const found: Adoptable[] = [];
  for (const from of await context.keyring.keys()) {
    for (const { alias, item, realm } of meanings(from, names, context.realm)) {
      const owner = await ownerOf(context, from, { alias, realm }, fromRealm);
      if (owner === undefined || (fromRealm !== undefined && owner !== fromRealm)) continue;
      const to = itemKey({ realm: context.realm, alias }, item);
      found.push({ from, to, fromRealm: owner, alias });
    }
  }
  return found;
}

interface Meaning {
  readonly alias: string;
  readonly item: ItemKind;
  readonly realm: string;
}

/**
 * The owners that the name of an entry can mean: `atmos_a_b_c` is that of `c` in realm `a_b`, or of
 * `b_c` in `a`.
 */
function meanings(key: string, names: readonly string[], currentRealm: string): Meaning[] {
  return names.flatMap((alias) =>
    itemKinds.flatMap((item) => {
      const realm = otherRealmOf(key, alias, item, currentRealm);
      return realm === undefined ? [] : [{ alias, item, realm }];
    }),
  );
}

/** The realm of an entry, if it belongs to that name and has not expired. */
async function ownerOf(
  { keyring, inventory, host }: AdoptContext,
  key: string,
  { alias, realm }: Pick<Meaning, 'alias' | 'realm'>,
  fromRealm: string | undefined,
): Promise<string | undefined> {
  const byName = isAutomaticRealm(realm) || realm === fromRealm ? realm : undefined;
  try {
    const value = await keyring.get(key);
    const entry = value === null ? undefined : inventory.read(key, value);
    if (entry?.owner !== 'atmos-auth' || entry.isForeign) return undefined;
    const { said, holds } = entry;
    const isShortLived = holds === 'session' || holds === 'token';
    if (isShortLived && hasExpired(entry, host.now())) return undefined;
    if (said.realm === undefined || said.alias === undefined) return byName;
    return said.realm === realm && isSameName(said.alias, alias) ? realm : undefined;
  } catch (error) {
    // Copying it reports the error.
    if (isEntryError(error)) return byName;
    throw error;
  }
}

/**
 * The realm whose entries are to be copied; undefined if no entry exists.
 *
 * @throws ERR_USAGE when there are several to choose from
 */
function chooseRealm(entries: readonly Adoptable[], names: readonly string[]): string | undefined {
  const realms = [...new Set(entries.map(({ fromRealm }) => fromRealm))].sort();
  if (realms.length <= 1) return realms[0];
  const shown = realms.map((realm) => {
    const aliases = entries.filter((one) => one.fromRealm === realm).map(({ alias }) => alias);
    return `realm ${realm}: ${[...new Set(aliases)].join(', ')}`;
  });
  throw new AtmosError(
    'ERR_USAGE',
    ['several realms have entries of identities that are configured here:', ...shown],
    { hints: realms.map((realm) => adoptFrom(names, realm)) },
  );
}

/** The copy of an entry to the current realm. Its recorded realm and alias are replaced. */
export function adoptedCopy({ from, to, alias }: Adoptable, context: AdoptContext): Copy {
  const { keyring, realm } = context;
  const adopted = (value: string) => withOwner(value, { realm, alias });
  return {
    key: to,
    async prepare() {
      const value = await keyring.get(from);
      if (value === null) return null;
      const existing = await keyring.get(to);
      const isSame = existing !== null && isSameContent(existing, value);
      return {
        target: existing === null ? 'absent' : isSame ? 'same' : 'different',
        async write() {
          await keyring.set(to, adopted(value));
          if ((await keyring.get(to)) !== adopted(value)) throw notKept(to, keyring);
        },
      };
    },
    async deleteSource() {
      const value = await keyring.get(from);
      if (value === null) return;
      const copy = await keyring.get(to);
      if (copy === null || !isSameContent(copy, value)) throw changed(from, keyring);
      await keyring.delete(from);
    },
  };
}

/**
 * The entry with another owner: its recorded realm and alias are replaced. An entry without them,
 * because Atmos wrote it, is not changed.
 */
function withOwner(text: string, { realm, alias }: Owner): string {
  const value = parseJson(text);
  if (!isObject(value) || !('realm' in value || 'alias' in value)) return text;
  const owner = { realm, alias };
  const fields = Object.entries(owner).filter(([field]) => field in value);
  return JSON.stringify({ ...value, ...Object.fromEntries(fields) });
}

/** Whether two entries contain the same credentials, even if other fields differ. */
export function isSameContent(one: string, other: string): boolean {
  return one === other || contentOf(one) === contentOf(other);
}

function contentOf(text: string): string {
  const value = parseJson(text);
  if (!isObject(value) || !isObject(value['data'])) return text;
  const fields = Object.entries(value['data']).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([value['type'], fields]);
}
