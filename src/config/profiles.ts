import { dirname, join, resolve, sep } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { lowerCase, nearestName } from '../core/names.ts';
import type { Sourced } from '../core/sourced.ts';
import type { Host } from '../host/host.ts';
import { quote } from './locate.ts';
import { checkOwnership } from './ownership.ts';
import { parseConfigFile } from './parse-file.ts';
import { fileSaying, sourceOf, valueAt, type ConfigFile } from './places.ts';
import { isDirectory, isFile, readEntries, readText } from './read.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Which profiles: `--profile`, else `ATMOS_PROFILE`, else `profiles.default`, else none. */
export function chooseProfiles(
  given: Sourced<readonly string[]> | undefined,
  base: { files: readonly ConfigFile[]; settings: Settings },
  host: Pick<Host, 'env'>,
): Sourced<string>[] {
  if (given) {
    const names = splitNames(given.value.join(','));
    return names.map((value) => ({ value, source: given.source }));
  }
  const names = splitNames(host.env['ATMOS_PROFILE'] ?? '');
  if (names.length > 0) return names.map((value) => ({ value, source: 'ATMOS_PROFILE' }));
  const path = ['profiles', 'default'];
  const value = valueAt(base.settings, path);
  if (typeof value !== 'string' || value === '') return [];
  return [{ value, source: sourceOf(base.files, path) }];
}

function splitNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== '');
}

/**
 * Where profiles are looked for, first match wins: `profiles.base_path`, relative to the file that
 * says it, then `profiles` beside the configuration. Atmos's hidden and XDG places are not looked at
 * yet.
 */
export function profileDirectories(
  base: { files: readonly ConfigFile[]; settings: Settings },
  directory: string,
): string[] {
  const path = ['profiles', 'base_path'];
  const basePath = valueAt(base.settings, path);
  const beside = join(directory, 'profiles');
  if (typeof basePath !== 'string' || basePath === '') return [beside];
  const declared = resolve(dirname(fileSaying(base.files, path).path), basePath);
  return [...new Set([declared, beside])];
}

export interface ReadProfileOptions {
  readonly directories: readonly string[];
  /** Whether the configuration was named by `--config`, so that what is beside it is trusted. */
  readonly isExplicit: boolean;
  /** Names of identities, for those who take one for a profile. */
  readonly identities: readonly string[];
  readonly host: Pick<Host, 'env' | 'userId'>;
}

/**
 * The files of a profile in the order they are merged: by depth, then by name.
 *
 * @throws ERR_PROFILE_UNKNOWN with the profiles there are; ERR_CONFIG_INVALID when it has no file
 */
export function readProfile(profile: Sourced<string>, options: ReadProfileOptions): ConfigFile[] {
  const directory = isProfileName(profile.value)
    ? options.directories.map((parent) => join(parent, profile.value)).find(isDirectory)
    : undefined;
  if (directory === undefined) throw unknownProfile(profile, options);
  const paths = findFiles(directory);
  if (paths.length > 0) return paths.flatMap((path) => readFile(path, options));
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `profile ${profile.value} (from ${profile.source}) has no YAML file in ${directory}`,
  );
}

/** The names of all profiles, sorted. */
export function listProfiles(directories: readonly string[]): string[] {
  const names = directories.flatMap((directory) =>
    readEntries(directory)
      .map(({ name }) => name)
      .filter((name) => isProfileName(name) && isDirectory(join(directory, name))),
  );
  return [...new Set(names)].toSorted();
}

function isProfileName(name: string): boolean {
  return /^[^./\\\p{Cc}][^/\\\p{Cc}]*$/u.test(name);
}

function readFile(path: string, { host, isExplicit }: ReadProfileOptions): ConfigFile[] {
  const read = readText(path);
  if (read === undefined) return [];
  if (!isExplicit) checkOwnership(path, read.stats, host);
  return [parseConfigFile({ path, text: read.text }, host)];
}

/**
 * Files of YAML below a directory, those nearer to it first. Left out are links to directories, which
 * may lead round in circles, and what begins with a dot, as the copies of an editor do.
 */
function findFiles(directory: string): string[] {
  const entries = readEntries(directory).filter(({ name }) => !name.startsWith('.'));
  const names = entries.map(({ name }) => name);
  const files = names.filter((name) => isYaml(name, names) && isFile(join(directory, name)));
  const below = entries.filter((entry) => entry.isDirectory());
  return [
    ...files.map((name) => join(directory, name)),
    ...below.flatMap(({ name }) => findFiles(join(directory, name))),
  ].toSorted((a, b) => a.split(sep).length - b.split(sep).length);
}

/** As Atmos does, `x.yml` beside `x.yaml` is not read. */
function isYaml(name: string, beside: readonly string[]): boolean {
  if (name.endsWith('.yaml')) return true;
  return name.endsWith('.yml') && !beside.includes(name.replace(/\.yml$/, '.yaml'));
}

function unknownProfile(profile: Sourced<string>, options: ReadProfileOptions): AtmosError {
  const { value: name, source } = profile;
  const known = listProfiles(options.directories);
  const identity = options.identities.find((other) => lowerCase(other) === lowerCase(name));
  const nearest = nearestName(name, known);
  const list = known.length > 0 ? `it is one of ${known.join(', ')}` : 'there are none';
  const message = isProfileName(name)
    ? `unknown profile ${quote(name)} (from ${source}): ${list} in ${options.directories.join(', ')}`
    : `${quote(name)} (from ${source}) is no name of a profile: that is the name of a directory, without / and leading dot`;
  const hint =
    identity === undefined
      ? nearest && `did you mean ${nearest}?`
      : `it is an identity: use --identity ${identity}`;
  return new AtmosError(
    'ERR_PROFILE_UNKNOWN',
    message,
    hint === undefined ? {} : { hints: [hint] },
  );
}
