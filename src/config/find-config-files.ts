import { dirname, join, resolve, sep } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { addOptions, optionWords, say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { noHome, requirePath } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { statIfVisible } from '../host/read-files.ts';
import { findGitRoot } from './git-root.ts';
import type { Origin } from './layer.ts';
import { isDirectory, isFile, readEntries } from './read.ts';
import { userDirectory } from './user-directory.ts';

/** What a configuration file may be called in its directory, the first that is there counts. */
const configFileNames: readonly string[] = ['atmos.yaml', 'atmos.yml', '.atmos.yaml', '.atmos.yml'];

/** The configuration file in a directory, or undefined. */
export function findConfigFile(directory: string): string | undefined {
  // A directory may have this name; it is ignored.
  return configFileNames.map((name) => join(directory, name)).find(isFile);
}

/**
 * Files of YAML below a directory, those nearer to it first, then by name. Left out are links to
 * directories, which may lead round in circles, and what begins with a dot, as the copies of an
 * editor do.
 */
export function findYamlFiles(directory: string): string[] {
  const entries = readEntries(directory).filter(({ name }) => !name.startsWith('.'));
  const names = entries.map(({ name }) => name);
  const files = names.filter((name) => isYaml(name, names) && isFile(join(directory, name)));
  const below = entries.filter((entry) => entry.isDirectory());
  return byDepth([
    ...files.map((name) => join(directory, name)),
    ...below.flatMap(({ name }) => findYamlFiles(join(directory, name))),
  ]);
}

/** Those with fewer directories in their path first, else in the order given. */
export function byDepth(paths: readonly string[]): string[] {
  return paths.toSorted((a, b) => a.split(sep).length - b.split(sep).length);
}

/** As Atmos does, `x.yml` beside `x.yaml` is not read. */
function isYaml(name: string, beside: readonly string[]): boolean {
  if (name.endsWith('.yaml')) return true;
  return name.endsWith('.yml') && !beside.includes(name.replace(/\.yml$/, '.yaml'));
}

type Where = Pick<Host, 'env' | 'homeDirectory' | 'systemDirectory' | 'workingDirectory'>;

/** Files and directories that the user named. */
export interface Named {
  /** From `--config`. None: those of `ATMOS_CONFIG`. */
  readonly files: readonly Sourced<string>[];
  /** From `--config-path`. None: those of `ATMOS_CONFIG_PATH`. */
  readonly directories: readonly Sourced<string>[];
}

/** A configuration file, or a directory of fragments that belong to none. */
export interface FoundPlace {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'file' | 'fragments';
  readonly origin: Origin;
  /** The option or variable that named it: `--config`. */
  readonly from?: string;
}

export interface Found {
  /** In the order they are merged. */
  readonly places: readonly FoundPlace[];
  /** Directories without a configuration file. */
  readonly lookedIn: readonly string[];
  readonly warnings: readonly string[];
}

/** Below the configuration's directory: files of YAML that are merged under it. */
export const fragmentDirectories = ['atmos.d', '.atmos.d'];

/** The upward search stops at the first directory that contains one of these names. */
const localMarkers = [...configFileNames, '.atmos', ...fragmentDirectories];

/**
 * What is merged before any profile. Where `--config`, `--config-path` or their variables name
 * something, that and nothing else. Without them, in this order:
 *
 * 1. of the machine: `/usr/local/etc/atmos`;
 * 2. of the person: `~/.atmos`;
 * 3. in the nearest directory above the working directory that has one;
 * 4. in the root of the git repository;
 * 5. in the working directory;
 * 6. in the directory `ATMOS_CLI_CONFIG_PATH`.
 *
 * 3 and 4 are left out when the working directory has anything of Atmos, or 6 is set, and 4 also by
 * `ATMOS_GIT_ROOT_BASEPATH=false`; the fragments in `atmos.d` of the root count all the same. Each
 * file is `atmos.yaml`, `atmos.yml`, or the same with a leading dot.
 *
 * @throws ERR_CONFIG_NOT_FOUND, ERR_CONFIG_UNREADABLE for what was named, or ERR_USAGE for an empty name
 */
export function findPlaces(named: Named, host: Where): Found {
  const files = named.files.length > 0 ? named.files : listed('ATMOS_CONFIG', host);
  const directories =
    named.directories.length > 0 ? named.directories : listed('ATMOS_CONFIG_PATH', host);
  if (files.length + directories.length === 0) return search(host);
  const places = [
    ...files.map((file) => ({ path: absolute(file, 'file', host), from: file.source })),
    ...directories.map((one) => ({ path: fileInNamed(one, host), from: one.source })),
  ];
  const explicit = places.map((place) => ({ ...place, kind: 'file', origin: 'explicit' }) as const);
  return { places: explicit, lookedIn: [], warnings: [] };
}

/**
 * The file to which a command adds settings of the user: the last configuration file that is not of
 * the machine, else that of the user, which does not exist then.
 *
 * @throws as {@link findPlaces}; ERR_USAGE without an accessible home directory
 */
export function findFileToEdit(
  named: Named,
  host: Where & Pick<Host, 'userId'>,
): Sourced<string> & { readonly origin: Origin } {
  const isOfMachine = (path: string) => dirname(path) === host.systemDirectory;
  const files = findPlaces(named, host).places.filter(
    ({ kind, path }) => kind === 'file' && !isOfMachine(path),
  );
  const last = files.at(-1);
  if (last !== undefined) {
    const { path: value, from: source = 'the search for atmos.yaml', origin } = last;
    return { value, source, origin };
  }
  const { homeDirectory } = host;
  if (homeDirectory === undefined) throw noHome('atmos.yaml', ['ATMOS_CONFIG'], host);
  const own = userDirectory(join(homeDirectory, '.atmos'), host);
  if (own.path === undefined) throw new AtmosError('ERR_USAGE', own.warning ?? '');
  return { value: join(own.path, 'atmos.yaml'), source: 'the home directory', origin: 'user' };
}

/** @throws ERR_CONFIG_NOT_FOUND with the places looked at, and the least that works */
export function notFound(lookedIn: readonly string[]): AtmosError {
  return new AtmosError(
    'ERR_CONFIG_NOT_FOUND',
    `no atmos.yaml or .atmos.yaml found in ${lookedIn.join(', ')}`,
    { hints: [say(minimalFile)] },
  );
}

const minimalFile =
  'save this line as atmos.yaml: auth: { keyring: { type: file }, identities: { dev: { kind: aws/user, default: true } } }';

function listed(variable: string, host: Where): Sourced<string>[] {
  const list = host.env[variable];
  const names = list ? list.split(',') : [];
  return names.map((name) => ({ value: name.trim(), source: variable }));
}

function absolute(named: Sourced<string>, what: string, host: Where): string {
  const { value, source } = named;
  if (value !== '') return resolve(host.workingDirectory(), requirePath(named));
  throw new AtmosError(
    'ERR_USAGE',
    `${source} requires the name of a ${what}, but the name is empty`,
  );
}

function fileInNamed(named: Sourced<string>, host: Where): string {
  const directory = absolute(named, 'directory', host);
  const file = findConfigFile(directory);
  if (file !== undefined) return file;
  const from = `${directory} (from ${named.source})`;
  if (isFile(directory)) {
    throw new AtmosError('ERR_CONFIG_UNREADABLE', `${from} is a file, not a directory`, {
      hints: [addOptions(optionWords('--config', named.value))],
    });
  }
  const why = isDirectory(directory) ? `has no ${configFileNames.join(', ')}` : 'does not exist';
  throw new AtmosError('ERR_CONFIG_NOT_FOUND', `${from} ${why}`);
}

function search(host: Where): Found {
  const lookedIn: string[] = [];
  const look = (directory: string, origin: Origin): FoundPlace[] => {
    const path = findConfigFile(directory);
    if (path !== undefined) return [{ path, kind: 'file', origin }];
    lookedIn.push(directory);
    return [];
  };
  const { homeDirectory } = host;
  const own = userDirectory(homeDirectory && join(homeDirectory, '.atmos'), host);
  const working = host.workingDirectory();
  const chosen = chosenDirectory(host);
  const isLocal = localMarkers.some((name) => statIfVisible(join(working, name)));
  const looksAbove = !isLocal && chosen === undefined;
  const root = host.env['ATMOS_GIT_ROOT_BASEPATH'] === 'false' ? undefined : findGitRoot(working);
  const places = [
    ...(host.systemDirectory === undefined ? [] : look(host.systemDirectory, 'user')),
    ...(own.path === undefined ? [] : look(own.path, 'user')),
    ...(looksAbove ? lookAbove(working, look) : []),
    ...(root === undefined ? [] : fragmentsIn(root)),
    ...(looksAbove && root !== undefined && root !== working ? look(root, 'project') : []),
    ...look(working, 'project'),
    ...(chosen === undefined ? [] : look(chosen, 'project')),
  ];
  const hasChosen = chosen === undefined || places.some(({ path }) => dirname(path) === chosen);
  const warning = `ATMOS_CLI_CONFIG_PATH names ${chosen ?? ''}, which has no atmos.yaml`;
  return {
    places: once(places),
    lookedIn,
    warnings: [
      ...(hasChosen ? [] : [warning]),
      ...(own.warning === undefined ? [] : [own.warning]),
    ],
  };
}

function chosenDirectory(host: Where): string | undefined {
  const source = 'ATMOS_CLI_CONFIG_PATH';
  const value = host.env[source];
  return value ? resolve(host.workingDirectory(), requirePath({ value, source })) : undefined;
}

function lookAbove(
  directory: string,
  look: (directory: string, origin: Origin) => FoundPlace[],
): FoundPlace[] {
  const parent = dirname(directory);
  if (parent === directory) return [];
  const found = look(parent, 'project');
  return found.length > 0 ? found : lookAbove(parent, look);
}

function fragmentsIn(root: string): FoundPlace[] {
  return fragmentDirectories
    .map((name) => join(root, name))
    .filter(isDirectory)
    .map((path) => ({ path, kind: 'fragments', origin: 'project' }));
}

/** The parent, the root and the working directory may be the same; the last position counts. */
function once(places: readonly FoundPlace[]): FoundPlace[] {
  return places.filter(({ path }, at) => !places.slice(at + 1).some((one) => one.path === path));
}
