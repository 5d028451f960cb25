import { KeyringError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { decodeKey, encodeKey } from '../key.ts';
import { dataOf, type RequestOptions } from './client.ts';
import { formatEntryName, parseEntryName } from './entry-name.ts';
import { conditionOf } from './conditions.ts';
import { encodePath } from './login.ts';
import type { VaultServer } from './server.ts';
import type { VaultSettings } from './settings.ts';

// The entries in the KV secrets engine: read, write with check-and-set, delete with every version, list.
// https://openbao.org/api-docs/secret/kv/kv-v2/

/** How many names OpenBao returns in one answer. HashiCorp Vault returns all of them. */
const pageSize = 1000;
/** Far above the entries of a team. A server could return other names for ever. */
const maxNames = 100_000;
/** How long all pages together may take. */
const listLimitMs = 60_000;
/** The pauses between reads for a change: 10 ms, doubled to 1.28 seconds, 2.5 seconds in total. */
const firstPauseMs = 10;
const maxPauseMs = 1_500;

/** An entry as the server has it. */
interface StoredEntry {
  /** Null if the entry does not exist, or its newest version was deleted. */
  readonly value: string | null;
  /** The number of its newest version. 0: there is no secret of that name. */
  readonly version: number;
}

export interface Entries {
  /**
   * Asks the server whether the engine is one in which entries can be stored.
   *
   * @throws ERR_KEYRING_VERSION, and as {@link VaultServer.request}
   */
  requireEngine(): Promise<void>;
  /** @throws ERR_KEYRING_FOREIGN, ERR_KEYRING_VERSION, and as {@link VaultServer.request} */
  read(key: string): Promise<StoredEntry>;
  /** @throws as `read`; ERR_KEYRING_BUSY if other processes changed the entry twice meanwhile */
  write(key: string, value: string): Promise<void>;
  /** Removes every version. Resolves to false if no version existed. */
  remove(key: string): Promise<boolean>;
  /**
   * Sorted by code unit. Without names that {@link formatEntryName} does not make.
   *
   * @throws as `read`; ERR_KEYRING_IO for more than 100,000 names; ERR_KEYRING_TIMEOUT after a minute
   */
  keys(): Promise<string[]>;
}

export function createEntries(
  server: VaultServer,
  settings: VaultSettings,
  host: Pick<Host, 'sleep' | 'monotonicMs'>,
): Entries {
  const { errors } = server;
  const { mount, prefix } = settings;
  const at = (kind: 'data' | 'metadata', name: string) =>
    `${encodePath(mount)}/${kind}/${encodePath(prefix)}/${name}`;
  let isVersion2 = false;

  /**
   * An engine of version 1 answers "not found" to every path of version 2, and would store an entry
   * under the wrong path.
   */
  async function requireVersion2(): Promise<void> {
    if (isVersion2) return;
    const path = `sys/internal/ui/mounts/${encodePath(mount)}`;
    const reply = await server.request({ method: 'GET', path }, 'access to the secrets engine');
    const { type, options } = dataOf(reply) ?? {};
    const version = isObject(options) ? options['version'] : undefined;
    if (type !== 'kv') throw errors.wrongVersion(`a secrets engine of type ${describe(type)}`);
    if (version !== '2') throw errors.wrongVersion('a KV secrets engine of version 1', true);
    isVersion2 = true;
  }

  async function read(key: string, options: RequestOptions = {}): Promise<StoredEntry> {
    const path = at('data', formatEntryName(key));
    const reply = await server.request({ method: 'GET', path }, 'reading an entry', options);
    const found = dataOf(reply);
    if (found === undefined) {
      await requireVersion2();
      return { value: null, version: 0 };
    }
    const { metadata, data } = found;
    const version = isObject(metadata) ? metadata['version'] : undefined;
    if (typeof version !== 'number')
      throw errors.wrongVersion('not a KV secrets engine of version 2');
    if (data === null || data === undefined) return { value: null, version };
    const value = isObject(data) && Object.keys(data).length === 1 ? data['value'] : undefined;
    if (typeof value !== 'string') throw errors.foreign(key);
    return { value, version };
  }

  /** The version that was written. Undefined if the entry has another version by now. */
  async function writeVersion(
    key: string,
    value: string,
    version: number,
  ): Promise<number | undefined> {
    const path = at('data', formatEntryName(key));
    const body = { options: { cas: version }, data: { value } };
    const request = { method: 'PUT', path, body } as const;
    const reply = await server.request(request, 'writing an entry', { allowed: ['changed'] });
    if (conditionOf(reply.answer) === 'changed') return undefined;
    const written = dataOf(reply)?.['version'];
    if (typeof written === 'number') return written;
    throw errors.unreadable('an answer to a write without a version');
  }

  /** Reads again until the condition is met, for at most 2.5 seconds: a node may lag behind. */
  async function readUntil(
    key: string,
    isMet: (entry: StoredEntry) => boolean,
    options?: RequestOptions,
  ): Promise<StoredEntry> {
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      const entry = await read(key, options);
      if (isMet(entry) || pauseMs > maxPauseMs) return entry;
      await host.sleep(pauseMs);
    }
  }

  /**
   * After this, other processes that use the same node see the change as well. The change itself is
   * already safe, so nothing that happens here is an error.
   */
  async function awaitChange(key: string, isSeen: (version: number) => boolean): Promise<void> {
    try {
      await readUntil(key, ({ version }) => isSeen(version), { isLocal: true });
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
    }
  }

  return {
    requireEngine: requireVersion2,
    read,
    async write(key, value) {
      await requireVersion2();
      let { version } = await read(key);
      for (let tries = 0; tries < 2; tries++) {
        const lost = version;
        const written = await writeVersion(key, value, version);
        if (written !== undefined) return awaitChange(key, (seen) => seen >= written);
        const now = await readUntil(key, (entry) => entry.version !== lost);
        // A request that got no answer was repeated: then it may be our own value that is in the way.
        if (now.value === value) return;
        ({ version } = now);
      }
      throw errors.lostRace(key);
    },
    async remove(key) {
      const { version } = await read(key);
      if (version === 0) return false;
      const path = at('metadata', formatEntryName(key));
      await server.request({ method: 'DELETE', path }, 'deleting an entry');
      await awaitChange(key, (seen) => seen < version);
      return true;
    },
    async keys() {
      const names = new Set<string>();
      const endMs = host.monotonicMs() + listLimitMs;
      for (let after = ''; ;) {
        const page = await listPage(after);
        const fresh = page.filter((name) => !names.has(name));
        for (const name of fresh) names.add(name);
        if (names.size > maxNames)
          throw errors.unreadable(`more than ${maxNames} names of entries`);
        // A server without pages returns the same names again.
        if (page.length !== pageSize || fresh.length === 0) break;
        if (host.monotonicMs() > endMs) throw errors.slowListing(listLimitMs / 1000);
        after = page.at(-1) ?? '';
      }
      if (names.size === 0) await requireVersion2();
      return [...names].flatMap(keysOf).sort();
    },
  };

  async function listPage(after: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ list: 'true', limit: String(pageSize), after });
    const path = `${at('metadata', '')}?${query.toString()}`;
    const reply = await server.request({ method: 'GET', path }, 'listing entries');
    const { keys } = dataOf(reply) ?? {};
    if (keys === undefined) return [];
    if (!Array.isArray(keys)) throw errors.unreadable('a list of entries without names');
    return keys.filter((name) => typeof name === 'string');
  }
}

/** The key of a name. None for a folder, and for names that only another program writes. */
function keysOf(name: string): string[] {
  const key = parseEntryName(name);
  return key !== undefined && decodeKey(encodeKey(key)) === key ? [key] : [];
}

function describe(type: unknown): string {
  return typeof type === 'string' ? JSON.stringify(type) : 'unknown';
}
