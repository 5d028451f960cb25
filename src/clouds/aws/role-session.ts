// Opens sessions of aws/assume-role. Loaded only for that: using a stored session does not need this
// module.

import type { AwsCredentials } from '../../core/credentials.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { OpenContext, Opened } from '../contract.ts';
import { requestWithMfa } from './mfa.ts';
import { shownRole, type Role } from './role-settings.ts';
import type { Sts, StsSession } from './sts.ts';
import { openedBy, withSts } from './with-sts.ts';

export async function open(role: Role, context: OpenContext): Promise<Opened> {
  const { base, host } = context;
  if (base?.type === 'oidc') {
    const opened = await withRoleSts(role, undefined, context, (sts) =>
      sts.assumeRoleWithWebIdentity({ ...roleRequest(role, context), token: base.token }),
    );
    return openedBy(opened, role.settings.requestRegion, host);
  }
  if (base?.type !== 'aws') throw new TypeError(`aws/assume-role cannot use ${base?.type}`);
  const opened = await withRoleSts(role, base, context, (sts) => assume(sts, role, context));
  return openedBy(opened, role.settings.requestRegion, host);
}

/** Opens AWS STS for the role for one use, and closes it. @throws as `withSts` */
export function withRoleSts<T>(
  role: Role,
  credentials: AwsCredentials | undefined,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  use: (sts: Sts) => Promise<T>,
): Promise<T> {
  const { identity, settings } = role;
  const { requestRegion: region, endpoint, endpointVariable, useFips, useDualstack } = settings;
  const target = {
    region,
    shown: shownRole(role),
    locateMfaArn: () => identity.locate(['principal', 'mfa_arn']),
    ...withoutAbsent({ endpoint, endpointVariable, useFips, useDualstack }),
  };
  return withSts(target, credentials, context, use);
}

function assume(sts: Sts, role: Role, context: OpenContext): Promise<StsSession> {
  const { identity, settings } = role;
  const { externalId, sourceIdentity, tags, transitiveTags, mfaArn } = settings;
  const request = (tokenCode?: string) =>
    sts.assumeRole({
      ...roleRequest(role, context),
      externalId,
      sourceIdentity,
      tags,
      transitiveTagKeys: transitiveTags,
      ...(tokenCode === undefined ? {} : { serialNumber: mfaArn, tokenCode }),
    });
  if (mfaArn === undefined) return request();
  const { mfaDevice: shownDevice } = shownRole(role);
  const asked = { device: mfaArn, ...withoutAbsent({ shownDevice }) };
  return requestWithMfa(asked, identity, context, request);
}

function roleRequest({ identity, settings }: Role, { host }: OpenContext) {
  const { roleArn, durationSeconds, policyArns, sessionName } = settings;
  return {
    roleArn,
    durationSeconds,
    policyArns,
    sessionName: sessionName ?? defaultSessionName(identity.name, host.now()),
  };
}

/** `atmos-<identity>-<seconds>`, as Atmos names it, with the characters and the length that AWS allows. */
export function defaultSessionName(identity: string, now: Date): string {
  const seconds = String(Math.floor(now.getTime() / 1000));
  const name = identity
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(0, 64 - 'atmos--'.length - seconds.length);
  return `atmos-${name}-${seconds}`;
}
