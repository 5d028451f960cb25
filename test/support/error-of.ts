import { inspect } from 'node:util';
import { expect } from 'vitest';
import { AtmosError } from '../../src/core/errors.ts';

/** The error of a rejected promise, which must be one of our own error types. */
export async function errorOf(promise: Promise<unknown>): Promise<AtmosError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AtmosError) return error;
  expect.fail(error === undefined ? 'it succeeded' : `not one of ours: ${inspect(error)}`);
}

/** The same for a call that must throw. */
export function thrownBy(call: () => unknown): AtmosError {
  try {
    call();
  } catch (error) {
    if (error instanceof AtmosError) return error;
    throw error;
  }
  expect.fail('nothing was thrown');
}
