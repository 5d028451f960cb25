import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/auth/load-config.ts';
import type { Config, LoadOptions } from '../../src/config/load.ts';
import { isAtmosError, type AtmosError } from '../../src/core/errors.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A directory with files, and a host whose working directory it is. */
export interface Project {
  readonly directory: string;
  path(name: string): string;
  host(env?: Host['env'], workingDirectory?: string): Host;
  load(env?: Host['env'], options?: LoadOptions): Promise<Config>;
}

/** Writes the files, by their paths within a new directory. */
export function createProject(files: Readonly<Record<string, string>>): Project {
  const directory = temporaryDirectory();
  const path = (name: string) => join(directory, name);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(path(name)), { recursive: true, mode: 0o755 });
    writeFileSync(path(name), text, { mode: 0o644 });
  }
  const host = (env: Host['env'] = {}, workingDirectory = directory) =>
    fakeHost({ env, workingDirectory: () => workingDirectory });
  return {
    directory,
    path,
    host,
    load: (env, options = {}) => loadConfig(options, host(env)),
  };
}

/** The project whose atmos.yaml is this text. */
export function projectOf(atmosYaml: string): Project {
  return createProject({ 'atmos.yaml': atmosYaml });
}

/** The AtmosError that running throws, with the directory of the project shown as `$`. */
export async function errorOf(run: () => unknown, project?: Project): Promise<AtmosError> {
  try {
    await run();
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    if (project) error.message = error.message.replaceAll(project.directory, '$');
    return error;
  }
  throw new Error('nothing was thrown');
}
