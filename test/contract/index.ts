import { failureCases, type KeyringFailure } from './failures.ts';
import { keyCases } from './keys.ts';
import type { ContractCase, FreshPlace } from './place.ts';
import { sharingCases } from './sharing.ts';
import { valueCases } from './values.ts';

export type { KeyringFailure } from './failures.ts';
export type { ContractCase, FreshPlace, KeyringPlace } from './place.ts';

export interface KeyringContractOptions {
  /** A new, empty place for each case. The suite closes every handle, then removes the place. */
  fresh: FreshPlace;
  /** Most bytes of UTF-8 that a value may have; even, 1 MiB by default. */
  maxValueBytes?: number;
  /** Whether the backend takes such a key; others it must refuse. All, by default. */
  takesKey?: (key: string) => boolean;
  /**
   * Most bytes of a key, a multiple of 12, that the place holds: of a backend's own place always the
   * 240 of the contract, but a stand-in for it may hold less.
   */
  maxWrittenKeyBytes?: number;
  /** The errors that the backend can give beyond those of keys and values, and how to get each. */
  failures?: readonly KeyringFailure[];
}

/**
 * The promises of the `Keyring` contract as cases for any test runner: a backend keeps the contract
 * when none of them rejects. Cases do not depend on each other and may run in any order.
 *
 * @example a backend of your own, with vitest
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { keyringContract } from 'atmos-auth/testing';
 * import { test } from 'vitest';
 * import { openMyKeyring } from '../src/my-keyring.ts';
 *
 * const cases = keyringContract({
 *   async fresh() {
 *     const directory = await mkdtemp(join(tmpdir(), 'my-keyring-'));
 *     return {
 *       open: async () => openMyKeyring(directory),
 *       remove: () => rm(directory, { recursive: true }),
 *     };
 *   },
 * });
 *
 * for (const { name, run } of cases) test(name, run);
 * ```
 */
export function keyringContract(options: KeyringContractOptions): ContractCase[] {
  return [
    ...keyCases(options.fresh, options.takesKey ?? (() => true), options.maxWrittenKeyBytes),
    ...valueCases(options.fresh, options.maxValueBytes ?? 1024 * 1024),
    ...sharingCases(options.fresh),
    ...failureCases(options.failures ?? []),
  ];
}
