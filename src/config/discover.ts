import { dirname, join, resolve } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import type { Sourced } from '../core/sourced.ts';
import type { Host } from '../host/host.ts';
import { checkOwnership } from './ownership.ts';
import { parseConfigFile } from './parse-file.ts';
import type { ConfigFile } from './places.ts';
import { isFile, readText } from './read.ts';

type Where = Pick<Host, 'env' | 'userId' | 'workingDirectory'>;

/** The files that are merged before any profile. */
export interface BaseFiles {
  /** At least one, in the order they are merged. */
  readonly files: readonly ConfigFile[];
  /** Named by a person, so trusted. */
  readonly isExplicit: boolean;
  readonly warnings: readonly string[];
}

const fileNames = ['atmos.yaml', 'atmos.yml'];

/** The least that works, for whoever has no atmos.yaml yet. */
const minimalFile = `# atmos.yaml
auth:
  keyring:
    type: file
  identities:
    dev:
      kind: aws/user
      default: true`;

/** Files somebody named. */
export interface NamedFiles {
  readonly names: readonly Sourced<string>[];
  /** False when they were found by searching once, and so are checked like those found now. */
  readonly isExplicit: boolean;
}

/**
 * Reads the files that are named, else those of `ATMOS_CONFIG`. Without either it searches:
 *
 * 1. atmos.yaml, or atmos.yml, in the working directory; only if that has none and
 *    `ATMOS_CLI_CONFIG_PATH` is not set, in the nearest directory above that has one;
 * 2. in the directory `ATMOS_CLI_CONFIG_PATH`, over the first.
 *
 * Of Atmos's places, those of the system, the home directory and the root of the git repository are
 * not looked at yet, nor `atmos.d` and `import:`.
 *
 * @throws ERR_CONFIG_NOT_FOUND with the places looked at, ERR_CONFIG_UNREADABLE, ERR_CONFIG_SYNTAX,
 * ERR_CONFIG_INVALID, ERR_CONFIG_UNTRUSTED, or ERR_USAGE for an empty name
 */
export function readBaseFiles(named: NamedFiles, host: Where): BaseFiles {
  const { names, isExplicit } =
    named.names.length > 0 ? named : { names: namesInEnvironment(host), isExplicit: true };
  if (names.length === 0) return searchFiles(host);
  const files = names.map((name) => readNamed(name, isExplicit, host));
  return { files, isExplicit, warnings: [] };
}

function namesInEnvironment(host: Where): Sourced<string>[] {
  const list = host.env['ATMOS_CONFIG'];
  const names = list ? list.split(',') : [];
  return names.map((name) => ({ value: name.trim(), source: 'ATMOS_CONFIG' }));
}

function readNamed(
  { value, source }: Sourced<string>,
  isExplicit: boolean,
  host: Where,
): ConfigFile {
  if (value === '') {
    throw new AtmosError('ERR_USAGE', `${source} needs the name of a file, and got an empty one`);
  }
  const path = resolve(host.workingDirectory(), value);
  const read = readText(path, source);
  if (read === undefined) {
    throw new AtmosError('ERR_CONFIG_NOT_FOUND', `${path} (from ${source}) does not exist`);
  }
  if (!isExplicit) checkOwnership(path, read.stats, host);
  return parseConfigFile({ path, text: read.text }, host);
}

function searchFiles(host: Where): BaseFiles {
  const lookedIn: string[] = [];
  const look = (directory: string) => {
    lookedIn.push(directory);
    return readFound(directory, host);
  };
  const working = host.workingDirectory();
  const chosen = chosenDirectory(host);
  const first = look(working) ?? (chosen === undefined ? lookAbove(working, look) : undefined);
  const over = chosen === undefined || chosen === working ? undefined : look(chosen);
  const files = [first, over].filter((file) => file !== undefined);
  if (files.length === 0) throw notFound(lookedIn);
  const hasChosen = chosen === undefined || files.some(({ path }) => dirname(path) === chosen);
  const warning = `ATMOS_CLI_CONFIG_PATH names ${chosen ?? ''}, which has no atmos.yaml`;
  return { files, isExplicit: false, warnings: hasChosen ? [] : [warning] };
}

function chosenDirectory(host: Where): string | undefined {
  const directory = host.env['ATMOS_CLI_CONFIG_PATH'];
  return directory ? resolve(host.workingDirectory(), directory) : undefined;
}

function lookAbove(
  directory: string,
  look: (directory: string) => ConfigFile | undefined,
): ConfigFile | undefined {
  const parent = dirname(directory);
  return parent === directory ? undefined : (look(parent) ?? lookAbove(parent, look));
}

function readFound(directory: string, host: Where): ConfigFile | undefined {
  for (const name of fileNames) {
    const path = join(directory, name);
    // A directory may have the name too; it is not what is looked for.
    const read = isFile(path) ? readText(path) : undefined;
    if (read === undefined) continue;
    checkOwnership(path, read.stats, host);
    return parseConfigFile({ path, text: read.text }, host);
  }
  return undefined;
}

function notFound(lookedIn: readonly string[]): AtmosError {
  const places = lookedIn.join(', ');
  return new AtmosError(
    'ERR_CONFIG_NOT_FOUND',
    `no atmos.yaml: looked for ${fileNames.join(' and ')} in ${places}`,
    { hints: [minimalFile] },
  );
}
