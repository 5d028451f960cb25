import { AtmosError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { quoteValue, type Sourced } from '../../core/json.ts';
import type { SpecText } from '../../core/keyring-spec.ts';

/** @param message completes the sentence: `is not the URL of a server` */
export function invalid(said: Sourced<string>, message: string, ...hints: Hint[]): AtmosError {
  // An address may contain a password.
  const value = said.value.replace(/\/\/[^/]*@/, '//…@');
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `the value ${quoteValue({ ...said, value })} (from ${said.source}) ${message}`,
    { hints },
  );
}

export function byDefault(value: string): SpecText {
  return { value, source: 'default' };
}
