import { join, sep } from 'node:path';
import { isFile, readEntries } from './read.ts';

/** What a configuration file may be called in its directory, the first that is there counts. */
export const configFileNames: readonly string[] = [
  'atmos.yaml',
  'atmos.yml',
  '.atmos.yaml',
  '.atmos.yml',
];

/** The configuration file in a directory, or undefined. */
export function findConfigFile(directory: string): string | undefined {
  // A directory may have the name too; it is not what is looked for.
  return configFileNames.map((name) => join(directory, name)).find(isFile);
}

/**
 * Files of YAML below a directory, those nearer to it first, then by name. Left out are links to
 * directories, which may lead round in circles, and what begins with a dot, as the copies of an
 * editor do.
 */
export function findYamlFiles(directory: string): string[] {
  const entries = readEntries(directory).filter(({ name }) => !name.startsWith('.'));
  const names = entries.map(({ name }) => name);
  const files = names.filter((name) => isYaml(name, names) && isFile(join(directory, name)));
  const below = entries.filter((entry) => entry.isDirectory());
  return byDepth([
    ...files.map((name) => join(directory, name)),
    ...below.flatMap(({ name }) => findYamlFiles(join(directory, name))),
  ]);
}

/** Those with fewer directories in their path first, else in the order given. */
export function byDepth(paths: readonly string[]): string[] {
  return paths.toSorted((a, b) => a.split(sep).length - b.split(sep).length);
}

/** As Atmos does, `x.yml` beside `x.yaml` is not read. */
function isYaml(name: string, beside: readonly string[]): boolean {
  if (name.endsWith('.yaml')) return true;
  return name.endsWith('.yml') && !beside.includes(name.replace(/\.yml$/, '.yaml'));
}
