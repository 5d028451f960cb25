import { dirname, join } from 'node:path';
import type { LoadOptions } from '../config/load.ts';
import { isAtmosError, systemErrorCode } from '../core/errors.ts';
import { sha256 } from '../core/sha256.ts';
import { stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { removeOldFiles } from '../host/leftovers.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { recordReads } from '../host/read-recorder.ts';
import {
  circumstancesOf,
  readRecorded,
  usesRecords,
  writeRecorded,
  type Recorded,
} from '../host/record-file.ts';

/** With fewer names, reading the configuration is fast enough. */
const minNames = 200;
const recordVersion = 1;
/** The variables that choose the files of the configuration. None holds a secret. */
const choosingNames = [
  'ATMOS_BASE_PATH',
  'ATMOS_CLI_CONFIG_PATH',
  'ATMOS_CONFIG',
  'ATMOS_CONFIG_PATH',
  'ATMOS_GIT_ROOT_BASEPATH',
  'ATMOS_PROFILE',
];
/** Each directory in which names are completed has a record. */
const maxAgeMs = 30 * 24 * 60 * 60 * 1000;

/**
 * The names of the identities or providers, for completion: runs nothing, and leaves out what is wrong.
 * Many names are kept in a file, and taken from it while nothing that decided them has changed:
 * docs/speed.md.
 *
 * @throws as `loadConfig`
 */
export async function listNames(
  what: 'identity' | 'provider',
  options: LoadOptions,
  host: Host,
): Promise<readonly string[]> {
  const record = recordOf(what, options, host);
  if (record === undefined) return (await load(what, options, host)).names;
  const { path, circumstances } = record;
  const known = readRecorded(path, circumstances, host)?.result;
  if (isNames(known)) return known;
  const { result, reads } = await recordReads(() => load(what, options, host), host.now());
  const { names, hasTags } = result;
  if (names.length >= minNames && !hasTags && !('refusal' in reads))
    keep({ path, circumstances }, { result: names, seen: reads.seen }, host);
  return names;
}

async function load(what: 'identity' | 'provider', options: LoadOptions, host: Host) {
  // Loaded only then: it is most of the program.
  const { loadConfig } = await import('../auth/load-config.ts');
  const config = await loadConfig({ ...options, isStatic: true, report: () => {} }, host);
  const named = what === 'identity' ? config.identities : config.providers;
  return { names: named.map(({ name }) => name), hasTags: config.hasTags };
}

interface Place {
  readonly path: string;
  readonly circumstances: object;
}

/** Undefined if nothing is recorded here. */
function recordOf(what: string, options: LoadOptions, host: Host): Place | undefined {
  const state = stateDirectory(host);
  if (state === undefined || !usesRecords(host)) return undefined;
  const directory = host.workingDirectory();
  const circumstances = {
    ...circumstancesOf(host, recordVersion),
    directory,
    what,
    options,
    choosing: choosingNames.map((name) => host.env[name] ?? null),
  };
  const id = sha256(JSON.stringify([directory, what, options])).slice(0, 32);
  return { path: join(state, 'completion', `${id}.json`), circumstances };
}

/** If it cannot be written, the next completion reads the configuration again. */
function keep({ path, circumstances }: Place, recorded: Recorded<readonly string[]>, host: Host) {
  try {
    makeOwnDirectories(dirname(path), host);
    writeRecorded(path, circumstances, recorded, host);
    removeOldFiles(dirname(path), maxAgeMs, host);
  } catch (error) {
    if (systemErrorCode(error) === undefined && !isAtmosError(error)) throw error;
  }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
