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
  /** What the store is called in a message: "Credential Manager". */
  readonly named: string;
  readonly onStep?: OnStep | undefined;
}

/** Keys and values on a store of small items. Keys and sizes are checked by whoever calls. */
export interface ChunkedKeyring extends Pick<Keyring, 'get' | 'set' | 'delete' | 'keys'> {
  /** Removes the parts that killed writes have left. */
  sweep(): Promise<Swept>;
}

export interface Swept {
  readonly removed: number;
  /** Parts that no header names, and that a write may still be about to name. */
  readonly recent: number;
}

/** What stands under a key, and the value it leads to or what is wrong with that. */
type Look = { readonly head: Buffer } & ({ readonly value: Buffer } | { readonly fault: string });

const maxReads = 50;
const maxWrites = 5;
const maxPauseMs = 10;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function createChunkedKeyring(store: ItemStore, options: ChunkedOptions): ChunkedKeyring {
  const { host, named, onStep = () => {} } = options;
  // Of two changes of a key at once, one would have to be done again.
  const inTurn = createTurns();

  async function look(key: string): Promise<Look | undefined> {
    const head = await store.read(key);
    if (head === undefined) return undefined;
    if (!isMarked(head)) return { head, value: head };
    const header = parseHeader(head);
    if (header === undefined) return { head, fault: 'the header of its parts is none of ours' };
    const value = await readParts(key, header);
    return value === undefined
      ? { head, fault: `of its ${header.count} parts not every one is there as it was written` }
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

  /** Parts that are gone are a fault only if their header stayed: else somebody wrote meanwhile. */
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
      `the entry ${JSON.stringify(key)} in ${named} is being written again and again`,
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
   * Writes a value and reads back what stands under the key. Another one there may be that of somebody
   * who wrote at the same moment, so it is a reason to write again. Values that keep changing mean that
   * ours was there in between; one that stays means that the store does not keep what it is given.
   *
   * A header is never written twice: whoever has overwritten it has removed its parts.
   *
   * @returns the headers that lead nowhere any more
   */
  async function write(key: string, bytes: Buffer): Promise<Header[]> {
    const isSmall = store.fits(key, bytes.length) && !isMarked(bytes);
    const dead: Header[] = [];
    const seen = new Set<string | undefined>();
    for (let writes = 1; ; writes++) {
      const own = isSmall ? undefined : await writeParts(key, bytes);
      const before = await store.read(key);
      // Of a machine that slept meanwhile, the parts may have been swept.
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
      `${named} gave back another value for ${JSON.stringify(key)} than it was given`,
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
        throw damaged(key, 'its value is not text in UTF-8');
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

  /** What cannot be looked at, and what is listed and not found, may lead to anything: it stays. */
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

/** The generation that a key leads to, if it leads to one. */
type Current = 'unknown' | { readonly generation: string | undefined };

/** The header that bytes are, if they are one. */
function headerIn(bytes: Buffer | undefined): Header[] {
  const header = bytes && parseHeader(bytes);
  return header === undefined ? [] : [header];
}

/** A system's keeper of small secrets by name, as Credential Manager and the macOS keychain are. */
export interface ItemStore {
  /** What is kept under a name, or undefined when nothing is. @throws KeyringError */
  read(name: string): Promise<Buffer | undefined>;
  /** Stores or overwrites. @throws KeyringError */
  write(name: string, bytes: Buffer): Promise<void>;
  /** Whether something was there to remove. @throws KeyringError */
  remove(name: string): Promise<boolean>;
  /** Every name under which something of ours is kept, those that are no key included. @throws KeyringError */
  names(): Promise<string[]>;
  /** Whether one item of that name holds so many bytes. */
  fits(name: string, bytes: number): boolean;
  /** How many bytes every name that a part can have holds. */
  readonly partBytes: number;
}

/**
 * Removes the parts of large values that a killed write has left, as nothing leads to them any more.
 * Tells nothing where it cannot look: why, the examination of the keyring itself says.
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
      ? 'no parts of values are left over'
      : `parts that killed writes of large values had left were removed: ${removed}`;
  return recent === 0
    ? left
    : `${left}; parts that a write may still be at work on: ${recent} (after 10 minutes they are removed)`;
}
