import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import type { OpenContext, Opened } from '../contract.ts';
import {
  checkEndpointVariable,
  endpointVariant,
  type ChosenEndpoint,
} from './endpoint-variables.ts';
import { clockOffset } from './service-time.ts';
import type { Sts, StsSession } from './sts.ts';
import type { StsOptions } from './sts-client.ts';

/** Where the requests of an identity go, and how messages name it. */
export interface StsTarget extends ChosenEndpoint, Pick<StsOptions, 'region' | 'shown'> {
  /** The place of the MFA device in the configuration. Absent: it is stored with the key. */
  readonly locateMfaArn?: (() => string) | undefined;
}

/**
 * Opens AWS STS for one use, and closes it. Loads the AWS SDK.
 *
 * @param credentials undefined for calls that are not signed
 * @throws ERR_CONFIG_INVALID for a variable of the AWS SDKs whose endpoint cannot be used; what `use` throws
 */
export async function withSts<T>(
  { region, shown, locateMfaArn, ...chosen }: StsTarget,
  credentials: AwsCredentials | undefined,
  { host, timeoutMs, clockOffsetMs }: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  use: (sts: Sts) => Promise<T>,
): Promise<T> {
  checkEndpointVariable(chosen, host.env);
  const { openSts } = await import('./sts.ts');
  const sts = openSts({
    region,
    endpoint: chosen.endpoint,
    variant: endpointVariant(chosen, host.env),
    credentials,
    shown: { ...shown, ...withoutAbsent({ endpointVariable: chosen.endpointVariable }) },
    locateMfaArn,
    timeoutMs,
    clockOffsetMs,
    host,
  });
  try {
    return await use(sts);
  } finally {
    sts.close();
  }
}

/** What STS answered, as the session of a link. */
export function openedBy(
  { serverDate, ...session }: StsSession,
  region: string,
  { now }: Pick<Host, 'now'>,
  limits: readonly string[] = [],
): Opened {
  return {
    credentials: awsCredentials({ ...session, region }),
    clockOffsetMs: clockOffset(serverDate, now()) ?? 0,
    limits,
  };
}
