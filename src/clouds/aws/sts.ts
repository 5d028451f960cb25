import {
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import { state as versionWarning } from '@aws-sdk/core/client';
import { SignatureV4 } from '@smithy/signature-v4';
import { withoutAbsent } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { setClock } from '../../host/set-clock.ts';
import type { EndpointVariant } from './endpoint-variables.ts';
import { isClockRefusal, isPassing, translateStsError } from './errors.ts';
import { maxConnectMs } from './network-errors.ts';
import { type Exchange, type StsCall, createAnswerGate, flawed } from './sts-answer.ts';
import { openTransport, type Transport } from './transport.ts';

export interface StsOptions {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
  region: string;
  /** Default: the endpoint of AWS for the region. */
  endpoint?: string | undefined;
  /** Default: neither FIPS nor dual-stack. */
  variant?: EndpointVariant;
  /** The place of the MFA device in the configuration. Absent: it is stored with the key. */
  locateMfaArn?: (() => string) | undefined;
  /** What messages and logs say in place of a value. Absent: the value. */
  shown?: { region?: string; endpoint?: string; mfaDevice?: string } | undefined;
  /** For one call as a whole, its second attempt included. */
  timeoutMs: number;
  /** How far the server's clock is known to be ahead of this machine's. Default 0. */
  clockOffsetMs?: number | undefined;
  host: Pick<Host, 'env' | 'log' | 'monotonicMs' | 'now' | 'platform' | 'sleep' | 'waiting'>;
}

export interface SessionTokenRequest {
  durationSeconds: number;
  /** The ARN or serial number of the MFA device, together with a code it shows. */
  serialNumber?: string | undefined;
  tokenCode?: string | undefined;
}

export interface StsSession {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** By the server's clock. */
  expiresAt: Date;
  /** The server's time when it answered, in whole seconds: what is left of the session is measured from here. */
  serverDate?: Date;
}

export interface StsIdentity {
  account: string;
  arn: string;
  userId: string;
  serverDate?: Date;
}

/**
 * AWS STS for one set of credentials. Both calls give `ERR_AUTH_KEYS_REFUSED`,
 * `ERR_AUTH_SESSION_EXPIRED`, `ERR_AUTH_DENIED`, `ERR_CLOCK_SKEW`, `ERR_NETWORK`,
 * `ERR_AWS_ENDPOINT` (what answered is not STS) or `ERR_AWS`; none of them holds a secret.
 */
export interface Sts {
  /** Opens a session. Also gives `ERR_AUTH_MFA_REFUSED`. A code is sent once, whatever happens. */
  getSessionToken(request: SessionTokenRequest): Promise<StsSession>;
  getCallerIdentity(): Promise<StsIdentity>;
  /** Drops the connections. */
  close(): void;
}

const maxAttempts = 2;
const retryDelayMs = 200;

/**
 * A clock wrong by more is reported, not worked around: it is no drift, and a date header should
 * not make us sign for a far-away day.
 */
const maxCorrectionMs = 24 * 60 * 60 * 1000;

/**
 * Opens a client of AWS STS that takes nothing from the AWS variables and files of the machine but
 * `AWS_CA_BUNDLE`, and goes through its proxy. Import this module lazily: it loads the AWS SDK.
 */
export function openSts(options: StsOptions): Sts {
  const { credentials, timeoutMs, host, shown = {} } = options;
  const region = shown.region ?? options.region;
  let clockOffsetMs = options.clockOffsetMs ?? 0;
  const transport = openTransport({ connectTimeoutMs: Math.min(timeoutMs, maxConnectMs), host });
  const client = createClient(
    options,
    transport,
    () => new Date(host.now().getTime() + clockOffsetMs),
  );

  type Subject = Pick<StsCall, 'action' | 'mfa'>;
  type Send<Output> = (exchange: Exchange, abortSignal: AbortSignal) => Promise<Output>;

  async function call<Output>(subject: Subject, send: Send<Output>): Promise<Output> {
    const endWait = host.waiting('AWS STS', timeoutMs);
    try {
      return await attempts(subject, send);
    } finally {
      endWait?.();
    }
  }

  async function attempts<Output>(subject: Subject, send: Send<Output>): Promise<Output> {
    const abortSignal = AbortSignal.timeout(timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      const exchange: Exchange = {};
      const startMs = host.monotonicMs();
      const said = () => ({
        action: subject.action,
        region,
        attempt,
        duration_ms: host.monotonicMs() - startMs,
      });
      try {
        const output = await send(exchange, abortSignal);
        host.log('aws.answered', said());
        return output;
      } catch (error) {
        const isLast = attempt === maxAttempts || abortSignal.aborted;
        const correctionMs = correctionOf(error, exchange, host.now());
        if (!isLast && correctionMs !== undefined) {
          // STS looks at the time before it looks at the code: the code is still good.
          clockOffsetMs = correctionMs;
          host.log('aws.failed', { ...said(), outcome: 'clock_corrected' });
        } else if (!isLast && subject.mfa === undefined && isPassing(error, exchange)) {
          host.log('aws.failed', { ...said(), outcome: 'retried' });
          await host.sleep(retryDelayMs);
        } else {
          host.log('aws.failed', { ...said(), outcome: 'given_up' });
          throw translateStsError(error, {
            ...subject,
            ...withoutAbsent({ locateMfaArn: options.locateMfaArn }),
            credentials,
            region,
            timeoutMs,
            timedOut: abortSignal.aborted,
            at: host.now(),
            clockHints: setClock(host),
            exchange,
            route: transport.route(),
            shown,
          });
        }
      }
    }
  }

  return {
    async getSessionToken(request) {
      const mfa = mfaOf(request);
      return call({ action: 'GetSessionToken', mfa }, async (exchange, abortSignal) => {
        const command = new GetSessionTokenCommand({
          DurationSeconds: request.durationSeconds,
          ...(mfa && { SerialNumber: mfa.serialNumber, TokenCode: mfa.tokenCode }),
        });
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const { Credentials: opened } = await client.send(command, { abortSignal });
        return {
          accessKeyId: textOf(opened?.AccessKeyId, exchange),
          secretAccessKey: textOf(opened?.SecretAccessKey, exchange),
          sessionToken: textOf(opened?.SessionToken, exchange),
          expiresAt: dateOf(opened?.Expiration, exchange),
          ...datePart(exchange),
        };
      });
    },
    getCallerIdentity() {
      return call({ action: 'GetCallerIdentity' }, async (exchange, abortSignal) => {
        const command = new GetCallerIdentityCommand({});
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const caller = await client.send(command, { abortSignal });
        return {
          account: textOf(caller.Account, exchange),
          arn: textOf(caller.Arn, exchange),
          userId: textOf(caller.UserId, exchange),
          ...datePart(exchange),
        };
      });
    },
    close: () => client.destroy(),
  };
}

/** Next to the wire: the last to see a request, the first to see its answer. */
const gatePlace = { step: 'deserialize', priority: 'low', name: 'answerGate' } as const;

function createClient(
  options: StsOptions,
  { handler }: Transport,
  signingDate: () => Date,
): STSClient {
  const { region, endpoint } = options;
  const { accessKeyId, secretAccessKey, sessionToken } = options.credentials;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  // On Node 20 the SDK warns on stderr that its versions of 2027 will need Node 22. That is for who
  // updates it here, not for who logs in. Its other switch is an environment variable, which the
  // programs we start would inherit.
  versionWarning.warningEmitted = true;

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

/** How far the server's clock is ahead, if that is why it refused and we may go by it. */
function correctionOf(error: unknown, { serverDate }: Exchange, now: Date): number | undefined {
  if (serverDate === undefined || !isClockRefusal(error)) return undefined;
  const offsetMs = serverDate.getTime() - now.getTime();
  return Math.abs(offsetMs) <= maxCorrectionMs ? offsetMs : undefined;
}

function mfaOf({ serialNumber, tokenCode }: SessionTokenRequest): StsCall['mfa'] {
  if (serialNumber !== undefined && tokenCode !== undefined) return { serialNumber, tokenCode };
  if (serialNumber === undefined && tokenCode === undefined) return undefined;
  throw new TypeError('serialNumber and tokenCode go together');
}

function textOf(value: string | undefined, exchange: Exchange): string {
  if (value !== undefined && /^[\x21-\x7e]{1,8192}$/.test(value)) return value;
  throw flawed(exchange, 'a field missing or damaged');
}

function dateOf(value: Date | undefined, exchange: Exchange): Date {
  if (value !== undefined && !Number.isNaN(value.getTime())) return value;
  throw flawed(exchange, 'an expiry missing or damaged');
}

function datePart({ serverDate }: Exchange): { serverDate?: Date } {
  return serverDate === undefined ? {} : { serverDate };
}
