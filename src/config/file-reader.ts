import { dirname, isAbsolute, join } from 'node:path';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { removeFile } from '../core/hint.ts';
import { quoteValue, showValue } from '../core/json.ts';
import { isMap } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import { statIfVisible } from '../host/read-files.ts';
import { atmosProvisionedPath } from './atmos-list.ts';
import { placeIn, sourceOf, tagAt, valueAt, type ConfigFile } from './config-file.ts';
import { findYamlFiles, fragmentDirectories, type FoundPlace } from './find-config-files.ts';
import { findGitRoot, isBelow } from './git-root.ts';
import { findImport, importStarts, resolveBasePath } from './imports.ts';
import type { Layer, Origin } from './layer.ts';
import { checkOwnership } from './ownership.ts';
import { parseConfigFile } from './parse-file.ts';
import { ConfigError, locateProblem, type LocatedProblem } from './problems.ts';
import { readText } from './read.ts';
import { remoteImportHint } from './remote-imports.ts';

/** The maximum depth of nested imports, as in Atmos. */
const maxImportDepth = 10;

export interface FileReaderOptions {
  readonly host: Host;
  /** What `--base-path` or its variable says. */
  readonly chosenBasePath: string | undefined;
  readonly report: (problem: LocatedProblem) => void;
  readonly warn: (notice: LocatedProblem) => void;
  /**
   * Called with the position of each import that is not fetched: `import.0 (/p/atmos.yaml:2:5)`.
   */
  readonly onRemoteImport: (source: string) => void;
}

/**
 * Reads files with their imports, in the order they are merged: later files override earlier ones.
 */
export interface FileReader {
  /** Reads a configuration file after the fragments beside it and after the imports of both. */
  readPlace(place: FoundPlace): Promise<ConfigFile[]>;
  /**
   * Reads all files of a profile's directory, each after its imports.
   *
   * @param by the configuration file whose base path they share; undefined without one
   */
  readDirectory(directory: Layer, by: ConfigFile | undefined): Promise<ConfigFile[]>;
  /** Exactly that file. @throws ERR_CONFIG_NOT_FOUND */
  readLayer(layer: Layer): Promise<ConfigFile[]>;
}

interface Importing {
  readonly origin: Origin;
  readonly profile?: string | undefined;
  /** The configuration file whose base path relative imports start from. */
  readonly owner: ConfigFile;
  /** The files that import one another, the outermost first. */
  readonly chain: readonly string[];
}

