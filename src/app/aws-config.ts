import { resolve } from 'node:path';
import { findHandlePaths, writeHandle } from '../auth/handle.ts';
import { handleOf, type AuthPlan, type ProjectPlan } from '../auth/plan.ts';
import type { Cloud, ProcessProfile, ProfilesEdit } from '../clouds/cloud-contract.ts';
import { loadUserProfiles } from '../clouds/registry.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { didYouMean, optionWords, run, type Hint } from '../core/hint.ts';
import { listNames, quote, withoutAbsent, type Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { foldName, nearestName } from '../core/names.ts';
import { changedHost, type Host } from '../host/host.ts';
import { changeUserFile, readUserFile, requireOwnDirectory } from '../host/user-file.ts';
import { noIdentities } from './choose-identity.ts';
import {
  commandFor,
  findLocked,
  foreseen,
  processCommand,
  withoutRecorded,
  type Foreseen,
  type Services,
} from './export-environment.ts';
import { keyFileReader } from './key-files.ts';
import { warnOfMemory } from './notices.ts';

export interface ProfileOptions {
  /** Only identities whose names match: `*` is any text, `?` one character. Default: all. */
  readonly identities: string | undefined;
  /** Precedes the name of each profile. Default: none. */
  readonly prefix: string | undefined;
}

/** An identity that has no profile in the block. */
export interface SkippedIdentity {
  readonly identity: string;
  readonly reason: string;
}

type Edited = Omit<ProfilesEdit, 'taken'> & { readonly skipped: readonly SkippedIdentity[] };

export interface ChangedProfiles extends Omit<Edited, 'text' | 'block'> {
  readonly file: string;
  /** False if the file already had this text, so that nothing was written. */
  readonly isChanged: boolean;
}

/**
 * Writes an AWS profile for each usable identity into the realm's block of the user's AWS config
 * file, and the handles that the profiles name. Opens neither the keyring nor a connection.
 *
 * @throws ERR_USAGE for the file, its directory, its blocks and the prefix, and if no profile can be written;
 *   ERR_IDENTITY_UNKNOWN if no name matches, ERR_IDENTITY_REQUIRED without identities; ERR_IO. The
 *   file is then unchanged
 */
export async function writeProfiles(
  plan: ProjectPlan,
  options: ProfileOptions,
  services: Pick<Services, 'host' | 'warn'>,
): Promise<ChangedProfiles> {
  const { host } = services;
  const edit = await profilesEditor(plan, options, '--write', host);
  const changed = await changeFile(await openFile(plan, host), edit, host);
  await warnOfMemory(plan, 'each program will open a session of its own', services);
  return changed;
}

/** The block that {@link writeProfiles} would write; the handles are written. @throws the same */
export async function formatProfiles(
  plan: ProjectPlan,
  options: ProfileOptions,
  host: Host,
): Promise<Pick<Edited, 'block' | 'profiles' | 'skipped'>> {
  const edit = await profilesEditor(plan, options, '--print', host);
  const file = await openFile(plan, host);
  return edit(file, readUserFile(file.place, host));
}

/** Removes the realm's block. @throws ERR_USAGE for the file and its blocks; ERR_IO */
export async function removeProfiles(
  plan: Pick<AuthPlan, 'realm'>,
  host: Host,
): Promise<ChangedProfiles> {
  const edit: Editor = (file, text) => ({ ...file.edit(text, []), skipped: [] });
  return changeFile(await openFile(plan, host), edit, host);
}

/** The user's AWS config file, with the block of a realm in it. */
interface ConfigFile {
  readonly place: Sourced<string>;
  edit(text: string, profiles: readonly ProcessProfile[]): ProfilesEdit;
}

/** Computes the new text of the file. May throw, and then nothing is written. */
type Editor = (file: ConfigFile, text: string) => Edited;

async function changeFile(file: ConfigFile, edit: Editor, host: Host): Promise<ChangedProfiles> {
  let edited: Edited = { text: '', block: '', profiles: [], removed: [], skipped: [] };
  const isChanged = await changeUserFile(file.place, host, (text) => {
    // Programs run what the file says.
    requireOwnDirectory(file.place, host);
    edited = edit(file, text);
    return edited.text;
  });
  const { profiles, removed, skipped } = edited;
  return { file: file.place.value, isChanged, profiles, removed, skipped };
}

/** The file that programs read, if this shell had not evaluated `auth env`. */
async function openFile({ realm }: Pick<AuthPlan, 'realm'>, host: Host): Promise<ConfigFile> {
  const userProfiles = await loadUserProfiles();
  const named = userProfiles.files(changedHost(host, { env: withoutRecorded(host.env) }));
  const pathOf = (path: string) => resolve(host.workingDirectory(), path);
  const place = { ...named.config, value: pathOf(named.config.value) };
  const readOther = keyFileReader({ fileTitle: 'the AWS file' });
  const path = pathOf(named.credentials);
  return {
    place,
    edit(text, profiles) {
      const credentials = { path, text: profiles.length === 0 ? '' : readOther(path) };
      return userProfiles.edit({ path: place.value, text, credentials }, realm.value, profiles);
    },
  };
}

async function profilesEditor(
  plan: ProjectPlan,
  { identities, prefix = '' }: ProfileOptions,
  action: '--write' | '--print',
  host: Host,
): Promise<Editor> {
  if (prefix !== '') (await loadUserProfiles()).checkPrefix(prefix);
  const wanted: Wanted[] = [];
  const unusable: SkippedIdentity[] = [];
  for (const identity of matching(plan, identities)) {
    const found = await findWanted(plan, identity, host);
    if (typeof found === 'string') unusable.push({ identity: identity.name, reason: found });
    else wanted.push(found);
  }
  const profiles = wanted.map(({ profile }) => profile);
  return (file, text) => {
    const { taken, ...edited } = file.edit(
      text,
      profiles.map((profile) => ({ ...profile, prefix })),
    );
    const skipped = [
      ...unusable,
      ...taken.map(({ identity, profile, position }) => ({
        identity,
        reason: `the profile ${profile} is already in ${position}`,
      })),
    ];
    if (edited.profiles.length === 0) {
      const only = identities === undefined ? [] : optionWords('--identities', identities);
      const hint =
        taken.length > 0
          ? otherNames([action, ...only], findFreePrefix(file, text, profiles))
          : run(['atmos', 'auth', 'validate']);
      throw noProfile(file.place.value, skipped, hint);
    }
    const names = new Set(edited.profiles.map(({ identity }) => identity));
    // A profile must never name a handle that does not exist.
    for (const one of wanted) if (names.has(one.profile.identity)) one.writeHandle();
    return { ...edited, skipped };
  };
}

/** @throws ERR_IDENTITY_REQUIRED, ERR_IDENTITY_UNKNOWN */
function matching({ config }: ProjectPlan, pattern: string | undefined): readonly Identity[] {
  if (config.identities.length === 0) throw noIdentities(config);
  if (pattern === undefined) return config.identities;
  const [any, one] = ['.*', '.'];
  const source = foldName(pattern)
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', any)
    .replaceAll('?', one);
  const expression = new RegExp(`^${source}$`, 'su');
  const found = config.identities.filter(({ name }) => expression.test(foldName(name)));
  if (found.length > 0) return found;
  const names = config.identities.map(({ name }) => name);
  throw new AtmosError(
    'ERR_IDENTITY_UNKNOWN',
    `no identity matches ${quote(pattern)}: the identities are ${listNames(names)}`,
    { hints: didYouMean(nearestName(pattern, names)) },
  );
}

interface Wanted {
  readonly profile: ProcessProfile;
  writeHandle(): void;
}

/** The profile of an identity, or why it cannot have one. */
async function findWanted(
  plan: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<Wanted | string> {
  const found = await foreseenIfUsable(plan, identity, host);
  if (typeof found === 'string') return found;
  const { cloud, region, defaultRegion } = found;
  const commandOf = await processCommand(cloud, host);
  if (commandOf('a') === undefined)
    return 'the path of this program cannot be written in an AWS file';
  const handle = handleOf(plan, identity.name, host);
  const command = commandFor(findHandlePaths(handle, host), commandOf);
  const written = region ?? defaultRegion;
  const profile = { identity: identity.name, command, ...withoutAbsent({ region: written }) };
  return {
    profile,
    writeHandle: () => void writeHandle(handle, () => cloud.process.formatProfile(profile), host),
  };
}

interface Usable extends Foreseen {
  readonly cloud: Cloud;
}

/**
 * What is known about an identity, or why it cannot have a profile: it has no credentials of its
 * own, or its kind or its configuration cannot be used.
 */
async function foreseenIfUsable(
  { config }: ProjectPlan,
  identity: Identity,
  host: Host,
): Promise<Usable | string> {
  try {
    const { cloud, ...others } = await foreseen(config, identity, host);
    if (cloud !== undefined && !others.isAmbient) return { cloud, ...others };
    return `the kind ${identity.kind} has no credentials of its own`;
  } catch (error) {
    // Nothing is opened here, so every such error is about the identity.
    if (!isAtmosError(error)) throw error;
    return error.lines.join('; ');
  }
}

/**
 * The command that writes profiles of these identities of a realm, if names of them are taken in the
 * user's AWS config file. Undefined also if that file cannot be read.
 */
export async function suggestProfiles(
  plan: Pick<AuthPlan, 'realm'>,
  identities: readonly string[],
  host: Host,
): Promise<Hint | undefined> {
  try {
    const file = await openFile(plan, host);
    const text = readUserFile(file.place, host);
    const profiles = identities.map((identity) => ({ identity, command: '' }));
    const isTaken = file.edit(text, profiles).taken.length > 0;
    return isTaken ? otherNames(['--write'], findFreePrefix(file, text, profiles)) : undefined;
  } catch (error) {
    if (isAtmosError(error)) return undefined;
    throw error;
  }
}

function otherNames(options: readonly string[], prefix: string): Hint {
  return run(['atmos', 'auth', 'aws-config', ...options, '--prefix', prefix]);
}

const maxPrefixes = 100;

/** A prefix with which no profile has a name that is taken. */
function findFreePrefix(
  file: ConfigFile,
  text: string,
  profiles: readonly ProcessProfile[],
): string {
  for (let count = 1; ; count++) {
    const prefix = count === 1 ? 'atmos-' : `atmos${count}-`;
    const { taken } = file.edit(
      text,
      profiles.map((profile) => ({ ...profile, prefix })),
    );
    if (taken.length === 0 || count === maxPrefixes) return prefix;
  }
}

function noProfile(file: string, skipped: readonly SkippedIdentity[], hint: Hint): AtmosError {
  const reasons = skipped.map(({ identity, reason }) => `${identity}: ${reason}`);
  return new AtmosError(
    'ERR_USAGE',
    [`no identity can have a profile in ${file}, so nothing was written`, ...reasons],
    { hints: [hint] },
  );
}

/** Programs that no shell of the user starts do not get the password from a variable. */
export async function warnOfPassword(
  { keyring }: ProjectPlan,
  { host, warn }: Pick<Services, 'host' | 'warn'>,
): Promise<void> {
  const locked = await findLocked(keyring, host, { getsVariables: false });
  if (locked === undefined) return;
  await warn(
    'programs are never prompted for the password of the file keyring: a program that does not get it in a variable finds the keyring locked',
    locked.hints,
  );
}
