import { KeyringError } from '../../core/errors.ts';
import type { Held } from '../agent/held.ts';
import { formatValue, type HeldRequest } from '../agent/protocol.ts';
import { identifyKeyring, type KeyringId } from '../agent/socket-path.ts';
import type { Keyring } from '../contract.ts';

export interface HeldOptions {
  readonly id: KeyringId;
  /** Open, and it holds the password. It is closed with what is held. */
  readonly keyring: Keyring;
  /** Changes when the keyring gets another password; undefined while the keyring is new. */
  generation(): string | undefined;
}

/** A file keyring that an agent holds open. It has no storage rules of its own. */
export function createHeldKeyring({ id, keyring, generation }: HeldOptions): Held {
  let known = readGeneration(generation);
  return {
    id,
    answer: (request) => fieldsOf(keyring, request),

    /** Whether the directory is the same, and our password still belongs to it. */
    async isCurrent() {
      if (identifyKeyring(id.path)?.name !== id.name) return false;
      const current = readGeneration(generation);
      if (current === known) return true;
      // The keyring was just created, by this agent or by another process with another password.
      if (known !== undefined || (await keyring.probe()).state !== 'ready') return false;
      known = current;
      return true;
    },

    async close() {
      await keyring.close();
      return undefined;
    },
  };
}

async function fieldsOf(
  keyring: Keyring,
  request: HeldRequest,
): Promise<Readonly<Record<string, unknown>>> {
  switch (request.op) {
    case 'get': {
      const value = await keyring.get(request.key);
      return { value: value === null ? null : formatValue(value) };
    }
    case 'set':
      await keyring.set(request.key, request.value);
      return {};
    case 'delete':
      return { deleted: await keyring.delete(request.key) };
    case 'keys':
      return { keys: await keyring.keys() };
    case 'probe':
      return { ...(await keyring.probe()) };
    case 'token':
      throw new TypeError('a file keyring has no token');
  }
}

/** A keyring that cannot be read counts as changed. */
function readGeneration(generation: () => string | undefined): string | undefined {
  try {
    return generation();
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}
