import { dirname, parse } from 'node:path';
import type { Config } from '../config/config.ts';
import { findGitRoot, isBelow } from '../config/git-root.ts';
import type { Sourced } from '../core/json.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import { isPasswordVariable, saysPassword } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { linkStatOf, realPathIfVisible, realPathOf, statOf } from '../host/read-files.ts';
import type { KeyringSettings } from '../keyring/contract.ts';

type Passwords = Pick<KeyringSettings, 'passwordEnv' | 'passwordFile'>;
type Project = Pick<Config, 'directory' | 'projectFiles'>;
type Where = Pick<Host, 'userId' | 'homeDirectory'>;
type Environment = Pick<Host, 'env'>;

/** Where the container's runtime, Docker, Kubernetes or systemd mount secrets. */
const mountedSecrets = ['/run/secrets', '/run/credentials'];

/**
 * What storing credentials in the file keyring does that needs trust: it encrypts them under a password
 * that the author of a file can know who says where the password is.
 *
 * Without trust such a file may name a variable that by its name is one for a password, and a file that
 * by its name holds one, is not beside the project, and is private or a mounted secret. A file that
 * does not exist gives no password, so it needs none; nor does one that is not read, because the
 * variable of the password is set.
 *
 * @param config what the settings were made of. Undefined: no file
 */
export function storingNeeds(
  { passwordEnv, passwordFile }: Passwords,
  config: Project | undefined,
  host: Where & Environment,
): TrustNeed[] {
  if (config === undefined) return [];
  const isFileRead = host.env[passwordEnv.value] === undefined;
  const needs: TrustNeed[] = [];
  const add = (path: readonly string[] | undefined, what: string) =>
    path &&
    needs.push({
      path,
      what: `stores credentials under a password that its author can know, ${what}`,
      occasion: 'storing',
    });
  if (!isPasswordVariable(passwordEnv.value)) {
    const what = `the value of the variable ${passwordEnv.value}`;
    add(pathOf(passwordEnv, 'password_env', 'ATMOS_KEYRING_PASSWORD_ENV'), what);
  }
  if (
    isFileRead &&
    passwordFile !== undefined &&
    !isOnlyKnownToUser(passwordFile.value, config, host)
  ) {
    const what = `the content of ${passwordFile.value}`;
    add(pathOf(passwordFile, 'password_file', 'ATMOS_KEYRING_PASSWORD_FILE'), what);
  }
  return needs;
}

/** A line about a keyring that is inside of the project, or undefined where it is not. */
export function directoryNotice(
  { directory }: Pick<KeyringSettings, 'directory'>,
  config: Project | undefined,
  host: Where,
): string | undefined {
  const path = realPathIfVisible(directory.value);
  const checkout = config && checkoutsOf(config, host).find((root) => isBelow(path, root));
  if (checkout === undefined) return undefined;
  return `the keyring ${directory.value} is inside the project ${checkout}: its entries are encrypted, but may be committed and copied with it`;
}

/** Where a configuration file says it; undefined where the environment or the default does. */
function pathOf(
  { source }: Sourced<string>,
  key: string,
  variable: string,
): readonly string[] | undefined {
  // Its source begins with which of the two has said it.
  if (source.startsWith('auth.')) return ['auth', 'keyring', 'spec', key];
  return source.startsWith('env.') ? ['env', variable] : undefined;
}

function isOnlyKnownToUser(path: string, config: Project, host: Where): boolean {
  try {
    // Asked by the path itself: a pipe, as /dev/stdin may be, is there and has no real path.
    if (statOf(path) === undefined) return true;
    const real = realPathOf(path);
    const stats = linkStatOf(real);
    if (!stats?.isFile() || !saysPassword(parse(real).name)) return false;
    if (isBesideProject(real, config, host)) return false;
    if (mountedSecrets.some((directory) => isBelow(real, directory))) return true;
    const permissions = permissionCheckFor(host.userId).permissionsOf(real, stats);
    const { isOurs, others } = permissions ?? {};
    return isOurs === true && others?.read === false && !others.write;
  } catch {
    return false;
  }
}

/**
 * Whether the file may have come along with the project: it is in the project, or in a directory around
 * it, as an archive unpacks one and a git submodule has one. The user's home, and what is above it, is
 * around everything and counts as none.
 */
function isBesideProject(file: string, config: Project, host: Where): boolean {
  const home = homeOf(host);
  return placesOf(config).some((place) => !isIn(home, nearestShared(place, file)));
}

/** The nearest directory that both are in. Absolute paths. */
function nearestShared(directory: string, path: string): string {
  return isBelow(path, directory) ? directory : nearestShared(dirname(directory), path);
}

/**
 * Directories that the author of the project's files fills: those of the files, and the root of the git
 * repository around each. Not one that has the user's home in it: that is no checkout.
 */
function checkoutsOf(config: Project, host: Where): string[] {
  const home = homeOf(host);
  const roots = placesOf(config).flatMap((place) => [findGitRoot(place) ?? place, place]);
  return [...new Set(roots)].filter((root) => !isIn(home, root));
}

function homeOf({ homeDirectory }: Where): string | undefined {
  return homeDirectory === undefined ? undefined : realPathIfVisible(homeDirectory);
}

/** Without a home directory only the root is around everything. */
function isIn(home: string | undefined, directory: string): boolean {
  return home === undefined ? dirname(directory) === directory : isBelow(home, directory);
}

/** The directories of the project's files. */
function placesOf({ directory, projectFiles }: Project): string[] {
  const places = projectFiles.map(({ path }) => dirname(realPathIfVisible(path)));
  return places.length === 0 ? [] : [realPathIfVisible(directory), ...places];
}
