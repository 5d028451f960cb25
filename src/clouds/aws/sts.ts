import { withoutAbsent } from '../../core/json.ts';
import { setClock } from '../../host/set-clock.ts';
import { maxConnectMs } from '../network-failure.ts';
import { translateStsError } from './errors.ts';
import { correctionOf, retryDelayMs } from './retry.ts';
import {
  createAnswerGate,
  dateOf,
  datePart,
  textOf,
  type Exchange,
  type StsCall,
} from './sts-answer.ts';
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  AssumeRootCommand,
  createStsClient,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type SdkCredentials,
  type StsOptions,
} from './sts-client.ts';
import { openTransport } from '../transport.ts';

/** The ARN or serial number of an MFA device, together with a code that it shows. */
interface WithMfa {
  serialNumber?: string | undefined;
  tokenCode?: string | undefined;
}

export interface SessionTokenRequest extends WithMfa {
  durationSeconds: number;
}

export interface AssumeRoleRequest extends WithMfa {
  roleArn: string;
  sessionName: string;
  /** Default: one hour. */
  durationSeconds?: number | undefined;
  externalId?: string | undefined;
  /** Sorted by key. */
  tags: readonly { readonly key: string; readonly value: string }[];
  transitiveTagKeys: readonly string[];
  sourceIdentity?: string | undefined;
  policyArns: readonly string[];
}

export interface WebIdentityRequest extends Pick<
  AssumeRoleRequest,
  'roleArn' | 'sessionName' | 'durationSeconds' | 'policyArns'
> {
  token: string;
}

