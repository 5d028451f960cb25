import { dirname } from 'node:path';
import type { Identity } from '../core/identity.ts';
import type { Sourced } from '../core/sourced.ts';
import { withoutAbsent } from '../core/without-absent.ts';
import type { Host } from '../host/host.ts';
import { checkNames } from './check-names.ts';
import { checkNumbers } from './check-numbers.ts';
import { readBaseFiles } from './discover.ts';
import {
  identityEntries,
  keyringEntry,
  providerEntries,
  sourced,
  sourcedText,
  type KeyringEntry,
  type ProviderEntry,
} from './entries.ts';
import { mergeMaps } from './merge.ts';
import { parseConfigFile } from './parse-file.ts';
import { valueAt, type ConfigFile } from './places.ts';
import { throwProblems, type Problem } from './problems.ts';
import { chooseProfiles, profileDirectories, readProfile } from './profiles.ts';
import { checkSettings, type Settings } from './schema.ts';
import { findWarnings } from './warnings.ts';

export interface LoadOptions {
  /** From `--config`, in the order given. None: `ATMOS_CONFIG` or searching decides. */
  readonly configFiles?: readonly Sourced<string>[];
  /** False when `configFiles` were found by searching once, so that they are no more trusted now. */
  readonly isExplicit?: boolean;
  /**
   * From `--profile`; each may be a list with commas. An empty one chooses none; an absent one leaves
   * it to `ATMOS_PROFILE` and `profiles.default`.
   */
  readonly profiles?: Sourced<readonly string[]>;
}

/** What atmos.yaml and the chosen profiles say of authentication, merged and checked. */
export interface Config {
  /** Absolute, in the order merged: base first, then those of the profiles. */
  readonly files: readonly string[];
  /** Those of {@link files} that are of no profile. */
  readonly baseFiles: readonly string[];
  /** The directory of the last base file, which gives the realm its name. */
  readonly directory: string;
  /** Whether the files were named by `--config` or `ATMOS_CONFIG`, so that they are trusted. */
  readonly isExplicit: boolean;
  /** Those chosen, in the order merged. */
  readonly profiles: readonly string[];
  /** Where profiles are looked for. */
  readonly profileDirectories: readonly string[];
  readonly realm?: Sourced<string>;
  readonly keyring: KeyringEntry;
  /** Sorted by name. One without a kind has an empty one. */
  readonly identities: readonly Identity[];
  /** Sorted by name. */
  readonly providers: readonly ProviderEntry[];
  /** Whether sessions are written to files too, as Atmos does. */
  readonly sessionFiles: Sourced<boolean>;
  /** Lines for a person: keys that nobody reads, and the like. */
  readonly warnings: readonly string[];
}

/**
 * Finds, reads, merges and checks the configuration. Runs no program and follows no URL.
 *
 * @throws ERR_CONFIG_NOT_FOUND, ERR_CONFIG_UNREADABLE, ERR_CONFIG_SYNTAX, ERR_CONFIG_INVALID,
 * ERR_CONFIG_UNTRUSTED, ERR_PROFILE_UNKNOWN, or ERR_USAGE for an empty `--config`
 */
export function loadConfig(
  options: LoadOptions,
  host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
): Config {
  const named = { names: options.configFiles ?? [], isExplicit: options.isExplicit ?? true };
  const { files: baseFiles, isExplicit, warnings } = readBaseFiles(named, host);
  const base = { files: baseFiles, settings: mergeFiles(baseFiles) };
  const directory = directoryOf(baseFiles);
  const directories = profileDirectories(base, directory);
  const profiles = chooseProfiles(options.profiles, base, host);
  const identities = Object.keys(valueAt(base.settings, ['auth', 'identities']) ?? {});
  const profileFiles = profiles.flatMap((profile) =>
    readProfile(profile, { directories, isExplicit, identities, host }),
  );
  const said = readSettings([...baseFiles, ...profileFiles]);
  return {
    ...said,
    baseFiles: baseFiles.map(({ path }) => path),
    directory,
    isExplicit,
    profiles: profiles.map(({ value }) => value),
    profileDirectories: directories,
    warnings: [...warnings, ...said.warnings],
  };
}

/**
 * The same from an object of the form of atmos.yaml, such as a program has in its code, which is
 * trusted. Its realm is `default` unless it says one. In messages it is `config`, written as JSON.
 *
 * @throws ERR_CONFIG_INVALID
 */
export function configFromObject(object: object, host: Pick<Host, 'env'>): Config {
  const text = JSON.stringify(object, null, 2);
  const said = readSettings([parseConfigFile({ path: 'config', text }, host)]);
  return {
    realm: { value: 'default', source: 'default' },
    ...said,
    baseFiles: [],
    directory: '',
    isExplicit: true,
    profiles: [],
    profileDirectories: [],
  };
}

/** What the files say together, checked. */
function readSettings(files: readonly ConfigFile[]) {
  const merged = mergeFiles(files);
  const { auth = {} } = checkMerged(merged, files);
  return withoutAbsent({
    files: files.map(({ path }) => path),
    realm: sourcedText(auth.realm, ['auth', 'realm'], files),
    keyring: keyringEntry(auth, files),
    identities: identityEntries(auth, files),
    providers: providerEntries(auth, files),
    sessionFiles: sessionFiles(auth.session_files, files),
    warnings: findWarnings(merged, files),
  });
}

function mergeFiles(files: readonly ConfigFile[]): Record<string, unknown> {
  return files.reduce((merged, { settings }) => mergeMaps(merged, settings), {});
}

// As Atmos, but for several `--config`, whose directories Atmos joins, and for a relative one, whose
// realm in Atmos depends on the directory one is in.
function directoryOf(baseFiles: readonly ConfigFile[]): string {
  return dirname(baseFiles.at(-1)?.path ?? '');
}

function checkMerged(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
): Settings {
  const problems: Problem[] = [];
  const report = (problem: Problem) => void problems.push(problem);
  checkNames(merged, files, report);
  checkNumbers(merged, files, report);
  const settings = checkSettings(merged, files, report);
  throwProblems(problems, files);
  return settings ?? {};
}

function sessionFiles(value: boolean | undefined, files: readonly ConfigFile[]): Sourced<boolean> {
  if (value === undefined) return { value: false, source: 'default' };
  return sourced(value, ['auth', 'session_files'], files);
}
