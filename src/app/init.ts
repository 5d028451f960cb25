import { basename, dirname } from 'node:path';
import { loadConfig } from '../auth/load-config.ts';
import { loadConfigImporter } from '../clouds/registry.ts';
import { addEntries, applyEdits, type TextEdit } from '../config/edit-yaml.ts';
import { findFileToEdit } from '../config/find-config-files.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import { checkRealm, isRealmNamed, resolveRealm, suggestRealm } from '../config/realm.ts';
import { countOf } from '../core/count.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { placeholder, run, say, type Hint } from '../core/hint.ts';
import { asDefault, type ImportedConfig, type ImportedLink } from '../core/imported-config.ts';
import { isObject, quoteValue, type Sourced } from '../core/json.ts';
import { abbreviateHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { statIfVisible } from '../host/read-files.ts';
import { changeUserFile, readUserFile } from '../host/user-file.ts';
import { keyFileReader } from './key-files.ts';

// Adds the identities and providers of another tool to the user's configuration.

export interface InitOptions {
  readonly load: LoadOptions;
  /** Whether the user named a configuration, which must exist then. */
  readonly isConfigNamed: boolean;
  /** Absolute path of the file to read instead of the tool's config file. */
  readonly from: Sourced<string> | undefined;
}

/** What can be added, and where. Nothing was changed. */
export interface FoundSetup {
  /** The file to change. It may not exist. */
  readonly file: Sourced<string>;
  /** Whether the file came with a project, so that the programs in it need trust. */
  readonly isOfProject: boolean;
  /** Its text. Empty if it does not exist. */
  readonly text: string;
  /** The files of the other tool. */
  readonly sources: readonly string[];
  /** What another user could have written, or where a person would enter a password. */
  readonly warnings: readonly { readonly message: string; readonly hint?: Hint }[];
  readonly imported: ImportedConfig;
  /** The name of the realm in the configuration. */
  readonly realm: Sourced<string> | undefined;
  /** A name for the realm if it has none. */
  readonly suggestedRealm: string;
  /** The realm of identities that the configuration has, if it has no name. */
  readonly unnamedRealm: string | undefined;
  /** The new identities of which one can become the default. Empty if there is a default. */
  readonly defaultChoices: readonly string[];
}

/** A change of the file that was not made. */
export interface PlannedSetup extends FoundSetup {
  /** The name of the realm after the change. */
  readonly realm: Sourced<string>;
  /** Empty: the file has everything already. */
  readonly edits: readonly TextEdit[];
  readonly added: { readonly providers: readonly string[]; readonly identities: readonly string[] };
  /** The identities that run a program and are in the file of a project. */
  readonly needTrust: readonly string[];
}

/**
 * Reads the configuration and the files of the other tool. Runs nothing.
 *
 * @throws the errors of loading; ERR_USAGE if no identity and no provider can be made, for a file of
 *   `from` that does not exist, and as `readUserFile`; ERR_IO
 */
export async function findSetup(options: InitOptions, host: Host): Promise<FoundSetup> {
  const { load, from } = options;
  const config = await loadExisting(options, host);
  const { origin, ...file } = findFileToEdit(
    { files: load.configFiles ?? [], directories: load.configDirectories ?? [] },
    host,
  );
  const text = readUserFile(file, host);
  const { imported, sources } = await importLinks(config, from, host);
  if (imported.providers.length + imported.identities.length === 0) {
    throw nothingFound(sources, imported, host);
  }
  const isOfProject = origin === 'project';
  const hasDefault =
    (config?.identities ?? []).some(({ isDefault }) => isDefault) ||
    imported.identities.some(isDefault);
  const isUnnamed = config !== undefined && !isRealmNamed(config, host);
  return {
    file,
    isOfProject,
    text,
    sources,
    // A project's file needs trust for other pages.
    warnings: [
      ...sources.flatMap((path) => sourceWarning(path, host)),
      ...(isOfProject ? [] : pageWarnings(imported)),
    ],
    imported,
    defaultChoices: hasDefault ? [] : imported.identities.filter(isNew).map(nameOf),
    realm: config?.realm,
    suggestedRealm: realmFor(file.value, isOfProject, imported, host),
    unnamedRealm:
      isUnnamed && config.identities.length > 0 ? resolveRealm(config, host).value : undefined,
  };
}

/** The setup in which this new identity is the default. */
export function withDefault(found: FoundSetup, name: string): FoundSetup {
  const identities = found.imported.identities.map((link) =>
    link.name === name ? asDefault(link) : link,
  );
  return { ...found, imported: { ...found.imported, identities } };
}

/** Commands in the configuration are not run, and it may be missing. */
async function loadExisting(
  { load, isConfigNamed }: InitOptions,
  host: Host,
): Promise<Config | undefined> {
  try {
    return await loadConfig({ ...load, isStatic: true }, host);
  } catch (error) {
    if (isConfigNamed || !isAtmosError(error, 'ERR_CONFIG_NOT_FOUND')) throw error;
    return undefined;
  }
}

async function importLinks(
  config: Pick<Config, 'providers' | 'identities'> = { providers: [], identities: [] },
  from: Sourced<string> | undefined,
  host: Host,
): Promise<{ imported: ImportedConfig; sources: string[] }> {
  const importer = await loadConfigImporter();
  const files = importer.files(host);
  if (from !== undefined && statIfVisible(from.value) === undefined) {
    throw new AtmosError('ERR_USAGE', `${from.value} (from ${from.source}) does not exist`);
  }
  const paths = { ...files, config: from?.value ?? files.config };
  const imported = importer.importConfig(paths, keyFileReader(importer, files.closed), config);
  return { imported, sources: [paths.config, paths.credentials] };
}

/** Whether another user could have written a file that says where a person signs in. */
function sourceWarning(path: string, { userId }: Host): FoundSetup['warnings'] {
  const stats = statIfVisible(path);
  const permissions =
    stats?.isFile() === true ? permissionCheckFor(userId).permissionsOf(path, stats) : undefined;
  if (permissions === undefined) return [];
  if (!permissions.isTrusted) {
    return [
      {
        message: `${path} belongs to ${permissions.owner}: check what it says before you write it`,
      },
    ];
  }
  if (!permissions.outsiders.write) return [];
  const message = `${path} can be changed by other users (${permissions.openness}): check what it says before you write it`;
  return [{ message, hint: permissions.withdrawCommand() }];
}

function pageWarnings({ providers }: ImportedConfig): FoundSetup['warnings'] {
  return providers.flatMap(({ name, from, state, foreignPage }) => {
    if (state === 'exists' || foreignPage === undefined) return [];
    const message = `provider ${name} (${from}) signs in at ${foreignPage}, which does not belong to AWS: write it only if you know who runs it`;
    return [{ message }];
  });
}

function nothingFound(
  sources: readonly string[],
  { problems }: ImportedConfig,
  host: Host,
): AtmosError {
  const files = abbreviateHome(sources.join(' and '), host);
  const reasons = problems.map(({ from, key, reason }) =>
    abbreviateHome([from, key, reason].filter((part) => part !== undefined).join(': '), host),
  );
  return new AtmosError(
    'ERR_USAGE',
    [`no identity can be made from ${files}, so nothing was written`, ...reasons],
    {
      hints: [
        run(['aws', 'configure', 'sso'], 'to add a profile that signs in at a portal'),
        run(['atmos', 'auth', 'init', '--from', placeholder('file')], 'to read another file'),
      ],
    },
  );
}

/** A word for the project, else the name of a portal, which often is that of the company. */
function realmFor(
  file: string,
  isOfProject: boolean,
  { providers }: ImportedConfig,
  { env }: Pick<Host, 'env'>,
): string {
  const portals = providers
    .map(({ name }) => name)
    .filter((name) => !/^d-[0-9a-f]{10}$/.test(name));
  const words = isOfProject ? [basename(dirname(file))] : portals.slice(0, 1);
  return suggestRealm([env['ATMOS_AUTH_REALM'] ?? '', ...words]) ?? 'personal';
}

/**
 * The change that adds what is new.
 *
 * @param realm the name for the realm. Undefined: that of the configuration, else the suggested one
 * @throws ERR_REALM_INVALID; ERR_USAGE if the file has another realm, or the file cannot be
 *   extended; ERR_CONFIG_SYNTAX
 */
export function planSetup(found: FoundSetup, realm: Sourced<string> | undefined): PlannedSetup {
  const { file, text, imported, isOfProject } = found;
  const settled = settleRealm(found, realm);
  const realmEntry = settled.isNew ? [['realm', settled.realm.value] as const] : [];
  const providers = imported.providers.filter(isNew);
  const identities = imported.identities.filter(isNew);
  const edits = addEntries({ path: file.value, text }, [
    { path: ['auth'], entries: realmEntry },
    { path: ['auth', 'providers'], entries: providers.map(entryOf) },
    { path: ['auth', 'identities'], entries: identities.map(entryOf) },
  ]);
  return {
    ...found,
    realm: settled.realm,
    edits,
    added: { providers: providers.map(nameOf), identities: identities.map(nameOf) },
    needTrust: isOfProject ? identities.filter(runsProgram).map(nameOf) : [],
  };
}

/** The realm after the change, and whether the file does not have it yet. */
function settleRealm(
  { realm: configured, suggestedRealm, file }: FoundSetup,
  given: Sourced<string> | undefined,
): { realm: Sourced<string>; isNew: boolean } {
  const realm = given && checkRealm(given);
  if (configured === undefined) {
    return { realm: realm ?? { value: suggestedRealm, source: 'default' }, isNew: true };
  }
  if (realm === undefined || realm.value === configured.value) {
    return { realm: configured, isNew: false };
  }
  // A project may have another realm than the user's own file.
  if (!configured.source.includes(`(${file.value}:`)) return { realm, isNew: true };
  throw new AtmosError(
    'ERR_USAGE',
    `${realm.source} ${quoteValue(realm)} differs from the realm ${quoteValue(configured)} of the configuration (from ${configured.source})`,
    { hints: [say(`leave out ${realm.source}, or change ${configured.source}`)] },
  );
}

const isNew = ({ state }: ImportedLink) => state === 'new';
const isDefault = ({ settings }: ImportedLink) => settings['default'] === true;
const nameOf = ({ name }: ImportedLink) => name;
const entryOf = ({ name, settings }: ImportedLink) => [name, settings] as const;

function runsProgram({ settings: { spec } }: ImportedLink): boolean {
  return isObject(spec) && spec['command'] !== undefined;
}

/**
 * Writes the change.
 *
 * @throws ERR_IO also if the file is no longer as it was when the change was planned; as
 *   `changeUserFile`
 */
export async function writeSetup({ file, text, edits }: PlannedSetup, host: Host): Promise<void> {
  await changeUserFile(file, host, (current) => {
    if (current === text) return applyEdits(text, edits);
    throw new AtmosError(
      'ERR_IO',
      `cannot write ${file.value}: another program changed it at the same time`,
      { hints: [say('run the command again')] },
    );
  });
}

/**
 * How many profiles `auth init` would find without a configuration, for a hint: `12 profiles in
 * ~/.aws/config that sign in through IAM Identity Center`. Undefined if no profile exists or the files
 * cannot be read.
 */
export async function describeImportable(host: Host): Promise<string | undefined> {
  try {
    const { imported, sources } = await importLinks(undefined, undefined, host);
    const { portalProfiles, identities } = imported;
    const count = portalProfiles || identities.length;
    if (count === 0) return undefined;
    const where = portalProfiles > 0 ? sources.slice(0, 1) : sources;
    const what = `${countOf(count, 'profile')} in ${abbreviateHome(where.join(' and '), host)}`;
    if (portalProfiles === 0) return what;
    return `${what} that ${count === 1 ? 'signs' : 'sign'} in through IAM Identity Center`;
  } catch (error) {
    if (isAtmosError(error)) return undefined;
    throw error;
  }
}
