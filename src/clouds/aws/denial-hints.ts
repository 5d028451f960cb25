// What to do if AWS denies the session of a role or of a root user.

import { say, type Hint } from '../../core/hint.ts';
import type { StsCall } from './sts-answer.ts';

/** Actions that a session needs only because of settings of its chain. AWS names them in its message. */
const actionsOfSettings = [
  ['sts:TagSession', 'settings session_tags and transitive_tags'],
  ['sts:SetSourceIdentity', 'setting source_identity'],
] as const;

/** @param message AWS's own */
export function denialHints(message: string, call: StsCall): Hint[] {
  return (call.action === 'AssumeRoot' ? rootHints : roleHints(message, call)).map(say);
}

function roleHints(message: string, call: StsCall): readonly string[] {
  const named = actionsOfSettings.filter(([action]) => message.includes(action));
  if (named.length === 0) return assumeHints(call);
  return named.map(
    ([action, settings]) =>
      `the trust policy of the role must allow ${action} for the caller (${settings})`,
  );
}

/** AWS gives the same answer for a missing permission and for a trust policy, so both are named. */
function assumeHints({ action, mfa }: StsCall): string[] {
  const isSigned = action === 'AssumeRole';
  return [
    'the trust policy of the role may not allow it: its principal, and its conditions',
    ...(isSigned ? ['the caller may have no permission for sts:AssumeRole on this role'] : []),
    ...(isSigned && mfa === undefined
      ? [
          'if the trust policy requires MFA or an external id, set principal.mfa_arn or principal.external_id',
        ]
      : []),
  ];
}

const rootHints = [
  'the caller must be in the management account, or in the account that is the delegated administrator for IAM, with permission for sts:AssumeRoot',
  'root sessions must be enabled in IAM for the member accounts of the organization',
];
