import type { ContractCase } from '../contract/index.ts';

/**
 * Promises that only another system can show kept. A file `*.cases.ts` exports one as `suite`; it runs
 * there without a test runner, so nothing in it may import vitest, nor load what that system alone has
 * before a case runs.
 *
 * - On Linux a test beside it runs it in the real Windows Node: test/support/wine.ts.
 * - On the system itself `npm run platform` runs all that are meant for it.
 */
export interface PlatformSuite {
  /** "the file keyring keeps the contract" */
  readonly name: string;
  readonly platforms: readonly NodeJS.Platform[];
  /** The variable that names a program of others, without which there is nothing to try ours against. */
  readonly needs?: string;
  readonly cases: readonly ContractCase[];
  /** What cases run in processes of their own, by name: see {@link runSuiteProgram}. */
  readonly programs?: Readonly<Record<string, (args: readonly string[]) => Promise<void>>>;
}

/** What a case throws where it cannot be tried, with the reason: it is counted, and named. */
export class Skipped extends Error {}
