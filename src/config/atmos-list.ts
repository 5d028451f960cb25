import { basename, dirname, join } from 'node:path';
import { hasControl } from '../core/control-characters.ts';
import { cacheDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';

// Where Atmos stores the identities that a provider lists. Read by every command that reads a
// configuration, so this is apart from the lists of our own.

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

/** The file from which Atmos reads the identities of a provider. Undefined if it would not read it. */
export function atmosProvisionedPath(name: string, host: Where): string | undefined {
  const cache = cacheDirectory(host);
  const isDirectoryName = /^[^./\\][^/\\]*$/.test(name) && !hasControl(name);
  if (cache === undefined || !isDirectoryName) return undefined;
  return join(cache, 'auth', name, 'provisioned-identities.yaml');
}

/** Whether Atmos stores identities of a provider in the file. */
export function isListOfAtmos(path: string, host: Where): boolean {
  return path === atmosProvisionedPath(basename(dirname(path)), host);
}
