import type { ItemStore } from '../../src/keyring/chunked-store.ts';

export interface SmallStore extends ItemStore {
  readonly items: Map<string, Buffer>;
}

/** A store of small items in memory. */
export function createSmallStore({ limitBytes = 2560 } = {}): SmallStore {
  const items = new Map<string, Buffer>();
  return {
    items,
    async read(name) {
      return items.get(name);
    },
    async write(name, bytes) {
      if (bytes.length > limitBytes) throw new Error(`${name} is too large for this store`);
      items.set(name, Buffer.from(bytes));
    },
    async remove(name) {
      return items.delete(name);
    },
    async names() {
      return [...items.keys()];
    },
    fits: (_, bytes) => bytes <= limitBytes,
    partBytes: limitBytes,
  };
}
