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
  /** Maximum size of a value in bytes of UTF-8, an even number. Default: 1 MiB. */
  maxValueBytes?: number;
  /** Whether the backend accepts an entry name; it must reject others. Default: it accepts all. */
  takesKey?: (key: string) => boolean;
  /**
   * Maximum length of an entry name in bytes, a multiple of 12. The contract requires 240, which is
   * the default; a stand-in for a backend's real place may hold less.
   */
  maxWrittenKeyBytes?: number;
  /** How to cause each further error of the backend, except those for entry names and values. */
  failures?: readonly KeyringFailure[];
}

/**
 * The promises of the `Keyring` contract as cases for any test runner. A backend keeps the contract if
 * no case rejects. Cases are independent of each other and may run in any order.
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
