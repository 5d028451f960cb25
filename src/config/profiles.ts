import { dirname, join, resolve } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { addOptions, didYouMean, optionWords, run, unsetHints } from '../core/hint.ts';
import { quoteValue, showValue, valueOf, type Sourced } from '../core/json.ts';
import { expectedNames, isSameName, nearestName } from '../core/names.ts';
import { hasControl } from '../core/control-characters.ts';
import { configDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { fileSaying, tagAt, valueAt, type ConfigFile } from './config-file.ts';
import { sourced } from './entries.ts';
import { findYamlFiles } from './find-config-files.ts';
import type { Layer, Origin } from './layer.ts';
import { isDirectory, readEntries } from './read.ts';
import { remoteImportHints, remoteImportNote, type WithRemoteImports } from './remote-imports.ts';
import { userDirectory, type UserDirectory } from './user-directory.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The configuration before any profile. */
interface Base {
  readonly files: readonly ConfigFile[];
  readonly settings: Settings;
  /** `ATMOS_` settings that it says under `env`. */
  readonly environment: Readonly<Record<string, Sourced<string>>>;
}

/** A place where profiles are looked for. */
export interface ProfileDirectory {
  /** Absolute. */
  readonly path: string;
  readonly type: 'configurable' | 'project-hidden' | 'xdg' | 'project';
  readonly origin: Origin;
  /** The tag that gave the path. */
  readonly tag?: string | undefined;
}

/** A profile there is, and where. */
export interface Profile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly type: ProfileDirectory['type'];
  readonly origin: Origin;
}

/** Which profiles: `--profile`, else `ATMOS_PROFILE`, else `profiles.default`, else none. */
export function chooseProfiles(
  given: Sourced<readonly string[]> | undefined,
  base: Base,
  host: Pick<Host, 'env'>,
): Sourced<string>[] {
  if (given) {
    const names = splitNames(given.value.join(','));
    return names.map((value) => ({ value, source: given.source }));
  }
  const variable = variableNames(base, host);
  if (variable.length > 0) return variable;
  const path = ['profiles', 'default'];
  const value = valueAt(base.settings, path);
  if (typeof value !== 'string' || value === '') return [];
  return [sourced(value, path, base.files)];
}

function variableNames({ environment }: Base, { env }: Pick<Host, 'env'>): Sourced<string>[] {
  const variable = 'ATMOS_PROFILE';
  const set = env[variable];
  const said = set === undefined ? environment[variable] : { value: set, source: variable };
  if (said === undefined) return [];
  const { source, tag } = said;
  return splitNames(said.value).map((value) => ({ value, source, tag }));
}

function splitNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== '');
}

/**
 * Where profiles are looked for; of a name that is in several, the first counts:
 *
 * 1. `profiles.base_path`, relative to the file that says it;
 * 2. `.atmos/profiles` beside the configuration;
 * 3. `atmos/profiles` in the person's configuration (XDG);
 * 4. `profiles` beside the configuration.
 *
 * @param beside the directories of the configuration and who put it there
 * @param own from {@link userProfiles}
 */
export function profileDirectories(
  base: Pick<Base, 'files' | 'settings'>,
  beside: readonly { readonly path: string; readonly origin: Origin }[],
  own: string | undefined,
): ProfileDirectory[] {
  const path = ['profiles', 'base_path'];
  const said = valueAt(base.settings, path);
  const configurable: ProfileDirectory[] = [];
  if (typeof said === 'string' && said !== '') {
    const file = fileSaying(base.files, path);
    const directory = resolve(dirname(file.path), said);
    const tag = tagAt(base.files, path);
    configurable.push({ path: directory, type: 'configurable', origin: file.origin, tag });
  }
  const hidden = beside.map(({ path: directory, origin }) => {
    return { path: join(directory, '.atmos', 'profiles'), type: 'project-hidden', origin } as const;
  });
  const plain = beside.map(({ path: directory, origin }) => {
    return { path: join(directory, 'profiles'), type: 'project', origin } as const;
  });
  const xdg: ProfileDirectory[] =
    own === undefined ? [] : [{ path: own, type: 'xdg', origin: 'user' }];
  const all: ProfileDirectory[] = [...configurable, ...hidden, ...xdg, ...plain];
  return all.filter(({ path: one }, at) => all.findIndex((other) => other.path === one) === at);
}

