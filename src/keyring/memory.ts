import type { Keyring } from './contract.ts';
import { checkKey, checkValue } from './key.ts';

/** A keyring in the memory of this process. */
export function openMemoryKeyring(): Keyring {
  const entries = new Map<string, string>();
  return {
    info: { type: 'memory', persistent: false, location: 'this process' },
    async probe() {
      return { state: 'ready' };
    },
    async get(key) {
      checkKey(key);
      return entries.get(key) ?? null;
    },
    async set(key, value) {
      checkKey(key);
      checkValue(key, value);
      entries.set(key, value);
    },
    async delete(key) {
      checkKey(key);
      return entries.delete(key);
    },
    async keys() {
      return [...entries.keys()].sort();
    },
    async close() {
      entries.clear();
    },
  };
}
