import { dirname } from 'node:path';
import { showValue, withoutAbsent, type Sourced } from '../core/json.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import type { Identity } from '../core/kind-config.ts';
import { isMap } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type { Config } from './config.ts';
import { valueAt, type ConfigFile } from './config-file.ts';
import { environmentSettings } from './environment.ts';
import { isListOfAtmos } from './atmos-list.ts';
import { createFileReader, type FileReader } from './file-reader.ts';
import { findPlaces, notFound } from './find-config-files.ts';
import { chosenBasePath } from './imports.ts';
import type { Origin } from './layer.ts';
import { parseConfigFile } from './parse-file.ts';
import { formatNotice, type LocatedProblem } from './problems.ts';
import {
  chooseProfiles,
  findProfile,
  profileDirectories,
  userProfiles,
  type ProfileDirectory,
} from './profiles.ts';
import { gather, mergeFiles, readSettings, throwGathered, type Gathered } from './read-settings.ts';
import type { ProvisionedPart } from './provisioned.ts';
import type { WithRemoteImports } from './remote-imports.ts';
import { withOutputs, withoutSecrets, type Loading } from './tag-values.ts';
import { commandNotices, needsOf, projectFilesOf, requireTrustOfFiles } from './trust.ts';

export type { Config } from './config.ts';

export interface LoadOptions {
  /** From `--config`, in the order given. None: `ATMOS_CONFIG`. */
  readonly configFiles?: readonly Sourced<string>[];
  /** From `--config-path`, in the order given. None: `ATMOS_CONFIG_PATH`. */
  readonly configDirectories?: readonly Sourced<string>[];
  /** From `--base-path`. None: `ATMOS_BASE_PATH`. */
  readonly basePath?: Sourced<string>;
  /**
   * From `--profile`; each may be a list with commas. An empty one chooses none; an absent one leaves
   * it to `ATMOS_PROFILE` and `profiles.default`.
   */
  readonly profiles?: Sourced<readonly string[]>;
  /** Runs no `!exec`: their values are left out, with a warning. Default: false. */
  readonly isStatic?: boolean;
  /**
   * Called with every problem; invalid values are then left out. Without it, all problems are
   * thrown as one {@link ConfigError}.
   */
  readonly report?: (problem: LocatedProblem) => void;
}

/**
 * Finds, reads, merges and checks the configuration. Follows no URL; runs no program but those of
 * `!exec`, in files that are trusted.
 *
 * @param spec the schema of `auth.keyring.spec`, which the backends of the keyring know
 * @throws ERR_CONFIG_NOT_FOUND, ERR_CONFIG_UNREADABLE, ERR_CONFIG_SYNTAX, ERR_CONFIG_INVALID,
 * ERR_CONFIG_UNTRUSTED, ERR_PROFILE_UNKNOWN, or ERR_USAGE for an empty `--config`
 */
export async function loadConfig(
  options: LoadOptions,
  spec: SpecSchema,
  host: Host,
): Promise<Config> {
  const gathered = gather();
  const { places, lookedIn, warnings } = findPlaces(
    { files: options.configFiles ?? [], directories: options.configDirectories ?? [] },
    host,
  );
  const reader = openReader(options, gathered, host);
  const read: ConfigFile[] = [];
  for (const place of places) read.push(...(await reader.readPlace(place)));
  const base = await withoutSecrets(onceEach(read), false, { gathered, spec, host });
  const beside = places
    .filter(({ kind }) => kind === 'file')
    .map(({ path, origin }) => ({ path: dirname(path), origin }));
  const own = userProfiles(host);
  const { remoteImports } = gathered;
  const { profiles, directories, layers } = findProfileLayers(
    { files: base, beside, own: own.path, remoteImports },
    options,
    spec,
    host,
  );
  if (places.length === 0 && profiles.length === 0) throw notFound(lookedIn);
  const ofProfiles: ConfigFile[] = [];
  for (const layer of layers) {
    ofProfiles.push(...(await reader.readDirectory(layer, base.at(-1))));
  }
  return settle(
    {
      files: onceEach([...base, ...ofProfiles]),
      directory: beside.at(-1)?.path ?? '',
      profiles,
      areProfilesGiven: options.profiles !== undefined || Boolean(host.env['ATMOS_PROFILE']),
      profileDirectories: directories,
      // Both may have the same cause, which is reported once.
      warnings: [...new Set([...warnings, ...(own.warning === undefined ? [] : [own.warning])])],
    },
    { options, gathered, spec, host },
  );
}

