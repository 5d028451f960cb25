import { KeyringError } from '../core/errors.ts';
import { run, storeAgain } from '../core/hint.ts';
import { createTurns } from '../core/turns.ts';
import type { Host } from '../host/host.ts';
import {
  createGeneration,
  createHeader,
  formatHeader,
  isMarked,
  isPast,
  parseHeader,
  parsePartName,
  partNames,
  splitBytes,
  type Header,
} from './chunks.ts';
import type { Keyring } from './contract.ts';
import { digest } from './digest.ts';
import { ok, type Finding } from './inspection.ts';
import { isKey } from './key.ts';

/** Called between the steps of a change, so that tests can stop there. */
export type OnStep = (step: string) => void;

export interface ChunkedOptions {
  readonly host: Pick<Host, 'now' | 'sleep'>;
  /** Name of the store in messages: "Credential Manager". */
  readonly named: string;
  readonly onStep?: OnStep | undefined;
}

/** Entries in a store of small items. The caller checks entry names and sizes. */
export interface ChunkedKeyring extends Pick<Keyring, 'get' | 'set' | 'delete' | 'keys'> {
  /** Removes leftover parts of interrupted writes. */
  sweep(): Promise<Swept>;
}

export interface Swept {
  readonly removed: number;
  /** Number of parts without a header that may belong to a running write. */
  readonly recent: number;
}

/** The item under an entry name, with its value or with the reason why the value is damaged. */
type Look = { readonly head: Buffer } & ({ readonly value: Buffer } | { readonly fault: string });

const maxReads = 50;
const maxWrites = 5;
const maxPauseMs = 10;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function createChunkedKeyring(store: ItemStore, options: ChunkedOptions): ChunkedKeyring {
  const { host, named, onStep = () => {} } = options;
  // Of two concurrent changes of one entry, one would have to be repeated.
  const inTurn = createTurns();

  async function look(key: string): Promise<Look | undefined> {
    const head = await store.read(key);
    if (head === undefined) return undefined;
    if (!isMarked(head)) return { head, value: head };
    const header = parseHeader(head);
    if (header === undefined) return { head, fault: 'the header of its parts is invalid' };
    const value = await readParts(key, header);
    return value === undefined
      ? { head, fault: `some of its ${header.count} parts are missing or changed` }
      : { head, value };
  }

  async function readParts(key: string, header: Header): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (const name of partNames(key, header)) {
      const part = await store.read(name);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    const value = Buffer.concat(parts);
    return digest(value) === header.sha256 ? value : undefined;
  }

  /** Missing parts are damage only if the header is unchanged; else another process has written. */
  async function read(key: string): Promise<Buffer | undefined> {
    let before: Buffer | undefined;
    for (let reads = 1; reads <= maxReads; reads++) {
      const found = await look(key);
      if (found === undefined) return undefined;
      if ('value' in found) return found.value;
      if (before?.equals(found.head)) throw damaged(key, found.fault);
      before = found.head;
      await host.sleep(Math.random() * maxPauseMs);
    }
    throw new KeyringError(
      'ERR_KEYRING_BUSY',
      `the entry ${JSON.stringify(key)} in ${named} is constantly being rewritten`,
    );
  }

  async function writeParts(key: string, bytes: Buffer): Promise<Header> {
    const parts = splitBytes(bytes, store.partBytes);
    const header = createHeader(createGeneration(host.now()), bytes, parts.length);
    try {
      for (const [index, name] of partNames(key, header).entries()) {
        await store.write(name, parts[index] ?? Buffer.alloc(0));
        onStep('part written');
      }
      if ((await readParts(key, header)) === undefined) throw notKept(key);
      onStep('parts read back');
    } catch (error) {
      if (error instanceof KeyringError) await removeParts(key, header).catch(() => {});
      throw error;
    }
    return header;
  }

  /**
   * Writes a value and reads back the item. If the item differs, another process may have written
   * at the same time, so we write again. If it keeps changing, our value was stored in between. If
   * it stays the same, the store does not keep what it receives.
   *
   * Each attempt writes a new header, because a process that overwrites a header removes its parts.
   *
   * @returns the headers that are no longer used
   */
  async function write(key: string, bytes: Buffer): Promise<Header[]> {
    const isSmall = store.fits(key, bytes.length) && !isMarked(bytes);
    const dead: Header[] = [];
    const seen = new Set<string | undefined>();
    for (let writes = 1; ; writes++) {
      const own = isSmall ? undefined : await writeParts(key, bytes);
      const before = await store.read(key);
      // If the machine slept meanwhile, the parts may have been removed as leftovers.
      if (own === undefined || !isPast(own.generation, host.now())) {
        const head = own === undefined ? bytes : formatHeader(own);
        await store.write(key, head);
        onStep('head written');
        dead.push(...headerIn(before));
        const back = await store.read(key);
        if (back?.equals(head)) return dead;
        seen.add(back?.toString('latin1'));
      }
      if (own !== undefined) dead.push(own);
      if (writes === maxWrites) {
        if (seen.size > 1) return dead;
        throw notKept(key);
      }
      await host.sleep(Math.random() * maxPauseMs * 2 ** writes);
    }
  }

  async function removeParts(key: string, header: Header): Promise<void> {
    for (const name of partNames(key, header)) {
      await store.remove(name);
      onStep('part removed');
    }
  }

  function damaged(key: string, fault: string): KeyringError {
    return new KeyringError(
      'ERR_KEYRING_DAMAGED',
      `the entry ${JSON.stringify(key)} in ${named} is damaged: ${fault}`,
      { hints: storeAgain },
    );
  }

  function notKept(key: string): KeyringError {
    return new KeyringError(
      'ERR_KEYRING_IO',
      `${named} returned a different value for ${JSON.stringify(key)} than the one stored`,
      { hints: [run(['atmos', 'auth', 'keyring', 'doctor'])] },
    );
  }

  return {
    async get(key) {
      const bytes = await read(key);
      if (bytes === undefined) return null;
      try {
        return utf8.decode(bytes);
      } catch {
        throw damaged(key, 'its value is not UTF-8 text');
      }
    },

    async set(key, value) {
      const bytes = Buffer.from(value);
      await inTurn(async () => {
        for (const header of await write(key, bytes)) await removeParts(key, header);
      });
    },

    async delete(key) {
      return inTurn(async () => {
        const head = await store.read(key);
        if (head === undefined) return false;
        const isRemoved = await store.remove(key);
        onStep('head removed');
        for (const header of headerIn(head)) await removeParts(key, header);
        return isRemoved;
      });
    },

    async keys() {
      return (await store.names()).filter(isKey).sort();
    },

    async sweep() {
      const names = await store.names();
      const current = new Map<string, Current>();
      let [removed, recent] = [0, 0];
      for (const name of names) {
        const part = parsePartName(name);
        if (part === undefined) continue;
        const { key, generation } = part;
        const now = current.get(key) ?? (await currentOf(key, names));
        current.set(key, now);
        if (now === 'unknown' || now.generation === generation) continue;
        if (!isPast(generation, host.now())) recent++;
        else if (await store.remove(name)) removed++;
      }
      return { removed, recent };
    },
  };

  /** `unknown` for an entry that cannot be read, or that is listed but missing: its parts stay. */
  async function currentOf(key: string, names: readonly string[]): Promise<Current> {
    try {
      const head = await store.read(key);
      if (head === undefined && names.includes(key)) return 'unknown';
      return { generation: headerIn(head)[0]?.generation };
    } catch (error) {
      if (error instanceof KeyringError) return 'unknown';
      throw error;
    }
  }
}

