import type { Derivation } from './derivation.ts';
import {
  createParameters,
  isStrong,
  isStrongForSecret,
  minRounds,
  type KeyParameters,
} from './jwe.ts';

/** `akr1_` and 256 random bits in base64url. */
const secretForm = /^akr1_[A-Za-z0-9_-]{43}$/;

/** Whether the text is the random secret of a keyring with readers. */
export function isSecretText(text: string): boolean {
  return secretForm.test(text);
}

/**
 * New parameters for a password. A secret needs no more rounds than the readers of the format
 * require.
 */
export function createParametersFor(derivation: Derivation): KeyParameters {
  return isSecret(derivation) ? createParameters(minRounds) : createParameters();
}

/** Whether the parameters are as strong as those that we write for this password. */
export function isStrongFor(derivation: Derivation, parameters: KeyParameters): boolean {
  return isSecret(derivation) ? isStrongForSecret(parameters) : isStrong(parameters);
}

// By its form, because the unlock agent and Atmos have the secret as a password like any other.
function isSecret(derivation: Derivation): boolean {
  const password = derivation.password();
  const isOne = isSecretText(password.toString('latin1'));
  password.fill(0);
  return isOne;
}
