import { withMfaCode } from '../../auth/mfa.ts';
import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import { parseDuration } from '../../core/time.ts';
import { checkShape, describeProblem, flag, mapOf, optional, text } from '../../core/validate.ts';
import { withoutAbsent } from '../../core/without-absent.ts';
import type {
  IdentityStrategy,
  OpenContext,
  OpenedSession,
  PreparedIdentity,
  StrategyContext,
} from '../../auth/strategy.ts';
import type { Sts } from '../../clients/aws-sts.ts';

const defaultRegion = 'us-east-1';
const defaultDurationSeconds = 43_200;
const minDurationSeconds = 900;
const maxDurationSeconds = { withMfa: 129_600, withoutMfa: 43_200 };

const credentialsSchema = mapOf({
  access_key_id: optional(text),
  secret_access_key: optional(text),
  mfa_arn: optional(text),
  region: optional(text),
  webflow_enabled: optional(flag),
});
const specSchema = mapOf({ endpoint_url: optional(text) });

/** The kind's own part of an identity, checked. Empty text counts as absent, for `!env`. */
interface Settings {
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly mfaArn?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly durationSeconds?: number;
}

/**
 * `aws/user`: an IAM user with long-lived keys, from atmos.yaml or else from the store. A session is
 * opened by STS GetSessionToken, with MFA where a device is configured. No browser flow.
 */
export const awsUser: IdentityStrategy = {
  providerName: 'aws-user',
  defaultRegion,
  validate: (identity) => void readSettings(identity),
  usesStoredKeys: (identity) => readSettings(identity).keys === undefined,
  configuredRegion: (identity) => readSettings(identity).region,
  prepare,
};

async function prepare(context: StrategyContext): Promise<PreparedIdentity> {
  const { identity } = context;
  const settings = readSettings(identity);
  const keys = settings.keys
    ? awsCredentials(settings.keys)
    : usableKeys(identity, await context.readStoredKeys());
  const mfaDevice = settings.mfaArn ?? keys.mfaArn;
  const region = settings.region ?? defaultRegion;
  const openSts = async (credentials: AwsCredentials, timeoutMs: number): Promise<Sts> => {
    const sts = await import('../../clients/aws-sts.ts');
    const { endpoint } = settings;
    return sts.openSts({ credentials, region, endpoint, timeoutMs, host: context.host });
  };
  return {
    region,
    baseAccessKeyId: keys.accessKeyId,
    fingerprintOf: {
      region,
      endpoint: settings.endpoint ?? null,
      mfa_device: mfaDevice ?? null,
      access_key_id: keys.accessKeyId,
    },
    ...withoutAbsent({
      mfaDevice,
      limits:
        mfaDevice === undefined
          ? 'without MFA, AWS refuses this session all of IAM, and of STS all but AssumeRole and GetCallerIdentity'
          : undefined,
      endpoint:
        settings.endpoint === undefined
          ? undefined
          : { url: settings.endpoint, source: identity.locate(['spec', 'endpoint_url']) },
    }),
    async open(open) {
      const durationSeconds = sessionSeconds(settings, keys, mfaDevice !== undefined, context);
      const sts = await openSts(keys, open.timeoutMs);
      try {
        return await openSession(sts, { context, open, region, mfaDevice, durationSeconds });
      } finally {
        sts.close();
      }
    },
    async whoIs(credentials, timeoutMs) {
      const sts = await openSts(credentials, timeoutMs);
      try {
        return await sts.getCallerIdentity();
      } finally {
        sts.close();
      }
    },
  };
}

interface Opening {
  readonly context: StrategyContext;
  readonly open: OpenContext;
  readonly region: string;
  readonly mfaDevice: string | undefined;
  readonly durationSeconds: number;
}

function openSession(sts: Sts, opening: Opening): Promise<OpenedSession> {
  const { context, open, mfaDevice } = opening;
  if (mfaDevice === undefined) return requestSession(sts, opening);
  return withMfaCode(mfaDevice, context.identity, open, (code) =>
    requestSession(sts, opening, code),
  );
}

async function requestSession(
  sts: Sts,
  { context, region, mfaDevice, durationSeconds }: Opening,
  tokenCode?: string,
): Promise<OpenedSession> {
  const session = await sts.getSessionToken({
    durationSeconds,
    serialNumber: mfaDevice,
    tokenCode,
  });
  const offset = session.serverDate
    ? session.serverDate.getTime() - context.host.now().getTime()
    : 0;
  return {
    credentials: awsCredentials({
      accessKeyId: session.accessKeyId,
      secretAccessKey: session.secretAccessKey,
      sessionToken: session.sessionToken,
      expiresAt: session.expiresAt,
      region,
    }),
    clockOffsetMs: offset,
  };
}

