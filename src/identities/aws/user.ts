import { withMfaCode } from '../../auth/mfa.ts';
import { isAwsRegion } from '../../core/aws-region.ts';
import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { checkPart, IdentityError, type IdentityProblem } from '../../core/identity-error.ts';
import type { Identity } from '../../core/identity.ts';
import { shellWord } from '../../core/shell-word.ts';
import { parseDuration } from '../../core/time.ts';
import { flag, mapOf, setting, text } from '../../core/validate.ts';
import { withoutAbsent } from '../../core/without-absent.ts';
import type {
  IdentityStrategy,
  OpenContext,
  OpenedSession,
  PreparedIdentity,
  StrategyContext,
} from '../../auth/strategy.ts';
import { endpointNeeds, isPlainUrl } from '../../clients/aws-endpoint.ts';
import type { Sts } from '../../clients/aws-sts.ts';

const defaultRegion = 'us-east-1';
const defaultDurationSeconds = 43_200;
const minDurationSeconds = 900;
const maxDurationSeconds = { withMfa: 129_600, withoutMfa: 43_200 };

const schemas = {
  credentials: mapOf({
    access_key_id: setting(
      text,
      'The id of an access key. Better stored by `atmos auth user configure` than written here.',
    ),
    secret_access_key: setting(text, 'Its secret. Both are said, by `!env`, or neither.'),
    mfa_arn: setting(
      text,
      'The MFA device that is asked for a code. It wins over the one stored with the key.',
    ),
    region: setting(text, 'The region that requests go to, and that programs get.', {
      default: defaultRegion,
    }),
    webflow_enabled: setting(flag, 'For Atmos: whether it may log in by a browser. We never do.'),
  }),
  spec: mapOf({
    endpoint_url: setting(
      text,
      'Another address of AWS STS, without user and password. In a project’s file one that is neither AWS nor this machine needs trust, as does an MFA code for one on this machine.',
    ),
  }),
};

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
  schemas,
  validate: (identity) => void readSettings(identity),
  trustNeeds,
  usesStoredKeys: (identity) => readSettings(identity).keys === undefined,
  configuredRegion: (identity) => readSettings(identity).region,
  prepare,
};

function trustNeeds({ spec }: Identity): ReturnType<IdentityStrategy['trustNeeds']> {
  const { endpoint_url: url } = spec;
  if (typeof url !== 'string' || !isPlainUrl(url)) return [];
  return endpointNeeds(url).map((need) => ({ path: ['spec', 'endpoint_url'], ...need }));
}

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

/** @throws ERR_CONFIG_INVALID naming each place in the file */
function readSettings(identity: Identity): Settings {
  const problems: IdentityProblem[] = [];
  const report = (problem: IdentityProblem) => void problems.push(problem);
  const credentials = checkPart(identity, 'credentials', schemas.credentials, report) ?? {};
  const spec = checkPart(identity, 'spec', schemas.spec, report) ?? {};
  const keys = configuredKeys(credentials.access_key_id, credentials.secret_access_key, report);
  const region = credentials.region || undefined;
  if (region !== undefined && !isAwsRegion(region)) {
    // Not quoted: the value may come from a variable that holds a secret.
    const message = 'is not the name of an AWS region';
    report({ path: ['credentials', 'region'], message, hint: 'write it like eu-central-1' });
  }
  const endpoint = spec.endpoint_url || undefined;
  if (endpoint !== undefined && !isPlainUrl(endpoint)) {
    // Not quoted: it may hold a password.
    const message = 'is not an http or https URL without user and password';
    report({ path: ['spec', 'endpoint_url'], message });
  }
  if (problems.length > 0) throw new IdentityError(identity, problems);
  return withoutAbsent({
    region,
    keys,
    mfaArn: credentials.mfa_arn || undefined,
    endpoint,
    durationSeconds: durationOf(identity),
  });
}

function durationOf({ name, session, locate }: Identity): number | undefined {
  const { duration } = session;
  if (!duration) return undefined;
  const place = locate(['session', 'duration']);
  return parseDuration(duration, `session.duration of identity ${name} (${place})`);
}

function configuredKeys(
  id: string | undefined,
  secret: string | undefined,
  report: (problem: IdentityProblem) => void,
): Settings['keys'] {
  if (!id && !secret) return undefined;
  if (id && secret) return { accessKeyId: id, secretAccessKey: secret };
  report({
    path: ['credentials'],
    message: 'hold only one of access_key_id and secret_access_key',
    hint: 'give both or neither; with neither, the keys come from the keyring',
  });
  return undefined;
}

function usableKeys(identity: Identity, stored: AwsCredentials | null): AwsCredentials {
  const hints = [`atmos auth user configure --identity ${shellWord(identity.name)}`];
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
