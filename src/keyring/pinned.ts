import { readThroughAgent } from './agent/quick-read.ts';
import type { Keyring, KeyringCaller, PinnedKeyring } from './contract.ts';

/**
 * Reads entries of a keyring as a handle pinned it. An agent of a file keyring is asked first, so that
 * nothing else of the keyring is loaded while one runs. No prompt is shown.
 *
 * @throws as the keyring
 */
export function readPinned(
  pinned: PinnedKeyring,
  caller: KeyringCaller,
): Pick<Keyring, 'get' | 'close'> {
  let opened: Promise<Keyring> | undefined;

  async function open(): Promise<Keyring> {
    const { openBackend, unpinKeyring } = await import('./registry.ts');
    return openBackend({ ...caller, isUnattended: true, keyring: unpinKeyring(pinned, {}) });
  }

  return {
    async get(key) {
      const directory = directoryOf(pinned);
      const held =
        directory === undefined ? undefined : await readThroughAgent(directory, key, caller.host);
      if (held !== undefined) return held;
      return (await (opened ??= open())).get(key);
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

/** Whether {@link readPinned} can read a type of keyring without the whole program. */
export function isReadPinned(type: string): boolean {
  return type === 'file' || type === 'system';
}

/** Of a file keyring. */
function directoryOf({ type, directory }: PinnedKeyring): string | undefined {
  const isFile = type.value === 'file' && typeof directory === 'object' && directory !== null;
  const value: unknown = isFile && 'value' in directory ? directory.value : undefined;
  return typeof value === 'string' ? value : undefined;
}
