import type { ContractCase } from '../contract/index.ts';

/**
 * Promises that can only be tested on another system. A file `*.cases.ts` exports them as `suite`.
 * They run there without a test runner, so they must not import vitest, and must not load modules
 * of that system before a case runs.
 *
 * - On Linux a test next to the file runs it with Node for Windows in Wine: test/support/wine.ts.
 * - On the system itself `npm run platform` runs all suites for it.
 */
export interface PlatformSuite {
  /** "the file keyring keeps the contract" */
  readonly name: string;
  readonly platforms: readonly NodeJS.Platform[];
  /** The variable with the path of another program, which our program is compared with. */
  readonly needs?: string;
  readonly cases: readonly ContractCase[];
  /** Programs that cases run as separate processes, by name: see {@link runSuiteProgram}. */
  readonly programs?: Readonly<Record<string, (args: readonly string[]) => Promise<void>>>;
}

/** Thrown by a case that cannot run here, with the reason, which is reported. */
export class Skipped extends Error {}
