import type { KeyringErrorCode } from '../../src/core/errors.ts';
import { assertRejects, type ContractCase } from './place.ts';

/** A way to make the backend fail, for a code that it can give. */
export interface KeyringFailure {
  readonly code: KeyringErrorCode;
  /** The end of the sentence "fails with CODE …": "when the password is wrong". */
  readonly when: string;
  /** Brings the failure about in a place of its own, and returns what must reject with the code. */
  provoke(): Promise<unknown>;
}

/** What a keyring promises of its errors: a code of the closed set, and words for a person. */
export function failureCases(failures: readonly KeyringFailure[]): ContractCase[] {
  return failures.map(({ code, when, provoke }) => ({
    name: `fails with ${code} ${when}`,
    run: () => assertRejects(provoke(), code, when),
  }));
}
