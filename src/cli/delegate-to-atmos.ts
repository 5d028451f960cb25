import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { nearestName } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import type { Host } from '../host/host.ts';
import { runChild } from '../host/run-child.ts';

export interface Delegation {
  /** The command that is not ours. */
  readonly command: string;
  /** The whole command line, passed on as it is. */
  readonly args: readonly string[];
  readonly ourCommands: ReadonlySet<string>;
}

/**
 * Who had this command line already, for the case that the next `atmos` leads back to us (a script
 * of a package manager, a second copy): then the one after it is taken. The command line is part of
 * it, so that what the next one starts begins anew.
 */
const guardVariable = 'ATMOS_AUTH_HANDED_OVER';

/**
 * Gives a command line to the next `atmos` on PATH that is not ourselves, and returns its exit code.
 *
 * @throws ERR_USAGE when there is none
 */
export async function delegateToAtmos(
  host: Host,
  { command, args, ourCommands }: Delegation,
): Promise<number> {
  const digest = sha256(JSON.stringify(args));
  const [guard, ...before] = (host.env[guardVariable] ?? '').split(delimiter);
  const tried = [...(guard === digest ? before : []), host.scriptPath];
  const next = await nextOnPath(host, tried);
  if (next === undefined) throw nobodyTakes(command, ourCommands);
  const env = { ...host.env, [guardVariable]: [digest, ...tried, next].join(delimiter) };
  return runChild(host, [next, ...args], env);
}

async function nextOnPath(host: Host, tried: readonly string[]): Promise<string | undefined> {
  const isOther = (file: string) =>
    isProgram(file) &&
    !tried.some((other) => isSameFile(file, other)) &&
    !leadsTo(file, host.scriptPath);
  return (await candidates(host)).find(isOther);
}

async function candidates({ env, platform }: Host): Promise<string[]> {
  if (platform === 'win32') {
    return (await import('../host/windows/programs.ts')).programFiles('atmos', env);
  }
  const directories = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, 'atmos'));
}

// What package managers put on PATH on Windows. It has a few lines.
const maxShimBytes = 8192;

/**
 * Whether a batch file starts our script: `"%dp0%\node_modules\…\main.cjs" %*`. One that cannot be
 * read may do so, and could not be run either.
 */
function leadsTo(file: string, script: string): boolean {
  if (!/\.(cmd|bat)$/i.test(file)) return false;
  const text = readShim(file);
  if (text === undefined) return true;
  const named = text.matchAll(/%(?:~dp0|dp0%)([^"%\r\n]+)/gi);
  return Array.from(named, ([, path = '']) => path.replaceAll('\\', '/')).some((path) =>
    isSameFile(join(dirname(file), path), script),
  );
}

/** Nothing of a file that is too large for one. Undefined: it cannot be read. */
function readShim(file: string): string | undefined {
  try {
    return statSync(file).size > maxShimBytes ? '' : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return (a.dev === b.dev && a.ino === b.ino) || realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

function nobodyTakes(command: string, ourCommands: ReadonlySet<string>): AtmosError {
  const nearest = nearestName(command, ourCommands);
  return new AtmosError(
    'ERR_USAGE',
    `${JSON.stringify(command)} is not a command of atmos-auth, and there is no other atmos on PATH to hand it to`,
    {
      hints: [
        ...(nearest === undefined ? [] : [`did you mean atmos ${nearest}?`]),
        'atmos --help',
        'install Atmos for its other commands, and put it on PATH behind this one',
      ],
    },
  );
}