export function createFileReader(options: FileReaderOptions): FileReader {
  const { host, report, warn } = options;

  async function readPlace({ path, kind, origin, from }: FoundPlace): Promise<ConfigFile[]> {
    if (kind === 'fragments') return readDirectory({ path, origin }, undefined);
    const file = await readFile(path, { origin }, { from });
    const directory = dirname(path);
    const fragments = await inOrder(fragmentDirectories, (name) =>
      readDirectory({ path: join(directory, name), origin }, file),
    );
    if (file === undefined) return fragments;
    return [...fragments, ...(await readTree(file, { origin, owner: file, chain: [] }))];
  }

  function readDirectory(
    { path, origin, profile }: Layer,
    by: ConfigFile | undefined,
  ): Promise<ConfigFile[]> {
    return inOrder(findYamlFiles(path), async (one) => {
      const file = await readFile(one, { origin, profile });
      if (file === undefined) return [];
      return readTree(file, { origin, profile, owner: by ?? file, chain: [] });
    });
  }

  function basePathOf({ path, settings }: ConfigFile): string {
    const chosen = options.chosenBasePath;
    return resolveBasePath({ chosen, said: settings['base_path'], file: path }, host);
  }

  async function readLayer(layer: Layer): Promise<ConfigFile[]> {
    const file = await readFile(layer.path, layer, { from: 'the handle' });
    return file === undefined ? [] : [file];
  }

  /** The file after its imports. */
  async function readTree(file: ConfigFile, by: Importing): Promise<ConfigFile[]> {
    const inner = { ...by, chain: [...by.chain, file.path] };
    // One may name the provider that it is for.
    const provisioned = provisionedFiles(file, host).filter(
      ({ path }) => !inner.chain.includes(path),
    );
    return [
      ...(await inOrder(provisioned, (one) => readProvisioned(one, file, inner))),
      ...(await inOrder(entriesOf(file), (entry) => readImport(entry, file, inner))),
      file,
    ];
  }

  /** Atmos wrote it, so a fault in it is a warning: it must not stop what needs none of its identities. */
  async function readProvisioned(
    { provider, path }: ProvisionedFile,
    importing: ConfigFile,
    inner: Importing,
  ): Promise<ConfigFile[]> {
    const by = { ...inner, origin: 'user' } as const;
    const faults: string[] = [];
    try {
      const file = await readFile(path, by, { onFault: ({ text }) => void faults.push(text) });
      if (file !== undefined && faults.length === 0) return await readTree(file, by);
    } catch (error) {
      if (!isAtmosError(error)) throw error;
      faults.push(error.message);
    }
    const message = `has identities that Atmos listed, which are not used: ${faults[0]}`;
    const hint = removeFile(path, 'Atmos writes it again after a login');
    warn(locateProblem({ path: ['auth', 'providers', provider], message, hint }, [importing]));
    return [];
  }

  async function readImported(path: string, by: Importing): Promise<ConfigFile[]> {
    const file = await readFile(path, by);
    return file === undefined ? [] : readTree(file, by);
  }

  async function readImport(
    { value, path }: ImportEntry,
    file: ConfigFile,
    inner: Importing,
  ): Promise<ConfigFile[]> {
    const refuse = (message: string) => {
      report(locateProblem({ path, message, file }, [file]));
      return [];
    };
    const basePath = basePathOf(inner.owner);
    const starts = importStarts(basePath, file.path);
    const found = await findImport(value, starts);
    if (found.kind === 'remote') {
      const message = 'is a remote import, which is not fetched';
      warn(locateProblem({ path, message, hint: remoteImportHint, file }, [file]));
      options.onRemoteImport(sourceOf([file], path));
      return [];
    }
    if (found.kind === 'missing') {
      const baseTag = options.chosenBasePath ? undefined : tagAt([inner.owner], ['base_path']);
      const shownStarts = starts.map((start) =>
        start === basePath ? showValue({ value: start, tag: baseTag }) : start,
      );
      const named = quoteValue({ value, tag: tagAt([file], path) });
      const message = `names ${named}, not found in ${shownStarts.join(', ')}`;
      const text = `import (${placeIn(file, path)}) ${message}`;
      warn({ ...locateProblem({ path, message }, [file]), text });
      return [];
    }
    if (inner.chain.length > maxImportDepth) {
      return refuse(`is imported through more than ${maxImportDepth} files`);
    }
    const again = found.paths.find((one) => inner.chain.includes(one));
    if (again !== undefined) {
      return refuse(`imports itself: ${[...inner.chain, again].join(' → ')}`);
    }
    return inOrder(found.paths, (one) =>
      readImported(one, { ...inner, origin: originOfImport(one, value, file) }),
    );
  }

  async function readFile(
    path: string,
    by: Omit<Layer, 'path'>,
    { from, onFault = report }: { from?: string | undefined; onFault?: typeof report } = {},
  ): Promise<ConfigFile | undefined> {
    const read = readText(path, from);
    if (read === undefined) {
      const named = from === undefined ? path : `${path} (from ${from})`;
      throw new AtmosError('ERR_CONFIG_NOT_FOUND', `${named} does not exist`);
    }
    const { origin, profile } = by;
    if (origin !== 'explicit') checkOwnership(path, read.stats, host);
    host.log('config.read', { file: path, origin });
    try {
      return await parseConfigFile(
        { path, text: read.text, origin, profile },
        { host, report: onFault },
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) onFault(problem);
      return undefined;
    }
  }

  return { readPlace, readDirectory, readLayer };
}

/**
 * The importing file is trusted only for paths that do not depend on the working directory. A
 * relative path may, through the base path, lead into the current project.
 */
function originOfImport(path: string, entry: string, by: ConfigFile): Origin {
  const directory = dirname(by.path);
  const own = [directory, findGitRoot(directory) ?? directory];
  return isAbsolute(entry) || own.some((one) => isBelow(path, one)) ? by.origin : 'project';
}

interface ImportEntry {
  readonly value: string;
  readonly path: readonly string[];
}

/** The schema reports entries that are not text. */
function entriesOf({ settings }: ConfigFile): ImportEntry[] {
  const said = settings['import'];
  if (typeof said === 'string') return [{ value: said, path: ['import'] }];
  const entries: unknown[] = Array.isArray(said) ? said : [];
  return entries.flatMap((value, at) =>
    typeof value === 'string' ? [{ value, path: ['import', String(at)] }] : [],
  );
}

interface ProvisionedFile {
  readonly provider: string;
  readonly path: string;
}

/** The files in which Atmos stores the identities that a provider's login returned. */
function provisionedFiles({ settings }: ConfigFile, host: Host): ProvisionedFile[] {
  const providers = valueAt(settings, ['auth', 'providers']);
  const names = isMap(providers) ? Object.keys(providers) : [];
  return names.flatMap((provider) => {
    const path = atmosProvisionedPath(provider, host);
    return path !== undefined && statIfVisible(path) ? [{ provider, path }] : [];
  });
}

async function inOrder<T, R>(
  items: readonly T[],
  read: (item: T) => R[] | Promise<R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(...(await read(item)));
  return results;
}
