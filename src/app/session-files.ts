import type { AuthPlan } from '../auth/plan.ts';
import type { SessionFile } from '../clouds/cloud-contract.ts';
import { listSessionFiles } from '../clouds/registry.ts';
import type { Config } from '../config/load.ts';
import { isAtmosError, type AtmosError } from '../core/errors.ts';
import { logOut, run, type Hint } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import { note, warning, type Finding } from '../keyring/inspection.ts';

// The plain files in which Go Atmos keeps sessions and tokens beside the keyring, and in which our own
// sessions are shared with it; and those in which the AWS CLI keeps tokens that are shared.

/** The owners of the files. */
export type FileScope = NamedScope | 'all-realms';

/** Of this realm: those of identities, and those of providers with the tokens of their portals. */
export interface NamedScope {
  readonly identities: readonly string[];
  readonly providers: readonly string[];
}

/** A file, or the part of it, that was removed or would be. */
export interface RemovedFile extends Pick<SessionFile, 'path' | 'realm' | 'item'> {
  /** The identity; of a portal's token the provider. Null if neither is known. */
  readonly identity: string | null;
}

export interface LeftFile {
  readonly path: string;
  /** Follows the path: `is a symbolic link`. */
  readonly reason: string;
}

export interface FilesResult {
  readonly removed: readonly RemovedFile[];
  /** Files that are not removed because other users can access them or they contain other data. */
  readonly left: readonly LeftFile[];
  /** ERR_IO of each that could not be removed. */
  readonly failures: readonly AtmosError[];
}

type Names = Pick<Config, 'identities' | 'providers'> & Partial<Pick<Config, 'sessionFiles'>>;

interface Plan extends Pick<AuthPlan, 'realm'> {
  readonly config: Names | undefined;
}

/**
 * What a logout from these names means. A name of both an identity and a provider means the
 * identity, unless all are logged out, because several identities share the token of a portal.
 */
export function scopeOf(
  { identities, providers }: Names,
  aliases: readonly string[] | 'all',
): NamedScope {
  const identityNames = identities.map(({ name }) => name);
  const providerNames = providers.map(({ name }) => name);
  if (aliases === 'all') return { identities: identityNames, providers: providerNames };
  const isProvider = (name: string) =>
    !hasName(identityNames, name) && hasName(providerNames, name);
  return {
    identities: aliases.filter((name) => !isProvider(name)),
    providers: aliases.filter(isProvider),
  };
}

/** The plain files of a scope, in the order of their paths. @throws ERR_IO */
export async function findSessionFiles(
  plan: Plan,
  scope: FileScope,
  host: Host,
): Promise<SessionFile[]> {
  const files = await listOf(plan, host, scope === 'all-realms' ? [] : scope.identities);
  return files.filter((file) => scope === 'all-realms' || isIn(file, scope, plan));
}

/**
 * Removes plain files that were found.
 *
 * @param isDryRun nothing is removed, only listed
 */
export async function removeSessionFiles(
  files: readonly SessionFile[],
  isDryRun: boolean,
): Promise<FilesResult> {
  const removed: RemovedFile[] = [];
  const left: LeftFile[] = [];
  const failures: AtmosError[] = [];
  for (const parts of byPath(files)) {
    const [{ path, fault }] = parts;
    if (fault !== undefined) {
      left.push({ path, reason: fault });
      continue;
    }
    try {
      const gone = isDryRun ? parts : await parts[0].remove(parts);
      for (const file of gone) {
        const { realm, item } = file;
        removed.push({ path, realm, item, identity: ownerOf(file) });
      }
    } catch (error) {
      if (!isAtmosError(error, 'ERR_IO')) throw error;
      failures.push(error);
    }
  }
  return { removed, left, failures };
}

type Parts = [SessionFile, ...SessionFile[]];

/** The parts of one file together. */
function byPath(files: readonly SessionFile[]): Parts[] {
  const groups = new Map<string, Parts>();
  for (const file of files) {
    const group = groups.get(file.path);
    if (group === undefined) groups.set(file.path, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

/**
 * What is in plain files, for doctor: no warning where the configuration shares sessions. Empty if
 * no file exists.
 *
 * @throws ERR_IO
 */
export async function examineSessionFiles(plan: Plan, host: Host): Promise<Finding[]> {
  const files = (await listOf(plan, host, [])).filter(({ item }) => item !== 'profile');
  return files.map((file) => {
    const { path, program, realm, item, fault } = file;
    const owner = ownerOf(file);
    const of = owner === null ? '' : ` of ${owner}`;
    const inRealm = realm === null || realm === plan.realm.value ? '' : ` (realm ${realm})`;
    const isAlone = isOrphan(file, plan);
    // Only a provider that shares its token has a file of the AWS CLI.
    const isShared = program !== 'Atmos' || plan.config?.sessionFiles?.value === true;
    const isWanted = fault === undefined && !isAlone && isShared;
    const known = isAlone ? ', which is not configured,' : '';
    return (isWanted ? note : warning)(
      'session-files',
      fault === undefined
        ? `${path} holds a ${item}${of}${inRealm}${known} in plain text, as ${program} writes it`
        : `${path}, where ${program} keeps a ${item}${inRealm} in plain text, ${fault}`,
      ...(fault === undefined ? [logoutHint(file, plan)] : []),
    );
  });
}

/** The narrowest logout command that removes it. */
function logoutHint(file: SessionFile, plan: Plan): Hint {
  const { config, realm } = plan;
  const owner = ownerOf(file);
  const isHere = file.realm === realm.value || isPortalToken(file);
  if (config === undefined || owner === null || !isHere)
    return run(['atmos', 'auth', 'logout', '--all-realms']);
  // That name would mean the identity.
  return isPortalToken(file) && isConfigured(owner, plan)
    ? run(['atmos', 'auth', 'logout', '--all'])
    : logOut(owner, false);
}

/** Realms share it. */
function isPortalToken({ item, realm }: SessionFile): boolean {
  return item === 'token' && realm === null;
}

function listOf(
  { config, realm }: Plan,
  host: Host,
  more: readonly string[],
): Promise<SessionFile[]> {
  const identities = [...(config?.identities ?? []).map(({ name }) => name), ...more];
  const providers = config?.providers ?? [];
  return listSessionFiles(host, { realm: realm.value, identities, providers });
}

function isIn(file: SessionFile, { identities, providers }: NamedScope, plan: Plan): boolean {
  const isOfProvider = file.providers.some((name) => hasName(providers, name));
  if (isPortalToken(file)) return isOfProvider;
  if (file.realm !== plan.realm.value) return false;
  // A file that must not be read may contain a session of any identity.
  if (file.identity === null || hasName(identities, file.identity)) return true;
  return isOfProvider && isConfigured(file.identity, plan);
}

function isConfigured(identity: string, { config }: Plan): boolean {
  const identities = config?.identities ?? [];
  return hasName(
    identities.map(({ name }) => name),
    identity,
  );
}

/** Of this realm, and only a logout with the name of its identity, or from all realms, removes it. */
function isOrphan({ identity, realm }: SessionFile, plan: Plan): boolean {
  if (plan.config === undefined || identity === null || realm !== plan.realm.value) return false;
  return !isConfigured(identity, plan);
}

function hasName(names: readonly string[], name: string): boolean {
  return names.some((one) => isSameName(one, name));
}

function ownerOf({ identity, providers }: SessionFile): string | null {
  return identity ?? providers[0] ?? null;
}
