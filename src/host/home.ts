import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { placeholder, say, setVariable } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { hasSecretKey } from '../core/printable.ts';
import type { Host } from './host.ts';

// Finds the home directory and the directories of atmos-auth in it. src/host/closed-home.ts checks
// whether the home directory can be searched, src/host/own-directory.ts whether something may be
// created in it: not every command needs to load those.

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory'>;
/** The properties that an error about the home directory reports. */
export type Who = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

type Kind = 'DATA' | 'CONFIG' | 'CACHE' | 'STATE';

/** The placeholder for the value of a variable in hints. */
export const directoryOfYourOwn = placeholder('a directory of your own');

/**
 * The directory of atmos-auth of each kind, `<base>/atmos`. The base is `ATMOS_XDG_<KIND>_HOME`,
 * then `XDG_<KIND>_HOME`, then the XDG default (also on macOS); on Windows it is `%LOCALAPPDATA%`
 * (`\cache` in it for the cache), as in Atmos. A relative value is ignored, as the XDG
 * specification requires.
 *
 * @returns undefined if no variable names a directory and there is no home directory
 */
export function dataDirectory(host: Where): string | undefined {
  return ours(host, 'DATA', ['.local', 'share']);
}

export function configDirectory(host: Where): string | undefined {
  return ours(host, 'CONFIG', ['.config']);
}

export function cacheDirectory(host: Where): string | undefined {
  return ours(host, 'CACHE', ['.cache']);
}

export function stateDirectory(host: Where): string | undefined {
  return ours(host, 'STATE', ['.local', 'state']);
}

/** Windows: `%LOCALAPPDATA%`, or its default in the home directory if the variable is not set. */
export function localDirectory(
  env: Host['env'],
  homeDirectory: string | undefined,
): string | undefined {
  return env['LOCALAPPDATA'] || (homeDirectory && join(homeDirectory, 'AppData', 'Local'));
}

function ours(host: Where, kind: Kind, fallback: readonly string[]): string | undefined {
  for (const name of [`ATMOS_XDG_${kind}_HOME`, `XDG_${kind}_HOME`]) {
    const base = host.env[name];
    if (base && isAbsolute(base)) return join(base, 'atmos');
  }
  const { env, platform, homeDirectory } = host;
  if (platform !== 'win32') return homeDirectory && join(homeDirectory, ...fallback, 'atmos');
  const local = localDirectory(env, homeDirectory);
  return local && join(local, ...(kind === 'CACHE' ? ['cache'] : []), 'atmos');
}

/**
 * {@link stateDirectory}, if it is required.
 *
 * @param what will be stored in it, for the message: `a handle`
 * @throws ERR_USAGE with HOME and the variable that replaces it
 */
export function requireStateDirectory(what: string, host: Where & Who): string {
  const directory = stateDirectory(host);
  if (directory === undefined) throw noHome(what, ['XDG_STATE_HOME'], host);
  return directory;
}

/**
 * Expands a leading `~` to the home directory in a path that no shell has expanded.
 *
 * @returns undefined for such a path if there is no home directory
 */
export function fromHome(path: string, homeDirectory: string | undefined): string | undefined {
  const isInHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${sep}`);
  if (!isInHome) return path;
  return homeDirectory && join(homeDirectory, path.slice(1));
}

/**
 * {@link fromHome} for a path that is required.
 *
 * @throws ERR_USAGE with the setting or option that contains the path
 */
export function requireFromHome(said: Sourced<string>, host: Who): string {
  const path = fromHome(requirePath(said), host.homeDirectory);
  if (path !== undefined) return path;
  throw noHome(`the ~ in the path from ${said.source}`, [], host);
}

/**
 * A path from an option, a variable or a caller, checked before a function of Node rejects it with
 * an error that names no setting. In a configuration, a NUL is reported at its position before. A secret
 * key of age is what a user pastes by mistake where the name of its file belongs: a message would show it.
 *
 * @throws ERR_USAGE with the source of a path that no file system can contain, and of a secret key
 */
export function requirePath({ value, source }: Sourced<string>): string {
  if (hasSecretKey(value)) {
    throw new AtmosError(
      'ERR_USAGE',
      `the path from ${source} is a secret key of age, not a path`,
      {
        hints: [
          say('name the file that contains the key, and replace the key if others may see it'),
        ],
      },
    );
  }
  if (!value.includes('\0')) return value;
  throw new AtmosError('ERR_USAGE', `the path from ${source} contains a NUL character`);
}

/**
 * Text for people with `~` for the home directory in each path: `~/infra/atmos.yaml:3:5`. Not for
 * commands and JSON: `~` in quotes is no directory.
 */
export function abbreviateHome(
  text: string,
  { homeDirectory }: Pick<Host, 'homeDirectory'>,
): string {
  const home = homeDirectory?.replace(/[/\\]+$/, '') ?? '';
  // A home directory such as / would be in every path.
  if (home === '' || dirname(home) === home) return text;
  const [first = '', ...others] = text.split(home);
  return others.reduce((before, after) => {
    const isPath = /(^|[\s"'`(,=])$/.test(before) && /^($|[\s"'`),;:/\\])/.test(after);
    return `${before}${isPath ? '~' : home}${after}`;
  }, first);
}

/**
 * @param what needs the home directory, for the message: `the keyring`
 * @param variables each of which can specify an alternative directory
 * @param place placeholder for the value of those variables in hints
 */
export function noHome(
  what: string,
  variables: readonly string[],
  { env, userId }: Pick<Who, 'env' | 'userId'>,
  place = directoryOfYourOwn,
): AtmosError {
  const name = userId === undefined ? 'USERPROFILE' : 'HOME';
  const home = env[name];
  const state = home === undefined ? 'not set' : home === '' ? 'empty' : 'not an absolute path';
  const entry = userId === undefined ? '' : `, and the passwd database has none for user ${userId}`;
  return new AtmosError('ERR_USAGE', `no home directory for ${what}: ${name} is ${state}${entry}`, {
    hints: [
      setVariable(name, directoryOfYourOwn),
      ...variables.map((variable) => setVariable(variable, place)),
    ],
  });
}

/** Whether a path is a directory or is inside it. Both are absolute. */
export function isIn(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}
