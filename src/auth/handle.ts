import { dirname, join } from 'node:path';
import type { Layer } from '../config/layer.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { placeholder, setVariable, showPermissions, type Hint } from '../core/hint.ts';
import { sha256 } from '../core/sha256.ts';
import { reasonOf } from '../host/denial.ts';
import { replacePrivately } from '../host/files.ts';
import { directoryOfYourOwn, requireStateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { followOwnPaths, type PathFault } from '../host/own-path.ts';
import { irregularKindAt, readRegularFile } from '../host/read-files.ts';
import type { PinnedKeyring } from '../keyring/contract.ts';

/**
 * What a `credential_process` needs to return the same credentials from another directory or with
 * another environment, fixed when the handle is written. Contains no secret.
 */
export interface Handle {
  /** The configuration, file by file, those of its profiles too. */
  readonly layers: readonly Layer[];
  /** The directory that the configuration is said to be in. */
  readonly directory: string;
  readonly realm: string;
  readonly identity: string;
  readonly keyring: PinnedKeyring;
  /**
   * The variables of the environment that determine the endpoint of AWS, without a password. Absent
   * if the environment has no such variable.
   */
  readonly endpointVariables?: Readonly<Record<string, string>>;
}

export interface HandlePaths {
  /** The handle itself, absolute. */
  readonly file: string;
  /** 22 letters: the same for the same content, so that a handle is made once. */
  readonly id: string;
  /** The AWS config file with the profile that names the handle. */
  readonly awsConfig: string;
  /** An empty file, to stand where other AWS files must not be read. */
  readonly empty: string;
}

export const handleVersion = 2;
export const idLength = 22;
const letters = 'abcdefghijklmnopqrstuvwxyz';

/**
 * Writes a handle and the AWS config file that uses it, readable only by the user.
 *
 * @param awsConfig gives the text of that file
 * @throws ERR_IO, also where another user could replace the handle, so that reading would refuse it;
 *   ERR_USAGE without a home directory or in that of another user; what `awsConfig` throws
 */
export function writeHandle(
  handle: Handle,
  awsConfig: (paths: HandlePaths) => string,
  host: Host,
): HandlePaths {
  const text = textOfHandle(handle);
  const paths = handlePaths(idOf(text), host);
  const awsConfigText = awsConfig(paths);
  const files = [paths.file, paths.awsConfig, paths.empty];
  try {
    makeOwnDirectories(dirname(paths.file), host);
    keepFile(paths.file, text);
    keepFile(paths.awsConfig, awsConfigText);
    keepFile(paths.empty, '');
    requireOwnPaths(files, host);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    const taken = files.find(irregularKindAt);
    const why =
      taken === undefined ? reasonOf(reason, paths.file) : `${taken} is ${irregularKindAt(taken)}`;
    throw new AtmosError('ERR_IO', `cannot write the handle ${paths.file}: ${why}`, {
      hints: [
        taken === undefined
          ? setVariable('XDG_STATE_HOME', placeholder('a directory that can be written'))
          : showPermissions(taken),
      ],
      cause: error,
    });
  }
  return paths;
}

/** Checks the same as reading does, so that no program gets a handle that is refused later. */
function requireOwnPaths(paths: readonly string[], { userId }: Host): void {
  followOwnPaths(paths, userId, 'file', (fault, path) => {
    const message = `${path} cannot hold a handle: ${describeFault(fault)}`;
    throw new AtmosError('ERR_IO', message, { hints: [faultHint(fault)] });
  });
}

export function describeFault({ at, kind, permissions }: PathFault): string {
  if (kind === 'no-directory') return `${at} is not a directory`;
  if (kind === 'owner') return `${at} belongs to ${permissions?.owner}, who could replace it`;
  if (kind === 'writable') return `${at} can be written by other users, who could replace it`;
  return `${at} was replaced while it was checked`;
}

/** What fixes it: our own directory can be closed; below that of another user a new place is needed. */
export function faultHint({ at, kind, permissions }: PathFault): Hint {
  if (kind === 'replaced' || permissions === undefined) return showPermissions(at);
  return kind === 'writable' && permissions.isOurs
    ? permissions.withdrawCommand()
    : setVariable('XDG_STATE_HOME', directoryOfYourOwn);
}

/** Where {@link writeHandle} writes a handle. Writes nothing. */
export function findHandlePaths(handle: Handle, host: Host): HandlePaths {
  return handlePaths(idOf(textOfHandle(handle)), host);
}

function textOfHandle(handle: Handle): string {
  return JSON.stringify({ version: handleVersion, handle });
}

/** The name of a handle: a hash of its content. */
export function idOf(text: string): string {
  let number = BigInt(`0x${sha256(text)}`);
  let id = '';
  for (let i = 0; i < idLength; i++) {
    id += letters[Number(number % 26n)];
    number /= 26n;
  }
  return id;
}

/** @throws ERR_USAGE without a home directory, where no variable names another */
export function handlePaths(id: string, host: Host): HandlePaths {
  const directory = join(requireStateDirectory('a handle', host), 'handles');
  return {
    id,
    file: join(directory, `${id}.json`),
    awsConfig: join(directory, `${id}.aws-config`),
    empty: join(directory, 'empty'),
  };
}

/** Replaced whole. A handle is the same every time, so mostly there is nothing to write. */
function keepFile(path: string, text: string): void {
  if (textOf(path) !== text) replacePrivately(path, text);
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch {
    return undefined;
  }
}
