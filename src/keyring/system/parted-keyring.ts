import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import type { Keyring } from '../contract.ts';
import { digest } from '../digest.ts';
import { decodeKey, encodeKey } from '../key.ts';
import type { ItemStore } from './item-store.ts';
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
} from './parts.ts';

/** Called between the steps of a change, so that tests can stop there. */
export type OnStep = (step: string) => void;

export interface PartedOptions {
  readonly host: Pick<Host, 'now' | 'sleep'>;
  /** What the store is called in a message: "Credential Manager". */
  readonly named: string;
  readonly onStep?: OnStep;
}

/** Keys and values on a store of small items. Keys and sizes are checked by whoever calls. */
export interface PartedKeyring extends Pick<Keyring, 'get' | 'set' | 'delete' | 'keys'> {
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

const mostReads = 50;
const mostWrites = 5;
const longestPauseMs = 10;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function createPartedKeyring(store: ItemStore, options: PartedOptions): PartedKeyring {
  const { host, named, onStep = () => {} } = options;
  let lastChange: Promise<unknown> = Promise.resolve();

  /** One after the other: of two changes of a key at once, one would leave its parts behind. */
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = lastChange.then(change);
    lastChange = turn.catch(() => {});
    return turn;
  }

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
    for (let reads = 1; reads <= mostReads; reads++) {
      const found = await look(key);
      if (found === undefined) return undefined;
      if ('value' in found) return found.value;
      if (before?.equals(found.head)) throw damaged(key, found.fault);
      before = found.head;
      await host.sleep(Math.random() * longestPauseMs);
    }
    throw new KeyringError(
      'ERR_KEYRING_BUSY',
      `the entry ${JSON.stringify(key)} in ${named} is being written again and again`,
    );
  }

  async function writeParts(key: string, bytes: Buffer): Promise<Buffer> {
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
    return formatHeader(header);
  }

  /**
   * Writes what stands under the key itself, and reads it back. Another value there may be that of
   * somebody who wrote at the same moment, so it is a reason to write again. Values that keep changing
   * mean that ours was there in between; one that stays means that the store does not keep what it is
   * given.
   *
   * @returns the headers that were replaced
   */
  async function writeHead(key: string, head: Buffer): Promise<Header[]> {
    const replaced: Header[] = [];
    const seen = new Set<string | undefined>();
    for (let writes = 1; ; writes++) {
      const before = await store.read(key);
      const header = before && parseHeader(before);
      await store.write(key, head);
      onStep('head written');
      if (header !== undefined && !before?.equals(head)) replaced.push(header);
      const back = await store.read(key);
      if (back?.equals(head)) return replaced;
      seen.add(back?.toString('latin1'));
      if (writes === mostWrites) {
        if (seen.size > 1) return replaced;
        throw notKept(key);
      }
      await host.sleep(Math.random() * longestPauseMs * 2 ** writes);
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
      { hints: ['store it again: atmos auth user configure, or atmos auth login --force'] },
    );
  }

  function notKept(key: string): KeyringError {
    return new KeyringError(
      'ERR_KEYRING_IO',
      `${named} gave back another value for ${JSON.stringify(key)} than it was given`,
      { hints: ['atmos auth keyring doctor'] },
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
        const isSmall = store.fits(key, bytes.length) && !isMarked(bytes);
        const replaced = await writeHead(key, isSmall ? bytes : await writeParts(key, bytes));
        for (const header of replaced) await removeParts(key, header);
      });
    },

    async delete(key) {
      return inTurn(async () => {
        const head = await store.read(key);
        if (head === undefined) return false;
        const isRemoved = await store.remove(key);
        onStep('head removed');
        const header = parseHeader(head);
        if (header !== undefined) await removeParts(key, header);
        return isRemoved;
      });
    },

    async keys() {
      const keys = (await store.names()).map((name) => decodeKey(encodeKey(name)));
      return keys.filter((key) => key !== undefined).sort();
    },

    async sweep() {
      const names = await store.names();
      const current = new Map<string, string | undefined>();
      let [removed, recent] = [0, 0];
      for (const name of names) {
        const part = parsePartName(name);
        if (part === undefined) continue;
        const { key, generation } = part;
        if (!current.has(key)) {
          const head = await store.read(key);
          // One that is listed and not found could not be looked at: what it leads to stays.
          if (head === undefined && names.includes(key)) continue;
          current.set(key, head && parseHeader(head)?.generation);
        }
        if (current.get(key) === generation) continue;
        if (!isPast(generation, host.now())) recent++;
        else if (await store.remove(name)) removed++;
      }
      return { removed, recent };
    },
  };
}
