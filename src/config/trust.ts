import { dirname } from 'node:path';
import { withAsciiHosts } from '../core/ascii-hosts.ts';
import { AtmosError } from '../core/errors.ts';
import { run, setVariable, showPermissions, type Hint } from '../core/hint.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import type { Config } from './config.ts';
import { sourceOf, type ConfigFile } from './config-file.ts';
import { isBelow } from './git-root.ts';
import { locateProblem, type LocatedProblem } from './problems.ts';
import { isTrustedByVariable, trustVariableNote } from './trust-variable.ts';
import { findRecord, trustDirectory, type TrustRecord } from './trust-store.ts';

export type { TrustNeed } from '../core/kind-config.ts';

/** Of a configuration, what trust is about. */
export type Trustable = Pick<
  Config,
  'originOf' | 'sourceOf' | 'projectFiles' | 'profiles' | 'directory'
>;

type Where = Pick<
  Host,
  'env' | 'platform' | 'homeDirectory' | 'userId' | 'workingDirectory' | 'leftDirectory'
>;

/**
 * Checked before every action that needs trust. Trusted are files of the person and of the system,
 * those named by `--config`, what `atmos auth trust` was given for exactly these files, and all of
 * them where `ATMOS_AUTH_TRUST=1` is set.
 *
 * @param config undefined where no file was read, so that none asks for it
 * @throws ERR_CONFIG_UNTRUSTED
 */
export function requireTrust(config: Trustable | undefined, need: TrustNeed, host: Where): void {
  const refusal = config && findRefusal(config, need, host);
  if (refusal !== undefined) throw refusal;
}

/** The error of {@link requireTrust}, or undefined if it would not throw. */
export function findRefusal(
  config: Trustable,
  need: TrustNeed,
  host: Where,
): AtmosError | undefined {
  if (isTrustedByVariable(host) || !isOfProject(config, need)) return undefined;
  const { record, fault } = findRecord(config, host);
  if (record !== undefined && covers(record, need)) return undefined;
  return untrusted(config, need, fault, host);
}

/** Whether a project's file asks for it. */
export function isOfProject({ originOf }: Pick<Config, 'originOf'>, { path }: TrustNeed): boolean {
  return originOf(path) === 'project';
}

/**
 * The user agreed only to what was shown, word for word. Another branch, environment or version may
 * find other needs in the same files. The output of a command belongs to the command, so trust
 * covers everything at its path and below.
 */
export function covers(record: TrustRecord, need: TrustNeed): boolean {
  return record.needs.some(
    ({ path, what, occasion, givesValue }) =>
      (occasion === undefined || occasion === need.occasion) &&
      path.every((key, depth) => key === need.path[depth]) &&
      (givesValue === true || (path.length === need.path.length && what === need.what)),
  );
}

function untrusted(
  config: Trustable,
  { path, what }: TrustNeed,
  fault: string | undefined,
  host: Where,
): AtmosError {
  const refusal = `the configuration in ${config.directory} is not trusted: it ${withAsciiHosts(what)} (set by ${config.sourceOf(path)})${trustVariableNote(host)}`;
  return new AtmosError(
    'ERR_CONFIG_UNTRUSTED',
    fault === undefined ? refusal : `${refusal}; existing trust records are ignored: ${fault}`,
    {
      hints: [
        ...(fault === undefined ? [] : [showPermissions(trustDirectory(host))]),
        trustCommand(config, host),
        setVariable('ATMOS_AUTH_TRUST', '1', 'where no one can be prompted, as in CI'),
      ],
    },
  );
}

/** The command that finds the same files again, typed where the person is. */
function trustCommand(config: Trustable, host: Where): Hint {
  const { directory, projectFiles, profiles } = config;
  const working = host.workingDirectory();
  const isFoundHere = projectFiles.some(({ path }) => isBelow(working, dirname(path)));
  const start = isFoundHere ? working : directory;
  // After -C our working directory differs from that of the shell.
  const shell = host.leftDirectory() ?? working;
  const options = [
    ...(start === shell ? [] : ['-C', start]),
    ...(profiles.length === 0 ? [] : ['--profile', profiles.join(',')]),
  ];
  return run(['atmos', 'auth', 'trust', ...options]);
}

/** All files that came with the project, including those that `!include` read. */
export function projectFilesOf(files: readonly ConfigFile[]): { path: string; text: string }[] {
  return files.filter(({ origin }) => origin === 'project').flatMap(withIncluded);
}

/**
 * Sees to it that what loading the files runs is trusted.
 *
 * @throws ERR_CONFIG_UNTRUSTED
 */
export function requireTrustOfFiles(
  files: readonly ConfigFile[],
  directory: string,
  host: Host,
): void {
  const projectFiles = projectFilesOf(files);
  const profiles = [...new Set(files.flatMap(({ profile }) => profile ?? []))];
  for (const file of files) {
    // Checked even if another file overrides the value, because this file would run the command.
    const said = {
      originOf: () => file.origin,
      sourceOf: (path: readonly string[]) => sourceOf([file], path),
    };
    for (const need of needsOf(file)) {
      requireTrust({ ...said, projectFiles, profiles, directory }, need, host);
    }
  }
}

/** What loading a file runs. */
export function needsOf(file: ConfigFile): TrustNeed[] {
  if (file.origin !== 'project') return [];
  return file.commands.map(({ path, command }) => {
    return { path, what: `runs ${command}`, givesValue: true, source: sourceOf([file], path) };
  });
}

function withIncluded({ path, text, included }: ConfigFile) {
  return [{ path, text }, ...included.map((one) => ({ path: one.path, text: one.text }))];
}

/** For those who run nothing: what is missing for it. */
export function commandNotices(file: ConfigFile): LocatedProblem[] {
  const message = 'is the output of a command, which this command does not run';
  return file.commands.map(({ path }) => locateProblem({ path, message }, [file]));
}
