import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { placeholder, setVariable } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Host } from './host.ts';

// Where the home directory and our directories in it are. Whether it can be searched decides
// src/host/closed-home.ts, whether we may create something in it src/host/own-directory.ts: not every
// start has to load those.

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory'>;
/** What an error about the home directory says. */
export type Who = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

type Kind = 'DATA' | 'CONFIG' | 'CACHE' | 'STATE';

/** For hints: the value that a variable needs. */
export const directoryOfYourOwn = placeholder('a directory of your own');

/**
 * Our directory of each kind, `<base>/atmos`. The base is `ATMOS_XDG_<KIND>_HOME`, then
 * `XDG_<KIND>_HOME`, then the XDG default, on macOS too, and on Windows `%LOCALAPPDATA%` (`\cache`
 * in it for the cache), as in Atmos. A relative value is ignored, as the XDG specification says.
 * Undefined where the variables name none and there is no home directory.
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

/** Windows: `%LOCALAPPDATA%`, which a program may be started without. */
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
 * {@link stateDirectory} for those who cannot do without.
 *
 * @param what is to be there, for the message: `a handle`
 * @throws ERR_USAGE naming HOME and the variable that replaces it
 */
export function requireStateDirectory(what: string, host: Where & Who): string {
  const directory = stateDirectory(host);
  if (directory === undefined) throw noHome(what, ['XDG_STATE_HOME'], host);
  return directory;
}

/**
 * A path in which `~` stands for the home directory, for where no shell has put it in. Undefined for
 * such a path without a home directory.
 */
export function fromHome(path: string, homeDirectory: string | undefined): string | undefined {
  const isInHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${sep}`);
  if (!isInHome) return path;
  return homeDirectory && join(homeDirectory, path.slice(1));
}

/**
 * {@link fromHome} for a path that is needed.
 *
 * @throws ERR_USAGE naming who gave the path
 */
export function requireFromHome({ value, source }: Sourced<string>, host: Who): string {
  const path = fromHome(value, host.homeDirectory);
  if (path !== undefined) return path;
  throw noHome(`the path that ${source} gives, which starts with ~`, [], host);
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
 * @param variables each of which would name something in its place
 * @param place what those name, for the hints
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
  const entry = userId === undefined ? '' : `, and user ${userId} has none in the passwd database`;
  return new AtmosError('ERR_USAGE', `no home directory for ${what}: ${name} is ${state}${entry}`, {
    hints: [
      setVariable(name, directoryOfYourOwn),
      ...variables.map((variable) => setVariable(variable, place)),
    ],
  });
}

/** Whether a path is a directory, or in it. Both absolute. */
export function isIn(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}
