// Opens sessions of aws/assume-role. Loaded only for that: using a stored session does not need this
// module.

import type { AwsCredentials } from '../../core/credentials.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { KeyDevice, LinkPlan, OpenContext, Opened } from '../contract.ts';
import { requestWithMfa } from './mfa.ts';
import { shownRole, type Role } from './role-settings.ts';
import type { Sts, StsSession } from './sts.ts';
import { openedBy, withSts } from './with-sts.ts';

/** @param owner the user whose long-lived key opens the role. Undefined: a session opens it */
export async function open(
  role: Role,
  owner: Pick<LinkPlan, 'useKey'> | undefined,
  context: OpenContext,
): Promise<Opened> {
  const { base, host } = context;
  if (base?.type === 'oidc') {
    const opened = await withRoleSts(role, undefined, context, (sts) =>
      sts.assumeRoleWithWebIdentity({ ...roleRequest(role, context), token: base.token }),
    );
    return openedBy(opened, role.settings.requestRegion, host);
  }
  if (base?.type !== 'aws') throw new TypeError(`aws/assume-role cannot use ${base?.type}`);
  const openWith = (ofKey?: KeyDevice) => assume(role, deviceOf(role, ofKey), base, context);
  const opened = await (owner?.useKey?.(base, context, openWith) ?? openWith());
  return openedBy(opened, role.settings.requestRegion, host);
}

/** Opens AWS STS for the role for one use, and closes it. @throws as `withSts` */
export function withRoleSts<T>(
  role: Role,
  credentials: AwsCredentials | undefined,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  use: (sts: Sts) => Promise<T>,
  device?: KeyDevice,
): Promise<T> {
  const { settings } = role;
  const { requestRegion: region, endpoint, endpointVariable, useFips, useDualstack } = settings;
  const target = {
    region,
    shown: shownRole(role),
    ...withoutAbsent({
      locateMfaArn: device?.locate,
      endpoint,
      endpointVariable,
      useFips,
      useDualstack,
    }),
  };
  return withSts(target, credentials, context, use);
}

function assume(
  role: Role,
  device: KeyDevice | undefined,
  base: AwsCredentials,
  context: OpenContext,
): Promise<StsSession> {
  const { externalId, sourceIdentity, tags, transitiveTags } = role.settings;
  const openWith = (sts: Sts) => {
    const request = (tokenCode?: string) =>
      sts.assumeRole({
        ...roleRequest(role, context),
        externalId,
        sourceIdentity,
        tags,
        transitiveTagKeys: transitiveTags,
        ...(tokenCode === undefined ? {} : { serialNumber: device?.asked.device, tokenCode }),
      });
    if (device === undefined) return request();
    return requestWithMfa(device.asked, role.identity, context, request);
  };
  return withRoleSts(role, base, context, openWith, device);
}

/**
 * The MFA device of the role, else that of the owner of the key that opens it. The program of the owner
 * prints codes of the owner's device only.
 */
function deviceOf(role: Role, ofKey: KeyDevice | undefined): KeyDevice | undefined {
  const { identity, settings } = role;
  const { mfaArn: device } = settings;
  if (device === undefined) return ofKey;
  const { mfaDevice: shownDevice } = shownRole(role);
  const program = ofKey?.asked.device === device ? ofKey.asked.program : undefined;
  return {
    asked: { device, ...withoutAbsent({ shownDevice, program }) },
    locate: () => identity.locate(['principal', 'mfa_arn']),
  };
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
