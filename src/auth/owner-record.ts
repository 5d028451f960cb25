import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject, parseJson } from '../core/json.ts';
import { foldName } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import { replacePrivately } from '../host/files.ts';
import { requireStateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { removeLeftovers } from '../host/leftovers.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { readRegularFile } from '../host/read-files.ts';
import type { Owner } from '../store/key.ts';

/**
 * One small file for each owner in the state directory, without secrets. It only helps a later command
 * to say more, so a file that cannot be read, written or removed is no error.
 */
export interface OwnerRecord {
  /** Undefined if it is missing or not a JSON object. */
  read(owner: Owner, host: Host): Readonly<Record<string, unknown>> | undefined;
  write(owner: Owner, fields: Readonly<Record<string, string>>, host: Host): void;
  remove(owner: Owner, host: Host): void;
}

/** @param directory its name in the state directory */
export function createOwnerRecord(directory: string): OwnerRecord {
  const pathOf = ({ realm, alias }: Owner, host: Host) => {
    const name = sha256(JSON.stringify([realm, foldName(alias)])).slice(0, 32);
    return join(requireStateDirectory('a record', host), directory, `${name}.json`);
  };
  return {
    read: (owner, host) =>
      attempt(() => {
        const record = parseJson(readRegularFile(pathOf(owner, host)) ?? '');
        return isObject(record) ? record : undefined;
      }),
    write: (owner, fields, host) =>
      attempt(() => {
        const path = pathOf(owner, host);
        makeOwnDirectories(dirname(path), host);
        removeLeftovers(path, host);
        replacePrivately(path, JSON.stringify({ ...owner, ...fields }));
      }),
    remove: (owner, host) => attempt(() => rmSync(pathOf(owner, host), { force: true })),
  };
}

function attempt<T>(task: () => T): T | undefined {
  try {
    return task();
  } catch {
    return undefined;
  }
}
