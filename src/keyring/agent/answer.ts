import { KeyringError } from '../../core/errors.ts';
import type { Keyring } from '../contract.ts';
import type { Deadlines } from './deadlines.ts';
import { formatError, formatValue, type KeyringRequest, type Reply } from './protocol.ts';

/** Does in the keyring what is asked. Errors other than the keyring's are thrown. */
export async function answerFrom(keyring: Keyring, request: KeyringRequest): Promise<Reply> {
  try {
    return { ok: await fieldsOf(keyring, request) };
  } catch (error) {
    if (error instanceof KeyringError) return formatError(error);
    throw error;
  }
}

async function fieldsOf(
  keyring: Keyring,
  request: KeyringRequest,
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
  }
}

/** Until when it is unlocked. */
export function formatDates(deadlines: Deadlines): Reply {
  const { expiresAt, idleExpiresAt } = deadlines.dates();
  return {
    ok: { expires_at: expiresAt.toISOString(), idle_expires_at: idleExpiresAt.toISOString() },
  };
}
