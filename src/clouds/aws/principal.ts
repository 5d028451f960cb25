// The ARN of who signed in at AWS in a browser.

import { isSameName } from '../../core/names.ts';
import type { Expectation } from './expectation.ts';

const form = /^arn:[\w-]+:(?:iam|sts)::(\d{12}):[\x21-\x7e]{1,600}$/;
const userForm = /^arn:[\w-]+:iam::\d{12}:user\/(?:.*\/)?([^/]+)$/;

export function isPrincipal(arn: string): boolean {
  return form.test(arn);
}

/** Which expectation is not met. Undefined: every expectation is met. */
export function unmetBy(
  principal: string,
  { account, user }: Expectation,
): keyof Expectation | undefined {
  if (account !== undefined && form.exec(principal)?.[1] !== account) return 'account';
  if (user === undefined) return undefined;
  const isUser = user.startsWith('arn:')
    ? user === principal
    : // Only a user: who may open a role can choose the name of its session.
      isSameName(userForm.exec(principal)?.[1] ?? '', user);
  return isUser ? undefined : 'user';
}