export interface AssumeRootRequest {
  /** The number of the account. */
  targetPrincipal: string;
  taskPolicyArn: string;
  /** Default: 15 minutes, which is also the maximum. */
  durationSeconds?: number | undefined;
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
 * AWS STS for one set of credentials. All calls give `ERR_AUTH_KEYS_REFUSED`,
 * `ERR_AUTH_SESSION_EXPIRED`, `ERR_AUTH_DENIED`, `ERR_CONFIG_INVALID` (a region that is switched off,
 * tags and policies that are too large), `ERR_CLOCK_SKEW`, `ERR_NETWORK`,
 * `ERR_AWS_ENDPOINT` (what answered is not STS) or `ERR_AWS`; none of them holds a secret.
 */
export interface Sts {
  /** Opens a session. Also gives `ERR_AUTH_MFA_REFUSED`. A code is sent once, whatever happens. */
  getSessionToken(request: SessionTokenRequest): Promise<StsSession>;
  /** Opens a session of a role. Errors as {@link getSessionToken}, and ERR_AUTH_BASE_REFUSED. */
  assumeRole(request: AssumeRoleRequest): Promise<StsSession>;
  /** The same with a token instead of a signature. */
  assumeRoleWithWebIdentity(request: WebIdentityRequest): Promise<StsSession>;
  /** Opens a session of the root user of a member account, for one task. */
  assumeRoot(request: AssumeRootRequest): Promise<StsSession>;
  getCallerIdentity(): Promise<StsIdentity>;
  /** Drops the connections. */
  close(): void;
}

/**
 * Opens a client of AWS STS that takes nothing from the AWS variables and files of the machine but
 * `AWS_CA_BUNDLE`, and goes through its proxy. Import this module lazily: it loads the AWS SDK.
 */
export function openSts(options: StsOptions): Sts {
  const { credentials, timeoutMs, host, shown = {} } = options;
  const region = shown.region ?? options.region;
  let clockOffsetMs = options.clockOffsetMs ?? 0;
  const transport = openTransport({ connectTimeoutMs: Math.min(timeoutMs, maxConnectMs), host });
  const client = createStsClient(
    options,
    transport,
    () => new Date(host.now().getTime() + clockOffsetMs),
  );

  type Subject = Pick<StsCall, 'action' | 'mfa' | 'role' | 'token'>;
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
    const callMs = host.monotonicMs();
    let isCorrected = false;
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
        const correctionMs = correctionOf(error, exchange, host.now());
        const failed = {
          error,
          exchange,
          attempt,
          hasMfaCode: subject.mfa !== undefined,
          remainingMs: abortSignal.aborted ? 0 : timeoutMs - (host.monotonicMs() - callMs),
        };
        const delayMs = retryDelayMs(failed, options.random ?? Math.random);
        if (!isCorrected && !abortSignal.aborted && correctionMs !== undefined) {
          // STS looks at the time before it looks at the code: the code is still good.
          clockOffsetMs = correctionMs;
          isCorrected = true;
          host.log('aws.failed', { ...said(), outcome: 'clock_corrected' });
        } else if (delayMs !== undefined) {
          host.log('aws.failed', { ...said(), outcome: 'retried' });
          await host.sleep(delayMs);
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
          ...mfaFields(mfa),
        });
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const { Credentials: opened } = await client.send(command, { abortSignal });
        return sessionIn(opened, exchange, host.now());
      });
    },
    async assumeRole(request) {
      const mfa = mfaOf(request);
      const { roleArn: role, tags, transitiveTagKeys } = request;
      return call({ action: 'AssumeRole', mfa, role }, async (exchange, abortSignal) => {
        const command = new AssumeRoleCommand({
          ...roleFields(request),
          ExternalId: request.externalId,
          SourceIdentity: request.sourceIdentity,
          ...(tags.length > 0 && {
            Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
          }),
          ...(transitiveTagKeys.length > 0 && { TransitiveTagKeys: [...transitiveTagKeys] }),
          ...mfaFields(mfa),
        });
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const { Credentials: opened } = await client.send(command, { abortSignal });
        return sessionIn(opened, exchange, host.now());
      });
    },
    assumeRoleWithWebIdentity(request) {
      const { roleArn: role, token } = request;
      const subject = { action: 'AssumeRoleWithWebIdentity', role, token } as const;
      return call(subject, async (exchange, abortSignal) => {
        const command = new AssumeRoleWithWebIdentityCommand({
          ...roleFields(request),
          WebIdentityToken: token,
        });
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const { Credentials: opened } = await client.send(command, { abortSignal });
        return sessionIn(opened, exchange, host.now());
      });
    },
    assumeRoot(request) {
      const subject = { action: 'AssumeRoot', role: `account ${request.targetPrincipal}` } as const;
      return call(subject, async (exchange, abortSignal) => {
        const command = new AssumeRootCommand({
          TargetPrincipal: request.targetPrincipal,
          TaskPolicyArn: { arn: request.taskPolicyArn },
          DurationSeconds: request.durationSeconds,
        });
        command.middlewareStack.add(createAnswerGate(exchange), gatePlace);
        const { Credentials: opened } = await client.send(command, { abortSignal });
        return sessionIn(opened, exchange, host.now());
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

function roleFields(request: WebIdentityRequest | AssumeRoleRequest) {
  const { roleArn, sessionName, durationSeconds, policyArns } = request;
  return {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: durationSeconds,
    ...(policyArns.length > 0 && { PolicyArns: policyArns.map((arn) => ({ arn })) }),
  };
}

function mfaFields(mfa: StsCall['mfa']) {
  return mfa && { SerialNumber: mfa.serialNumber, TokenCode: mfa.tokenCode };
}

function sessionIn(opened: SdkCredentials | undefined, exchange: Exchange, now: Date): StsSession {
  return {
    accessKeyId: textOf(opened?.AccessKeyId, exchange),
    secretAccessKey: textOf(opened?.SecretAccessKey, exchange),
    sessionToken: textOf(opened?.SessionToken, exchange),
    expiresAt: dateOf(opened?.Expiration, exchange, now),
    ...datePart(exchange),
  };
}

/** Next to the wire: the last to see a request, the first to see its answer. */
const gatePlace = { step: 'deserialize', priority: 'low', name: 'answerGate' } as const;

function mfaOf({ serialNumber, tokenCode }: WithMfa): StsCall['mfa'] {
  if (serialNumber !== undefined && tokenCode !== undefined) return { serialNumber, tokenCode };
  if (serialNumber === undefined && tokenCode === undefined) return undefined;
  throw new TypeError('serialNumber and tokenCode go together');
}