/** The directories of the configuration, and that of the user's own profiles. */
interface ProfilePlaces {
  readonly beside: readonly { readonly path: string; readonly origin: Origin }[];
  readonly own: string | undefined;
}

/** The profiles that are chosen, and where they are. */
function findProfileLayers(
  base: Pick<Read, 'files'> & WithRemoteImports & ProfilePlaces,
  options: LoadOptions,
  spec: SpecSchema,
  host: Host,
) {
  const { files, beside, own, remoteImports } = base;
  const settings = mergeFiles(files);
  const isExplicit = beside.some(({ origin }) => origin === 'explicit');
  // Of the files that were found by searching, only the last one determines the directory.
  const directories = profileDirectories(
    { files, settings },
    isExplicit ? beside : beside.slice(-1),
    own,
  );
  const environment = environmentSettings(settings, files, spec);
  const profiles = chooseProfiles(options.profiles, { files, settings, environment }, host);
  for (const profile of profiles) {
    host.log('profile.chosen', { profile: showValue(profile), source: profile });
  }
  const identities = Object.keys(valueAt(settings, ['auth', 'identities']) ?? {});
  return {
    directories,
    profiles: profiles.map(({ value }) => value),
    layers: profiles.map((profile) =>
      findProfile(profile, { directories, identities, remoteImports, env: host.env }),
    ),
  };
}

/**
 * Loads exactly those files again, from whatever directory and environment: what a handle pinned.
 *
 * @throws as {@link loadConfig}
 */
export async function loadLayers(
  { layers, directory }: Pick<Config, 'layers' | 'directory'>,
  options: Pick<LoadOptions, 'isStatic'>,
  spec: SpecSchema,
  host: Host,
): Promise<Config> {
  const gathered = gather();
  const reader = openReader(options, gathered, host);
  const files: ConfigFile[] = [];
  for (const layer of layers) files.push(...(await reader.readLayer(layer)));
  const profiles = layers.flatMap(({ profile }) => profile ?? []);
  return settle(
    {
      files,
      directory,
      profiles: [...new Set(profiles)],
      areProfilesGiven: false,
      profileDirectories: [],
      warnings: [],
    },
    { options, gathered, spec, host },
  );
}

/**
 * The same from an object of the form of atmos.yaml, such as a program has in its code, which is
 * trusted. Its realm is `default` unless it says one. In messages it is `config`, written as JSON.
 *
 * @throws ERR_CONFIG_INVALID
 */
export async function configFromObject(
  object: object,
  spec: SpecSchema,
  host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
): Promise<Config> {
  const text = JSON.stringify(object, null, 2);
  const gathered = gather();
  const { report } = gathered;
  const file = await parseConfigFile(
    { path: 'config', text, origin: 'explicit' },
    { host, report },
  );
  const said = readSettings([file], spec, gathered);
  throwGathered(gathered, [file]);
  return {
    realm: { value: 'default', source: 'default' },
    ...said,
    layers: [],
    sources: [],
    directory: '',
    profiles: [],
    areProfilesGiven: false,
    profileDirectories: [],
    hasTags: false,
    remoteImports: [],
    leftOut: [],
    provisioned: [],
    projectFiles: [],
    needs: [],
  };
}

function openReader(options: LoadOptions, gathered: Gathered, host: Host): FileReader {
  const { report, notices, remoteImports } = gathered;
  return createFileReader({
    host,
    chosenBasePath: chosenBasePath(options.basePath, host),
    report,
    warn: (notice) => void notices.push(notice),
    onRemoteImport: (source) => void remoteImports.push(source),
  });
}

