import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { randomId, removeFile, replacePrivately } from '../../host/files.ts';
import { cacheDirectory, configDirectory } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { leftoversOf } from '../../host/leftovers.ts';
import type { FileOwners, SessionFile } from '../cloud-contract.ts';
import { ioError, isAbsent, locked, pathFault, readSmallFile, visible } from './atmos-files.ts';
import { sharedPathOf } from './cli-tokens.ts';
import { parseIni, removeSections } from './ini.ts';
import { tokenFileName } from './sso-cache.ts';

// Finds and removes the plain files of Go Atmos (v1.225). Sessions:
// `<config>/atmos/<realm>/aws/<provider>/credentials`, with one section for each identity, and its
// settings in `config` in the same directory; older versions, without realms, used
// `<config>/atmos/aws/<provider>/`. Tokens of portals: `<cache>/atmos/aws-sso/sessions/<id>.json`,
// for all realms; beside them, what processes left that were killed while they wrote one. Refresh
// tokens of browser logins: `<cache>/atmos/aws-webflow/<identity>-<realm>/`. The files of the AWS CLI with
// which providers share their tokens are beside them in the list.
//
// Only regular files of the current user in directories of the current user are read and changed,
// and links below the base directory are not followed.

/** A directory with the sessions of a realm. */
interface Place {
  readonly realm: string | null;
  readonly provider: string;
  readonly directory: string;
}

/**
 * All files, sorted by path.
 *
 * @throws ERR_IO if a directory or file cannot be read
 */
export function listAwsSessionFiles(host: Host, owners: FileOwners): SessionFile[] {
  const config = visible(configDirectory(host), host);
  const cache = visible(cacheDirectory(host), host);
  const files = [
    ...(config === undefined ? [] : placesOf(config).flatMap((place) => filesAt(place, host))),
    ...(cache === undefined
      ? []
      : [...tokenFiles(cache, owners, host), ...refreshFiles(cache, owners, host)]),
    ...sharedTokenFiles(owners, host),
  ];
  return files.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
}

function placesOf(base: string): Place[] {
  const inRealm = (realm: string | null, directory: string) =>
    namesIn(directory).map((provider) => ({
      realm,
      provider,
      directory: join(directory, provider),
    }));
  return [
    ...inRealm(null, join(base, 'aws')),
    // Atmos stores profiles in `profiles`, and one of them may be named aws.
    ...namesIn(base)
      .filter((realm) => realm !== 'profiles')
      .flatMap((realm) => inRealm(realm, join(base, realm, 'aws'))),
  ];
}

function filesAt({ realm, provider, directory }: Place, host: Host): SessionFile[] {
  return (['credentials', 'config'] as const).flatMap((name): SessionFile[] => {
    const path = join(directory, name);
    const common = {
      path,
      program: 'Atmos' as const,
      item: name === 'config' ? ('profile' as const) : ('session' as const),
      realm,
      providers: [provider],
    };
    const levels = realm === null ? 3 : 4;
    if (isAbsent(path)) {
      // Beside a file, they are removed together with any part of it.
      const leftovers = namesIn(directory).length === 0 ? [] : leftoversOf(path, host);
      return leftovers.map((one) =>
        wholeFile({ ...common, path: one, identity: null }, levels, host),
      );
    }
    const fault = pathFault(path, levels, host);
    const text = fault === undefined ? readSmallFile(path) : undefined;
    if (text === undefined) return [untouchable(common, fault ?? 'is too large')];
    const identities = parseIni(text).flatMap((section) => identityOf(name, section.name) ?? []);
    return [...new Set(identities)].map((identity) => ({
      ...common,
      identity,
      remove: (parts) => removeIdentities(path, parts, host),
    }));
  });
}

function untouchable(file: Omit<SessionFile, 'identity' | 'remove'>, fault: string): SessionFile {
  return { ...file, identity: null, fault, remove: () => Promise.resolve([]) };
}

/** The identity of a section that Go Atmos wrote. */
function identityOf(file: 'credentials' | 'config', section: string): string | undefined {
  if (file === 'credentials' || section === 'default') return section;
  return section.startsWith('profile ') ? section.slice('profile '.length) : undefined;
}

