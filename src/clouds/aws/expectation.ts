// Who must sign in: `spec.expect` of what a person signs in for.

import type { LinkProblem } from '../../core/configuration-error.ts';
import { describeEmptyTag, quoteValue, withoutAbsent } from '../../core/json.ts';
import type { LinkConfig } from '../../core/kind-config.ts';

export interface Expectation {
  /** 12 digits. */
  readonly account?: string;
  readonly user?: string;
}

/**
 * Checks and reads `spec.expect`.
 *
 * @param expect what the schema has accepted
 */
export function readExpectation(
  { tagAt }: Pick<LinkConfig, 'tagAt'>,
  expect: { readonly account?: string | undefined; readonly user?: string | undefined } | undefined,
  report: (problem: LinkProblem) => void,
): Expectation {
  const field = (key: 'account' | 'user') => {
    const path = ['spec', 'expect', key];
    const tag = tagAt?.(path);
    // An expectation that is not met must not become none.
    if (expect?.[key] === '' && tag !== undefined) report({ path, message: describeEmptyTag(tag) });
    return expect?.[key] || undefined;
  };
  const account = field('account');
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    const path = ['spec', 'expect', 'account'];
    const shown = quoteValue({ value: account, tag: tagAt?.(path) });
    report({ path, message: `is not the number of an account, 12 digits: ${shown}` });
  }
  return withoutAbsent({ account, user: field('user') });
}
