import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Host } from '../../host/host.ts';
import type { EndpointVariant } from './endpoint-variables.ts';
import type { ShownCall, StsCall } from './sts-answer.ts';
import { silenceVersionWarning } from './version-warning.ts';
import type { Transport } from '../transport.ts';

export {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  AssumeRootCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type Credentials as SdkCredentials,
} from '@aws-sdk/client-sts';

export interface StsOptions {
  /** Undefined for calls that are not signed. */
  credentials: StsCall['credentials'];
  region: string;
  /** Default: the endpoint of AWS for the region. */
  endpoint?: string | undefined;
  /** Default: neither FIPS nor dual-stack. */
  variant?: EndpointVariant;
  /** The place of the MFA device in the configuration. Absent: it is stored with the key. */
  locateMfaArn?: (() => string) | undefined;
  /** What messages and logs say in place of a value. Absent: the value. */
  shown?: ShownCall | undefined;
  /** For one call as a whole, with all its attempts. */
  timeoutMs: number;
  /** From 0 to 1, without 1. Default: `Math.random`. */
  random?: (() => number) | undefined;
  /** How far the server's clock is known to be ahead of this machine's. Default 0. */
  clockOffsetMs?: number | undefined;
  host: Pick<Host, 'env' | 'log' | 'monotonicMs' | 'now' | 'platform' | 'sleep' | 'waiting'>;
}

/** The endpoint that the rules of the SDK name for a region. */
export function endpointOf(region: string, { useFips, useDualstack }: EndpointVariant): URL {
  silenceVersionWarning();
  const client = new STSClient({ region });
  return client.config.endpointProvider({
    Region: region,
    UseFIPS: useFips,
    UseDualStack: useDualstack,
    UseGlobalEndpoint: false,
  }).url;
}

const noCredentials: NonNullable<StsCall['credentials']> = {
  accessKeyId: '',
  secretAccessKey: '',
};

/**
 * A client of the AWS SDK that takes nothing from variables and files, and makes one attempt.
 *
 * @param signingDate the time of the server, as far as it is known
 */
export function createStsClient(
  options: StsOptions,
  { handler }: Transport,
  signingDate: () => Date,
): STSClient {
  const { region, endpoint } = options;
  // Never used for calls without a signature, which have none.
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentials ?? noCredentials;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  silenceVersionWarning();

  const config: STSClientConfig = {
    region,
    credentials,
    ...(endpoint && { endpoint }),
    requestHandler: handler,
    // Our own clock, and our own correction of it, in place of the SDK's.
    signer: async () => ({
      sign: (request, settings) =>
        new SignatureV4({
          credentials,
          region,
          service: 'sts',
          sha256: client.config.sha256,
        }).sign(request, { ...settings, signingDate: signingDate() }),
    }),
    disableClockSkewCorrection: true,
    // Whatever is not given here the SDK looks up in variables and files: so all of it is.
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: options.variant?.useFips ?? false,
    useDualstackEndpoint: options.variant?.useDualstack ?? false,
    defaultsMode: 'standard',
    retryMode: 'standard',
    // Attempts are counted in `openSts`: a code must not be sent twice.
    maxAttempts: 1,
    authSchemePreference: [],
    sigv4aSigningRegionSet: [region],
    userAgentAppId: '',
    defaultUserAgentProvider: () => Promise.resolve([['atmos-auth']]),
  };
  const client = new STSClient(config);
  // It would send the trace id of a Lambda function, a variable of the machine like the others.
  client.middlewareStack.remove('recursionDetectionMiddleware');
  return client;
}
