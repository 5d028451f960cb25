import type { AwsCredentials } from '../../core/credentials.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { OpenContext } from '../contract.ts';
import type { EndpointSettings } from './endpoint-settings.ts';
import { endpointVariant, refuseEndpointVariables } from './endpoint-variables.ts';
import type { Sts } from './sts.ts';
import type { StsOptions } from './sts-client.ts';

/** Where the requests of an identity go, and how messages name it. */
export interface StsTarget extends EndpointSettings, Pick<StsOptions, 'region' | 'shown'> {
  /** The place of the MFA device in the configuration. Absent: it is stored with the key. */
  readonly locateMfaArn?: (() => string) | undefined;
}

/**
 * Opens AWS STS for one use, and closes it. Loads the AWS SDK.
 *
 * @param credentials undefined for calls that are not signed
 * @throws ERR_CONFIG_INVALID for a variable of the AWS SDKs that names another endpoint; what `use` throws
 */
export async function withSts<T>(
  { name }: Pick<Identity, 'name'>,
  { region, endpoint, useFips, useDualstack, shown, locateMfaArn }: StsTarget,
  credentials: AwsCredentials | undefined,
  { host, timeoutMs }: Pick<OpenContext, 'host' | 'timeoutMs'>,
  use: (sts: Sts) => Promise<T>,
): Promise<T> {
  refuseEndpointVariables({ region, endpoint }, name, host.env);
  const configured = withoutAbsent({ endpoint, useFips, useDualstack });
  const { openSts } = await import('./sts.ts');
  const sts = openSts({
    region,
    endpoint,
    variant: endpointVariant(configured, host.env),
    credentials,
    shown,
    locateMfaArn,
    timeoutMs,
    host,
  });
  try {
    return await use(sts);
  } finally {
    sts.close();
  }
}