/** Where the user's own profiles are. */
export function userProfiles(
  host: Pick<Host, 'env' | 'homeDirectory' | 'platform'>,
): UserDirectory {
  const directory = configDirectory(host);
  return userDirectory(directory && join(directory, 'profiles'), host);
}

/** All profiles there are, sorted by name. */
export function findProfiles(directories: readonly ProfileDirectory[]): Profile[] {
  const found = directories.flatMap(({ path, type, origin }) =>
    readEntries(path)
      .map(({ name }) => ({ name, path: join(path, name), type, origin }))
      .filter((profile) => isProfileName(profile.name) && isDirectory(profile.path)),
  );
  return found
    .filter(({ name }, at) => found.findIndex((other) => other.name === name) === at)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export interface ProfileOptions extends WithRemoteImports, Pick<Host, 'env'> {
  readonly directories: readonly ProfileDirectory[];
  /** Names of identities, to recognize one that was given as a profile. */
  readonly identities: readonly string[];
}

/**
 * The directory of a profile, with at least one file.
 *
 * @throws ERR_PROFILE_UNKNOWN with the profiles there are; ERR_CONFIG_INVALID when it has no file
 */
export function findProfile(profile: Sourced<string>, options: ProfileOptions): Layer {
  const { value: name, source } = profile;
  const found = isProfileName(name)
    ? options.directories
        .map((directory) => ({ directory, path: join(directory.path, name) }))
        .find(({ path }) => isDirectory(path))
    : undefined;
  if (found === undefined) throw unknownProfile(profile, options);
  const { path, directory } = found;
  if (findYamlFiles(path).length > 0) return { path, origin: directory.origin, profile: name };
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `profile ${showValue(profile)} (from ${source}) has no YAML file in ${profile.tag === undefined ? join(showDirectory(directory), name) : showDirectory(directory)}`,
  );
}

function showDirectory({ path, tag }: ProfileDirectory): string {
  return tag === undefined ? path : valueOf(tag);
}

/** The word of Atmos for "let me choose", which no profile can have. */
const reservedName = '__SELECT__';

function isProfileName(name: string): boolean {
  return name !== reservedName && /^[^./\\][^/\\]*$/.test(name) && !hasControl(name);
}

/** ERR_PROFILE_UNKNOWN, with the profiles there are and the one that was probably meant. */
export function unknownProfile(profile: Sourced<string>, options: ProfileOptions): AtmosError {
  const { value: name, source } = profile;
  const known = findProfiles(options.directories).map((one) => one.name);
  const identity = options.identities.find((other) => isSameName(other, name));
  const nearest = nearestName(name, known);
  const list = known.length > 0 ? expectedNames(known) : 'no profiles exist';
  const places = options.directories.map(showDirectory).join(', ');
  const message = isProfileName(name)
    ? `unknown profile ${quoteValue(profile)} (from ${source}): ${list} in ${places}${remoteImportNote(options)}`
    : `${quoteValue(profile)} (from ${source}) is not a valid profile name: it must be the name of a directory, without / and without a leading dot`;
  const meant =
    identity === undefined
      ? didYouMean(nearest)
      : [addOptions(optionWords('--identity', identity), 'it is an identity')];
  return new AtmosError('ERR_PROFILE_UNKNOWN', message, {
    hints: [
      ...meant,
      ...(source === 'ATMOS_PROFILE' ? unsetHints(source, options.env) : []),
      ...remoteImportHints(options),
      run(['atmos', 'profile', 'list']),
    ],
  });
}