/** @throws ERR_CONFIG_INVALID naming the place in the file */
function readSettings(identity: Identity): Settings {
  const credentials = checkPart(identity, 'credentials', credentialsSchema);
  const spec = checkPart(identity, 'spec', specSchema);
  const { duration } = identity.session;
  const durationAt = `session.duration of identity ${identity.name} (${identity.locate(['session', 'duration'])})`;
  return withoutAbsent({
    region: credentials.region || undefined,
    keys: configuredKeys(identity, credentials.access_key_id, credentials.secret_access_key),
    mfaArn: credentials.mfa_arn || undefined,
    endpoint: endpointOf(identity, spec.endpoint_url || undefined),
    durationSeconds: duration ? parseDuration(duration, durationAt) : undefined,
  });
}

function checkPart<T>(
  identity: Identity,
  part: 'credentials' | 'spec',
  schema: Parameters<typeof checkShape<T>>[0],
): T {
  const problems: string[] = [];
  const checked = checkShape(schema, identity[part], (problem) => {
    const at = [part, ...problem.path];
    const isSecret = part === 'credentials';
    problems.push(
      `${at.join('.')} of identity ${identity.name} (${identity.locate(at)}) ${describeProblem(problem, isSecret)}`,
    );
  });
  if (checked === undefined) throw new AtmosError('ERR_CONFIG_INVALID', problems.join('\n'));
  return checked;
}

function configuredKeys(
  identity: Identity,
  id: string | undefined,
  secret: string | undefined,
): Settings['keys'] {
  if (!id && !secret) return undefined;
  if (id && secret) return { accessKeyId: id, secretAccessKey: secret };
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `identity ${identity.name} (${identity.locate(['credentials'])}) has only one of access_key_id and secret_access_key`,
    { hints: ['give both or neither; with neither, the keys come from the keyring'] },
  );
}

function endpointOf(identity: Identity, endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || isPlainUrl(endpoint)) return endpoint;
  // Not quoted: it may hold a password.
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `spec.endpoint_url of identity ${identity.name} (${identity.locate(['spec', 'endpoint_url'])}) is not an http or https URL without user and password`,
  );
}

function isPlainUrl(endpoint: string): boolean {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) return false;
  const { username, password } = new URL(endpoint);
  return username === '' && password === '';
}

function usableKeys(identity: Identity, stored: AwsCredentials | null): AwsCredentials {
  const hints = [`atmos auth user configure --identity ${identity.name}`];
  if (stored === null) {
    throw new AtmosError(
      'ERR_AUTH_KEYS_MISSING',
      `no access key is stored for identity ${identity.name}`,
      { hints },
    );
  }
  if (stored.sessionToken !== undefined) {
    throw new AtmosError(
      'ERR_AUTH_KEYS_MISSING',
      `what is stored as the access key of identity ${identity.name} is a session, which cannot open another`,
      { hints },
    );
  }
  return stored;
}

/** What AWS and Atmos allow, of what the configuration, the stored key or else the default asks for. */
function sessionSeconds(
  settings: Settings,
  keys: AwsCredentials,
  hasMfa: boolean,
  { identity, warn }: StrategyContext,
): number {
  const wanted =
    settings.durationSeconds ?? storedDuration(keys, identity, warn) ?? defaultDurationSeconds;
  const most = hasMfa ? maxDurationSeconds.withMfa : maxDurationSeconds.withoutMfa;
  const seconds = Math.min(Math.max(wanted, minDurationSeconds), most);
  if (seconds !== wanted) {
    const because = hasMfa ? 'with MFA' : 'without MFA';
    warn(
      `the session of identity ${identity.name} lasts ${seconds} seconds instead of ${wanted}: ${because}, from ${minDurationSeconds} to ${most} are possible`,
    );
  }
  return seconds;
}

function storedDuration(
  keys: AwsCredentials,
  identity: Identity,
  warn: (message: string) => void,
): number | undefined {
  if (keys.sessionDuration === undefined) return undefined;
  try {
    return parseDuration(keys.sessionDuration);
  } catch {
    warn(
      `the session duration stored with the key of identity ${identity.name} is not one: the default of 12h is used`,
    );
    return undefined;
  }
}