/** Uses the lock that Go Atmos takes to write the file. */
async function removeIdentities(
  path: string,
  parts: readonly SessionFile[],
  host: Host,
): Promise<readonly SessionFile[]> {
  const name = basename(path) === 'config' ? 'config' : 'credentials';
  const found = new Set<string>();
  const wanted = new Set(parts.map(({ identity }) => identity));
  const isRemoved = (section: string) => {
    const identity = identityOf(name, section);
    if (identity === undefined || !wanted.has(identity)) return false;
    found.add(identity);
    return true;
  };
  const isDone = await removing(path, () =>
    locked(path, host, async () => {
      const text = readSmallFile(path) ?? '';
      const rest = removeSections(text, isRemoved);
      if (rest === text) return false;
      if (rest.trim() === '') return removeWhole(path);
      replacePrivately(path, rest);
      return true;
    }),
  );
  return isDone ? parts.filter(({ identity }) => identity !== null && found.has(identity)) : [];
}

function tokenFiles(cache: string, { providers }: FileOwners, host: Host): SessionFile[] {
  const directory = join(cache, 'aws-sso/sessions');
  const written = namesIn(directory).flatMap(
    (name) => /^[0-9a-f]{40}\.json(?=$|\.)/.exec(name)?.[0] ?? [],
  );
  return [...new Set(written)].flatMap((name) => {
    const configured = providers.filter((provider) => tokenFileOf(provider) === name);
    const names = configured.map((provider) => provider.name);
    const path = join(directory, name);
    return [...(isAbsent(path) ? [] : [path]), ...leftoversOf(path, host)].map((one) =>
      tokenFile(one, { realm: null, identity: null, names }, host),
    );
  });
}

/** The file of a provider's portal. */
function tokenFileOf({ kind, settings }: FileOwners['providers'][number]): string | undefined {
  const { start_url: startUrl, region } = settings;
  if (kind !== 'aws/iam-identity-center') return undefined;
  if (typeof startUrl !== 'string' || typeof region !== 'string') return undefined;
  return tokenFileName({ startUrl, region });
}

/**
 * Directories are named `<identity>-<realm>`. Both may contain hyphens, so only a configured
 * identity shows where the realm begins.
 */
function refreshFiles(cache: string, { realm, identities }: FileOwners, host: Host): SessionFile[] {
  const directory = join(cache, 'aws-webflow');
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name, 'refresh.json');
    if (isAbsent(path)) return [];
    const identity = identities.find((one) => `${one}-${realm}` === name) ?? null;
    const owner = { realm: identity === null ? null : realm, identity, names: [] };
    return [tokenFile(path, owner, host)];
  });
}

interface TokenOwner extends Pick<SessionFile, 'realm' | 'identity'> {
  readonly names: readonly string[];
}

function tokenFile(path: string, { names, ...owner }: TokenOwner, host: Host): SessionFile {
  const file = { path, program: 'Atmos', item: 'token', ...owner, providers: names } as const;
  return wholeFile(file, 3, host);
}

/**
 * Where providers share their tokens, with the leftovers. A file of another portal belongs to another
 * program.
 */
function sharedTokenFiles({ providers }: FileOwners, host: Host): SessionFile[] {
  const paths = new Map<string, string[]>();
  for (const { name, kind, settings } of providers) {
    if (kind !== 'aws/iam-identity-center') continue;
    const path = sharedPathOf(settings, host);
    if (path !== undefined) paths.set(path, [...(paths.get(path) ?? []), name]);
  }
  return [...paths].flatMap(([path, names]) => {
    const shared = { program: 'the AWS CLI', item: 'token', realm: null, identity: null } as const;
    return [...(isAbsent(path) ? [] : [path]), ...leftoversBeside(path, host)].map((one) =>
      wholeFile({ ...shared, path: one, providers: names }, 3, host),
    );
  });
}

function leftoversBeside(path: string, host: Host): string[] {
  return namesIn(dirname(path)).length === 0 ? [] : leftoversOf(path, host);
}

/** A file of one owner. @param levels from the file to the directory that is checked last */
function wholeFile(file: Omit<SessionFile, 'remove'>, levels: number, host: Host): SessionFile {
  const { path, identity } = file;
  const fault = pathFault(path, levels, host);
  if (fault !== undefined) return { ...untouchable(file, fault), identity };
  return {
    ...file,
    remove: async (parts) => ((await removing(path, () => removeWhole(path))) ? parts : []),
  };
}

async function removeWhole(path: string): Promise<boolean> {
  removeFile(path, `${path}.${randomId()}`);
  return true;
}

async function removing(path: string, remove: () => Promise<boolean>): Promise<boolean> {
  try {
    return await remove();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    if (reason === 'ENOENT') return false;
    throw ioError('remove', path, reason);
  }
}

/** Empty if the directory is missing, is not a directory, or cannot be read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(reason)) return [];
    throw ioError('list', directory, reason);
  }
}