/** Reads the lists of identities, if a provider asks for it. Otherwise no further module is loaded. */
async function provisionedOf(files: readonly ConfigFile[], host: Host): Promise<ProvisionedPart> {
  const isAsked = files.some(({ settings }) => {
    const providers = valueAt(settings, ['auth', 'providers']);
    return (
      isMap(providers) &&
      Object.values(providers).some((one) => isMap(one) && 'auto_provision_identities' in one)
    );
  });
  if (!isAsked) return { sources: [], files, others: files, identities: [], warnings: [] };
  const { provisionedPart } = await import('./provisioned.ts');
  return provisionedPart(files, host);
}

/** Sorted by name. */
function withProvisioned(
  configured: readonly Identity[],
  provisioned: readonly Identity[],
): readonly Identity[] {
  if (provisioned.length === 0) return configured;
  return [...configured, ...provisioned].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file that is there twice counts at its later place. */
function onceEach(files: readonly ConfigFile[]): ConfigFile[] {
  return files.filter(({ path }, at) => !files.slice(at + 1).some((other) => other.path === path));
}

/** What Atmos has listed is under every other file, whichever of them has the provider. */
function listsFirst(files: readonly ConfigFile[], host: Host): readonly ConfigFile[] {
  const isList = ({ path }: ConfigFile) => isListOfAtmos(path, host);
  return files.toSorted((a, b) => Number(isList(b)) - Number(isList(a)));
}

interface Read {
  readonly files: readonly ConfigFile[];
  readonly directory: string;
  readonly profiles: readonly string[];
  readonly areProfilesGiven: boolean;
  readonly profileDirectories: readonly ProfileDirectory[];
  readonly warnings: readonly string[];
}

/** Runs what is to be run, merges, checks. */
async function settle(found: Read, by: Loading & { options: LoadOptions }): Promise<Config> {
  const { options, gathered, spec, host } = by;
  const isStatic = options.isStatic ?? false;
  // Again, as a profile may name the variable of the password.
  const ordered = listsFirst(found.files, host);
  const read = { ...found, files: await withoutSecrets(ordered, false, by) };
  if (!isStatic) {
    // Nothing is run for a configuration that is wrong.
    if (read.files.some(({ commands }) => commands.length > 0)) throwGathered(gathered, read.files);
    requireTrustOfFiles(read.files, read.directory, host);
  }
  const resolved = await withOutputs(read.files, isStatic, by);
  const provisioned = await provisionedOf(resolved, host);
  const files = provisioned.others;
  const notRun = isStatic ? read.files.flatMap(commandNotices) : [];
  // Values that come from commands are missing here, which is not an error.
  const later = new Set(notRun.map(({ path }) => path.join('\0')));
  const said = readSettings(provisioned.files, spec, {
    ...gathered,
    report: (problem) => later.has(problem.path.join('\0')) || gathered.report(problem),
  });
  throwGathered(gathered, files, options.report);
  host.log('config.merged', { files: files.length, profiles: read.profiles.join(',') });
  const notices = [...gathered.notices, ...notRun, ...said.notices];
  return {
    ...read,
    ...said,
    files: files.map(({ path }) => path),
    identities: withProvisioned(said.identities, provisioned.identities),
    provisioned: provisioned.sources,
    layers: files.map(({ path, origin, profile }) => withoutAbsent({ path, origin, profile })),
    sources: files.flatMap(({ path, included }) => [path, ...included.map((one) => one.path)]),
    leftOut: notRun.map(({ path }) => path),
    hasTags: read.files.some(({ commands, tagged }) => commands.length + tagged.length > 0),
    remoteImports: gathered.remoteImports,
    notices,
    warnings: [...read.warnings, ...provisioned.warnings, ...notices.map(formatNotice)],
    projectFiles: projectFilesOf(read.files),
    needs: read.files.flatMap(needsOf),
  };
}