/** The generation that an entry refers to, if its value is chunked. */
type Current = 'unknown' | { readonly generation: string | undefined };

/** The header in these bytes, if they are one. */
function headerIn(bytes: Buffer | undefined): Header[] {
  const header = bytes && parseHeader(bytes);
  return header === undefined ? [] : [header];
}

/** The system's store of small secrets, such as Credential Manager or the macOS keychain. */
export interface ItemStore {
  /** Undefined if the item does not exist. @throws KeyringError */
  read(name: string): Promise<Buffer | undefined>;
  /** Stores or overwrites. @throws KeyringError */
  write(name: string, bytes: Buffer): Promise<void>;
  /** @returns whether the item existed; @throws KeyringError */
  remove(name: string): Promise<boolean>;
  /** The names of all our items, including names that are not entry names. @throws KeyringError */
  names(): Promise<string[]>;
  /** Whether an item with that name can hold this many bytes. */
  fits(name: string, bytes: number): boolean;
  /** Number of bytes that an item can hold, whatever the name of a part is. */
  readonly partBytes: number;
}

/**
 * Removes leftover parts of interrupted writes of large values. Reports nothing if the store cannot
 * be read: the inspection of the keyring itself reports why.
 */
export async function examineParts(keyring: Pick<ChunkedKeyring, 'sweep'>): Promise<Finding[]> {
  try {
    return [ok('parts', describe(await keyring.sweep()))];
  } catch (error) {
    if (error instanceof KeyringError) return [];
    throw error;
  }
}

function describe({ removed, recent }: Swept): string {
  const left =
    removed === 0
      ? 'no leftover parts of values'
      : `removed leftover parts of interrupted writes: ${removed}`;
  return recent === 0
    ? left
    : `${left}; parts that may belong to a running write: ${recent} (removed after 10 minutes)`;
}
