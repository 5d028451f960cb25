import { KeyringError } from '../core/errors.ts';
import { nearestName } from '../core/names.ts';
import type { Sourced } from '../core/sourced.ts';
import type { BackendContext, Keyring, OpenBackend } from './contract.ts';

// The only place that names the backends. Each is imported when it is chosen.
const backends: Readonly<Record<string, () => Promise<OpenBackend>>> = {
  system: async () => (await import('./system.ts')).openSystemKeyring,
  file: async () => (await import('./file.ts')).openFileKeyring,
  memory: async () => (await import('./memory.ts')).openMemoryKeyring,
};

/** The types that can be configured, as a person would list them. */
export const keyringTypes: readonly string[] = Object.keys(backends);

/** @throws ERR_KEYRING_UNKNOWN_TYPE naming where the type was configured, and the nearest known one */
export function checkKeyringType({ value: type, source }: Sourced<string>): void {
  if (Object.hasOwn(backends, type)) return;
  const nearest = nearestName(type, keyringTypes);
  throw new KeyringError(
    'ERR_KEYRING_UNKNOWN_TYPE',
    `unknown keyring type ${JSON.stringify(type)} (from ${source}): it is one of ${keyringTypes.join(', ')}`,
    {
      hints: [
        nearest === undefined
          ? 'set auth.keyring.type to system, file or memory'
          : `did you mean ${nearest}?`,
      ],
    },
  );
}

/** @throws ERR_KEYRING_UNKNOWN_TYPE */
export async function openBackend(context: BackendContext): Promise<Keyring> {
  const { type } = context.settings;
  checkKeyringType(type);
  const load = backends[type.value];
  if (load === undefined) throw new TypeError('a type that was checked has a backend');
  return (await load())(context);
}
