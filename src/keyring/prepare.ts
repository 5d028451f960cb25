import type { Keyring } from './contract.ts';

// Callers implement `Keyring`, so it has no such method: a backend that can do this has it under a
// symbol, as for reading many entries.

export const prepareWrite: unique symbol = Symbol('atmos-auth.prepareWrite');

export interface PreparedKeyring extends Keyring {
  /** Prompts for a password that a write needs and that only a person knows. Writes nothing. */
  [prepareWrite](): Promise<void>;
}

export function isPrepared(keyring: Keyring): keyring is PreparedKeyring {
  return prepareWrite in keyring;
}

/**
 * Prompts now for the password that the next write would prompt for.
 *
 * @throws ERR_CANCELLED, and the errors of a password
 */
export async function prepareToWrite(keyring: Keyring): Promise<void> {
  if (isPrepared(keyring)) await keyring[prepareWrite]();
}
