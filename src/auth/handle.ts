import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layer } from '../config/layer.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { setCommand, showCommand } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { sha256 } from '../core/sha256.ts';
import { makePrivateDirectories, randomId, replaceFile } from '../host/files.ts';
import { stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { irregularKindAt, readRegularFile } from '../host/regular-file.ts';
import type { KeyringSettings } from '../keyring/contract.ts';

/**
 * All that a `credential_process` needs to give the same credentials from another directory, with
 * another environment, pinned when the handle was made. Nothing secret.
 */
export interface Handle {
  /** The configuration, file by file, those of its profiles too. */
  readonly layers: readonly Layer[];
  /** The directory that the configuration is said to be in. */
  readonly directory: string;
  readonly realm: string;
  readonly identity: string;
  readonly keyring: KeyringSettings;
}

export interface HandlePaths {
  /** 22 letters: the same for the same content, so that a handle is made once. */
  readonly id: string;
  /** The AWS config file with the profile that names the handle. */
  readonly awsConfig: string;
  /** An empty file, to stand where other AWS files must not be read. */
  readonly empty: string;
}

const version = 2;
const idLength = 22;
const letters = 'abcdefghijklmnopqrstuvwxyz';

/**
 * Writes a handle and the AWS config file that uses it, readable by nobody else.
 *
 * @param awsConfig gives the text of that file for the handle's id
 * @throws ERR_IO, and what `awsConfig` throws
 */
export function writeHandle(
  handle: Handle,
  awsConfig: (id: string) => string,
  host: Host,
): HandlePaths {
  const text = textOfHandle(handle);
  const paths = handlePaths(idOf(text), host);
  const awsConfigText = awsConfig(paths.id);
  try {
    makePrivateDirectories(directory(host));
    keepFile(handleFile(paths.id, host), text);
    keepFile(paths.awsConfig, awsConfigText);
    keepFile(paths.empty, '');
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    const taken = [handleFile(paths.id, host), paths.awsConfig, paths.empty].find(irregularKindAt);
    const why = taken === undefined ? reason : `${taken} is ${irregularKindAt(taken)}`;
    throw new AtmosError(
      'ERR_IO',
      `cannot write the handle ${handleFile(paths.id, host)}: ${why}`,
      {
        hints: [
          taken === undefined
            ? setCommand('XDG_STATE_HOME', '<a directory that can be written>')
            : showCommand(taken),
        ],
        cause: error,
      },
    );
  }
  return paths;
}

/** Where {@link writeHandle} writes a handle. Writes nothing. */
export function findHandlePaths(handle: Handle, host: Host): HandlePaths {
  return handlePaths(idOf(textOfHandle(handle)), host);
}

function textOfHandle(handle: Handle): string {
  return JSON.stringify({ version, handle });
}

/** @throws ERR_HANDLE_UNKNOWN for one that is not there, not ours, or of another version */
export function readHandle(id: string, host: Host): Handle {
  const unknown = (why: string) =>
    new AtmosError(
      'ERR_HANDLE_UNKNOWN',
      `the handle ${JSON.stringify(id.slice(0, idLength))} ${why}`,
      {
        hints: ['atmos auth env   # writes a new one'],
      },
    );
  if (!new RegExp(`^[a-z]{${idLength}}$`).test(id)) throw unknown('is not one');
  const path = handleFile(id, host);
  const text = textOf(path);
  const kind = text === undefined ? irregularKindAt(path) : undefined;
  if (kind !== undefined) throw unknown(`cannot be read: ${path} is ${kind}`);
  if (text === undefined) throw unknown(`is not in ${directory(host)}`);
  // The name is the hash of the content: a changed file is not the handle that was made.
  if (idOf(text) !== id) throw unknown('was changed after it was made');
  const content = parseJson(text);
  if (!isObject(content) || content['version'] !== version || !isHandle(content['handle'])) {
    throw unknown('was made by another version of atmos-auth');
  }
  return content['handle'];
}

// What we wrote ourselves, as the hash says: enough to tell it from another layout.
function isHandle(value: unknown): value is Handle {
  if (!isObject(value)) return false;
  const { layers, realm, identity, keyring } = value;
  const areTexts = [value['directory'], realm, identity].every((text) => typeof text === 'string');
  return areTexts && Array.isArray(layers) && isObject(keyring);
}

function idOf(text: string): string {
  let number = BigInt(`0x${sha256(text)}`);
  let id = '';
  for (let i = 0; i < idLength; i++) {
    id += letters[Number(number % 26n)];
    number /= 26n;
  }
  return id;
}

function handlePaths(id: string, host: Host): HandlePaths {
  return {
    id,
    awsConfig: join(directory(host), `${id}.aws-config`),
    empty: join(directory(host), 'empty'),
  };
}

function handleFile(id: string, host: Host): string {
  return join(directory(host), `${id}.json`);
}

function directory(host: Host): string {
  return join(stateDirectory(host), 'handles');
}

/** Replaced whole. A handle is the same every time, so mostly there is nothing to write. */
function keepFile(path: string, text: string): void {
  if (textOf(path) === text) return;
  // Containers that share a home share process ids as well.
  const temporary = `${path}.${randomId()}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    replaceFile(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch {
    return undefined;
  }
}
