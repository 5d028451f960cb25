import type { KeyringErrorCode } from '../../src/core/errors.ts';
import { assertRejects, type ContractCase } from './place.ts';

/** How to make the backend fail with a code. */
export interface KeyringFailure {
  readonly code: KeyringErrorCode;
  /** The end of the sentence "fails with CODE …": "when the password is wrong". */
  readonly when: string;
  /** Causes the failure in a new place, and returns the promise that must reject with the code. */
  provoke(): Promise<unknown>;
}

/** The promises about errors: a code of the closed set, and a message for the user. */
export function failureCases(failures: readonly KeyringFailure[]): ContractCase[] {
  return failures.map(({ code, when, provoke }) => ({
    name: `fails with ${code} ${when}`,
    run: () => assertRejects(provoke(), code, when),
  }));
}
