import { awsCredentials, shortAccessKeyId, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { edit, optionWords, run, type Hint } from '../../core/hint.ts';
import { showForConsent, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseDuration } from '../../core/time.ts';
import type {
  IdentityStrategy,
  OpenContext,
  OpenedSession,
  PreparedIdentity,
  ShownValues,
  StrategyContext,
} from '../contract.ts';
import { endpointNeeds, isPlainUrl } from './endpoint.ts';
import { withMfaCode } from './mfa.ts';
import { partitionOf } from './regions.ts';
import type { Sts, StsOptions } from './sts.ts';
import type { Destination } from './unfollowed-variables.ts';
import {
  defaultRegion,
  endpointOf,
  keyFaultsOf,
  describeEmpty,
  emptyKeyFields,
  readSettings,
  schemas,
  shownValues,
  variableHints,
  type UserSettings,
} from './user-settings.ts';

const defaultDurationSeconds = 43_200;
const minDurationSeconds = 900;
const maxDurationSeconds = { withMfa: 129_600, withoutMfa: 43_200 };

/**
 * `aws/user`: an IAM user with long-lived keys, from atmos.yaml or else from the store. A session is
 * opened by STS GetSessionToken, with MFA where a device is configured. No browser flow.
 */
export const awsUser: IdentityStrategy = {
  providerName: 'aws-user',
  gives: 'aws',
  defaultRegion,
  schemas,
  validate: (identity) => void readSettings(identity),
  trustNeeds,
  usesStoredKeys: (identity) => readSettings(identity).keys === undefined,
  keyForm: async (identity) => (await import('./key-form.ts')).createKeyForm(identity),
  configuredRegion: (identity) => readSettings(identity).region,
  prepare,
};

function trustNeeds(identity: Identity): ReturnType<IdentityStrategy['trustNeeds']> {
  const { url, path } = endpointOf(identity) ?? {};
  if (url === undefined || path === undefined || !isPlainUrl(url)) return [];
  const shown = showForConsent({ value: url, tag: identity.tagAt?.(path) });
  return endpointNeeds(url, shown).map((need) => ({ path, ...need }));
}

async function prepare(context: StrategyContext): Promise<PreparedIdentity> {
  const { identity } = context;
  const settings = readSettings(identity);
  const keys = settings.keys
    ? awsCredentials(settings.keys)
    : usableKeys(identity, await context.readStoredKeys(), context.isStoreLasting);
  const mfaDevice = settings.mfaArn ?? keys.mfaArn;
  const shown = shownValues(identity, settings);
  const region = settings.region ?? defaultRegion;
  const destination = { region, endpoint: settings.endpoint };
  const locateMfaArn =
    settings.mfaArn === undefined ? undefined : () => identity.locate(['credentials', 'mfa_arn']);
  const withSts = createStsUser(destination, { shown, locateMfaArn }, context);
  return {
    region,
    baseAccessKeyId: keys.accessKeyId,
    // A region of the same partition is only where requests go: the session holds in all of them.
    fingerprintOf: {
      'the partition': partitionOf(region) ?? region,
      'spec.endpoint_url': settings.endpoint ?? null,
      'the MFA device': mfaDevice ?? null,
      'the access key': keys.accessKeyId,
    },
    fingerprintShown: withoutAbsent({
      'spec.endpoint_url': shown.endpoint,
      'the MFA device': shown.mfaDevice,
      'the access key': shortAccessKeyId(keys.accessKeyId),
    }),
    ...withoutAbsent({
      mfaDevice,
      shown,
      limits:
        mfaDevice === undefined
          ? 'without MFA, AWS refuses this session all of IAM, and of STS all but AssumeRole and GetCallerIdentity'
          : undefined,
    }),
    async open(open) {
      if (settings.mfaArn === undefined) checkStoredDevice(identity, keys);
      const durationSeconds = sessionSeconds(settings, keys, mfaDevice !== undefined, context);
      return withSts(keys, open.timeoutMs, (sts) =>
        openSession(sts, { context, open, region, mfaDevice, shown, durationSeconds }),
      );
    },
    whoIs: (credentials, timeoutMs) =>
      withSts(credentials, timeoutMs, (sts) => sts.getCallerIdentity()),
  };
}

type UseSts = <T>(
  credentials: AwsCredentials,
  timeoutMs: number,
  use: (sts: Sts) => Promise<T>,
) => Promise<T>;

/**
 * Lets AWS STS be used, and closes it. Variables of the AWS SDKs that we do not follow are refused before
 * anything is sent, or else told once when it has worked: an error names them itself.
 */
function createStsUser(
  destination: Destination,
  forErrors: Pick<StsOptions, 'shown' | 'locateMfaArn'>,
  { identity, host, warn }: StrategyContext,
): UseSts {
  let hasWarned = false;
  return async (credentials, timeoutMs, use) => {
    const variables = await import('./unfollowed-variables.ts');
    variables.requireFollowed(destination, identity.name, host.env);
    const { openSts } = await import('./sts.ts');
    const sts = openSts({ ...destination, ...forErrors, credentials, timeoutMs, host });
    try {
      const result = await use(sts);
      const unfollowed = variables.unfollowedVariables(destination, host.env);
      const warning = variables.unfollowedWarning(unfollowed);
      if (warning !== undefined && !hasWarned) warn(warning);
      hasWarned = true;
      return result;
    } finally {
      sts.close();
    }
  };
}

interface Opening {
  readonly context: StrategyContext;
  readonly open: OpenContext;
  readonly region: string;
  readonly mfaDevice: string | undefined;
  readonly shown: ShownValues;
  readonly durationSeconds: number;
}

function openSession(sts: Sts, opening: Opening): Promise<OpenedSession> {
  const { context, open, mfaDevice, shown } = opening;
  if (mfaDevice === undefined) return requestSession(sts, opening);
  const device = withoutAbsent({ device: mfaDevice, shownDevice: shown.mfaDevice });
  return withMfaCode(device, context.identity, open, (code) => requestSession(sts, opening, code));
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

function usableKeys(
  identity: Identity,
  stored: AwsCredentials | null,
  isStoreLasting: boolean,
): AwsCredentials {
  const { name, locate } = identity;
  const configure = [configureKey(name)];
  if (stored === null) {
    const empty = emptyKeyFields(identity);
    const what = empty.map(
      (field) => `${field.path.join('.')} (${locate(field.path)}) ${describeEmpty(field)}`,
    );
    const none = `no access key is stored for identity ${name}`;
    throw new AtmosError('ERR_AUTH_KEYS_MISSING', [...what, none].join('; '), {
      hints: [
        ...variableHints(empty),
        // A key that is configured now would be gone before the next command.
        ...(isStoreLasting ? configure : []),
        ...(isStoreLasting || empty.length > 0
          ? []
          : [edit(locate(['credentials']), 'give access_key_id and secret_access_key by !env')]),
      ],
    });
  }
  if (stored.sessionToken !== undefined) {
    throw new AtmosError(
      'ERR_AUTH_KEYS_MISSING',
      `what is stored as the access key of identity ${identity.name} is a session, which cannot open another`,
      { hints: configure },
    );
  }
  return stored;
}

function configureKey(identity: string): Hint {
  return run(['atmos', 'auth', 'user', 'configure', ...optionWords('--identity', identity)]);
}

/** Another program may have stored any text. Not checked before a session is opened: a stored one stays valid. */
function checkStoredDevice(identity: Identity, { mfaArn }: AwsCredentials): void {
  const [fault] = keyFaultsOf(identity, withoutAbsent({ mfaArn }));
  if (fault === undefined) return;
  const { name } = identity;
  throw new AtmosError(
    'ERR_STORE_INVALID',
    `${fault.name} stored with the access key of identity ${name} ${fault.message}`,
    { hints: [configureKey(name)] },
  );
}

/** What AWS and Atmos allow, of what the configuration, the stored key or else the default asks for. */
function sessionSeconds(
  settings: UserSettings,
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
