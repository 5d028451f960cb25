import assert from 'node:assert/strict';
import { keyringErrorCodes, type KeyringErrorCode } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';

/** One promise of the keyring contract. `run` rejects when it is not kept. */
export interface ContractCase {
  /** A sentence about the keyring: "keeps hostile keys apart". */
  readonly name: string;
  run(): Promise<void>;
}

/** A place of the backend's own that nothing else uses, and that is empty at first. */
export interface KeyringPlace {
  /** Another handle on this place, as a second process would have. */
  open(): Promise<Keyring>;
  /**
   * All that is stored there, in a form that `assert.deepEqual` can compare: with it the suite sees
   * that a look wrote nothing, and that a refused write changed nothing. Without it the suite goes
   * by keys and values alone.
   */
  contents?(): Promise<unknown>;
  /** Removes the place with everything in it. */
  remove(): Promise<void>;
}

/** Makes a new place. */
export type FreshPlace = () => Promise<KeyringPlace>;

/** A place in use by one case: it keeps the handles, so that all are closed at the end. */
export interface OpenPlace {
  open(): Promise<Keyring>;
  contents(): Promise<unknown>;
}

/** A case that runs in a place of its own, which is gone afterwards whatever happened. */
export function placeCase(
  name: string,
  fresh: FreshPlace,
  run: (place: OpenPlace) => Promise<void>,
): ContractCase {
  return {
    name,
    async run() {
      const place = await fresh();
      const handles: Keyring[] = [];
      try {
        await run({
          async open() {
            const keyring = await place.open();
            handles.push(keyring);
            return keyring;
          },
          contents: async () => place.contents?.(),
        });
      } finally {
        for (const handle of handles) await handle.close();
        await place.remove();
      }
    },
  };
}

/** Asserts that it rejects with an error of the closed set: this code, and a message for a person. */
export async function assertRejects(
  promise: Promise<unknown>,
  code: KeyringErrorCode,
  what: string,
): Promise<void> {
  const error = await rejection(promise);
  assert.ok(error !== undefined, `${what}: expected ${code}, but it succeeded`);
  assertKeyringError(error, what);
  assert.equal(error.code, code, `${what}: ${error.message}`);
}

/** Asserts that it is one of the keyring's errors, with a message in our form. */
export function assertKeyringError(
  error: unknown,
  what: string,
): asserts error is Error & { code: KeyringErrorCode } {
  assert.ok(error instanceof Error, `${what}: threw something that is no error`);
  const code = 'code' in error ? error.code : undefined;
  assert.ok(
    keyringErrorCodes.some((known) => known === code),
    `${what}: ${String(code)} is no code of the keyring: ${error.stack}`,
  );
  assert.match(error.message, /\S/, `${what}: an error needs a message`);
  assert.doesNotMatch(error.message, /\.$/, `${what}: a message ends without a full stop`);
}

/** What the promise rejects with, or undefined when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
