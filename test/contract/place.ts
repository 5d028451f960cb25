import assert from 'node:assert/strict';
import { keyringErrorCodes, type KeyringErrorCode } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';

/** One promise of the keyring contract. `run` rejects if the backend breaks it. */
export interface ContractCase {
  /** A statement about the keyring: "keeps hostile keys apart". */
  readonly name: string;
  run(): Promise<void>;
}

/** An empty place for the backend that no other test uses. */
export interface KeyringPlace {
  /** Opens another handle on this place, as a second process would. */
  open(): Promise<Keyring>;
  /**
   * Everything that is stored there, in a form that `assert.deepEqual` can compare. With it the
   * suite checks that reading writes nothing and that a rejected write changes nothing. Without it
   * the suite compares only entry names and values.
   */
  contents?(): Promise<unknown>;
  /** Removes the place with everything in it. */
  remove(): Promise<void>;
}

/** Creates a new place. */
export type FreshPlace = () => Promise<KeyringPlace>;

/** A place that one case uses. It keeps the handles in order to close them at the end. */
export interface OpenPlace {
  open(): Promise<Keyring>;
  contents(): Promise<unknown>;
}

/** A case that runs in a new place, which is always removed afterwards. */
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

/** Asserts that it rejects with this code of the closed set and a message for the user. */
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

/** Asserts that it is a KeyringError whose message has the usual form. */
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

/** The error that the promise rejects with, or undefined if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
