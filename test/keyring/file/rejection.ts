import { expect } from 'vitest';
import { KeyringError, type KeyringErrorCode } from '../../../src/core/errors.ts';

/** The KeyringError that a promise must reject with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<KeyringError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KeyringError)) expect.fail(`not a KeyringError: ${String(error)}`);
  return error;
}

/** The KeyringError that a call must throw. */
export function thrownBy(call: () => unknown): KeyringError {
  try {
    call();
  } catch (error) {
    if (error instanceof KeyringError) return error;
    throw error;
  }
  expect.fail('nothing was thrown');
}

/** Asserts the code and the message, and that the hints contain `hint` if it is given. */
export function expectError(
  error: KeyringError,
  code: KeyringErrorCode,
  message: string | RegExp,
  hint?: string,
): void {
  expect({ code: error.code, message: error.message }).toEqual({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
  if (hint !== undefined) expect(error.hints).toContain(hint);
}
