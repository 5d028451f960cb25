import type { Ask, KeySource, OpenContext } from '../clouds/contract.ts';
import {
  credentialId,
  expiryOf,
  type Credentials,
  type ProgramCredentials,
} from '../core/credentials.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import { titleOf, type LinkConfig } from '../core/kind-config.ts';
import { formatMoment } from '../core/time.ts';
import type { ChainLink } from './chain.ts';
import { checkTrust, ownerOf, type AuthContext } from './context.ts';
import { forgetRefusal, noteRefusal, refusedAt } from './refusals.ts';
import { newSession, type Session } from './session.ts';

/** For each request of a link. */
export const requestTimeoutMs = 20_000;

/** What a link is opened with. */
export interface LinkOpening
  extends
    KeySource,
    Pick<
      OpenContext,
      | 'alone'
      | 'base'
      | 'clockOffsetMs'
      | 'previous'
      | 'isForced'
      | 'keep'
      | 'mustSignIn'
      | 'keepSignIn'
    > {
  readonly key: ProgramCredentials | undefined;
  /** The link that has the key. */
  readonly keyOwner: LinkConfig;
}

/**
 * Opens a session of a link, and records whether AWS refused its long-lived key.
 *
 * @throws as `LinkPlan.open`; ERR_CLOCK_SKEW for a session that has expired by the clock of its server
 */
export async function openSession(
  context: AuthContext,
  { config, plan }: ChainLink,
  { key, keyOwner, ...opening }: LinkOpening,
): Promise<Session<Credentials>> {
  const { host, commandEnv, warn, pace } = context;
  const owner = ownerOf(context, keyOwner);
  const keyId = key && credentialId(key);
  const refused = keyId === undefined ? undefined : refusedAt(owner, keyId, host);
  if (refused !== undefined) {
    warn(
      `AWS refused the access key of identity ${keyOwner.name} at ${formatMoment(refused, host)}; trying it again`,
    );
  }
  const startedAt = host.now();
  try {
    const ask = trustedAsk(context, config);
    const opened = await plan.open({
      ...opening,
      host,
      commandEnv,
      ask,
      timeoutMs: requestTimeoutMs,
      warn,
      ...withoutAbsent({ pace }),
    });
    const session = newSession(titleOf(config), opened, startedAt, host.now());
    if (keyId !== undefined) forgetRefusal(owner, host);
    host.log('session.opened', {
      identity: config.name,
      region: plan.shownRegion ?? plan.region ?? plan.defaultRegion,
      expires_at: expiryOf(opened.credentials),
      clock_offset_ms: session.clockOffsetMs,
    });
    return session;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_REFUSED')) throw error;
    if (keyId !== undefined) noteRefusal(owner, keyId, host);
    host.log('key.refused', { identity: keyOwner.name });
    throw error;
  }
}

/** Asks for a code only where it may be sent. */
function trustedAsk(context: AuthContext, config: LinkConfig): Ask {
  const { mfaCode, ...others } = context.ask;
  return {
    ...others,
    async mfaCode(request) {
      if (mfaCode === undefined && request.program === undefined) return undefined;
      await checkTrust(context, config, 'mfa-code');
      return mfaCode === undefined ? request.program?.() : mfaCode(request);
    },
  };
}
