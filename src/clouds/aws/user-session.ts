// Opens sessions of aws/user. Loaded only for that: using a stored session does not need this
// module.

import { awsCredentials, isSession, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError, isAtmosError, isDamagedEntry } from '../../core/errors.ts';
import { edit, optionWords, run, say, type Hint } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseDuration } from '../../core/time.ts';
import type { KeyDevice, KeySource, OpenContext, Opened } from '../contract.ts';
import { requestWithMfa } from './mfa.ts';
import { createMfaProgram } from './mfa-program.ts';
import { shownValues } from './shown-values.ts';
import type { SessionTokenRequest, Sts } from './sts.ts';
import { openedBy, withSts } from './with-sts.ts';
import {
  defaultDurationSeconds,
  defaultRegion,
  describeEmpty,
  emptyKeyFields,
  keyFaultsOf,
  maxDurationSeconds,
  minDurationSeconds,
  variableHints,
  type User,
  type UserSettings,
} from './user-settings.ts';

const withoutMfaLimit =
  'without MFA, AWS denies this session all calls of IAM, and of STS except AssumeRole and GetCallerIdentity';

/** The configured key, or otherwise the stored one. Undefined without one, if a sign-in does instead. */
export async function keyOf(
  { identity, settings }: User,
  source: KeySource,
  isRequired = false,
): Promise<AwsCredentials | undefined> {
  if (settings.keys !== undefined) return awsCredentials(settings.keys);
  const stored = await source.storedKey();
  if (stored === null && !isRequired && (await hasSignIn(settings, source))) return undefined;
  if (isRequired) return usableKey(identity, stored, source.isStoreLasting, forLongRole);
  const hints = settings.webflowEnabled === false ? [] : [signInstead(identity.name)];
  return usableKey(identity, stored, source.isStoreLasting, { hints, need: '' });
}

/** What an error adds to a missing key that opens a role of more than an hour. */
const forLongRole: KeyNeed = {
  need: ', and a role of more than one hour is opened with one',
  hints: [say('set principal.duration of the role to 1h: then a session of the user opens it')],
};

interface KeyNeed {
  /** Completes the message. */
  readonly need: string;
  /** What to do instead of storing a key. */
  readonly hints: readonly Hint[];
}

async function hasSignIn(
  { webflowEnabled }: UserSettings,
  { keptSignIn }: KeySource,
): Promise<boolean> {
  if (webflowEnabled !== undefined) return webflowEnabled;
  try {
    return (await keptSignIn?.()) !== undefined;
  } catch (error) {
    // Opening with it says what is wrong with its entry.
    if (!isDamagedEntry(error)) throw error;
    return true;
  }
}

export async function open(user: User, context: OpenContext): Promise<Opened> {
  const { identity, settings } = user;
  const key = context.mustSignIn ? undefined : await keyOf(user, context);
  if (key === undefined) {
    const { openBySignIn } = await import('./user-sign-in.ts');
    return openBySignIn(user, context);
  }
  const mfa = deviceOf(user, key, context);
  const serialNumber = mfa?.asked.device;
  const durationSeconds = sessionSeconds(user, key, mfa !== undefined, context);
  const opening = withUserSts(user, key, context, (sts) => {
    const request = (code?: string) =>
      requestSession(sts, user, context, { durationSeconds, serialNumber, tokenCode: code });
    if (mfa === undefined) return request();
    return requestWithMfa(mfa.asked, identity, context, request);
  });
  return opening.catch((error: unknown) => {
    throw settings.keys === undefined ? error : ofConfiguredKey(error, identity);
  });
}

/** `useKey` of the plan. */
export async function useKey<T>(
  user: User,
  key: AwsCredentials,
  context: Pick<OpenContext, 'host' | 'commandEnv'>,
  use: (device: KeyDevice | undefined) => Promise<T>,
): Promise<T> {
  const { identity, settings } = user;
  const device = deviceOf(user, key, context);
  try {
    return await use(device);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_BASE_REFUSED')) throw error;
    const hints = [configureKey(identity.name)];
    const refused = new AtmosError('ERR_AUTH_KEYS_REFUSED', error.message, { hints });
    throw settings.keys === undefined ? refused : ofConfiguredKey(refused, identity);
  }
}

/** The configured MFA device, or the one that is stored with the key. @throws ERR_STORE_INVALID */
function deviceOf(
  user: User,
  key: AwsCredentials,
  context: Pick<OpenContext, 'host' | 'commandEnv'>,
): KeyDevice | undefined {
  const { identity, settings } = user;
  if (settings.mfaArn === undefined) checkStoredDevice(identity, key);
  const device = settings.mfaArn ?? key.mfaArn;
  if (device === undefined) return undefined;
  const shownDevice = shownValues(identity, settings).mfaDevice;
  const program = mfaProgramOf(user, context);
  const locate = () => identity.locate(['credentials', 'mfa_arn']);
  return {
    asked: { device, ...withoutAbsent({ shownDevice, program }) },
    ...(settings.mfaArn === undefined ? {} : { locate }),
  };
}

function mfaProgramOf(
  { identity, settings: { mfaProcess: command } }: User,
  context: Pick<OpenContext, 'host' | 'commandEnv'>,
): (() => Promise<string>) | undefined {
  if (command === undefined) return undefined;
  const place = identity.locate(['credentials', 'mfa_process']);
  return createMfaProgram({ command, place }, context);
}

/** A refused key is corrected where it is configured. */
function ofConfiguredKey(error: unknown, { locate }: Identity): unknown {
  if (!isAtmosError(error, 'ERR_AUTH_KEYS_REFUSED')) return error;
  return new AtmosError(error.code, error.message, {
    hints: [edit(locate(['credentials']), 'correct access_key_id and secret_access_key')],
  });
}

async function requestSession(
  sts: Sts,
  { settings }: User,
  { host }: OpenContext,
  request: SessionTokenRequest,
): Promise<Opened> {
  const session = await sts.getSessionToken(request);
  const limits = request.serialNumber === undefined ? [withoutMfaLimit] : [];
  return openedBy(session, settings.region ?? defaultRegion, host, limits);
}

/**
 * Opens AWS STS as the user for one use, and closes it.
 *
 * @throws as `withSts`
 */
export function withUserSts<T>(
  { identity, settings }: User,
  credentials: AwsCredentials,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  use: (sts: Sts) => Promise<T>,
): Promise<T> {
  const { region = defaultRegion, mfaArn, ...endpoint } = settings;
  const target = {
    ...endpoint,
    region,
    shown: shownValues(identity, settings),
    ...(mfaArn === undefined
      ? {}
      : { locateMfaArn: () => identity.locate(['credentials', 'mfa_arn']) }),
  };
  return withSts(target, credentials, context, use);
}

function usableKey(
  identity: Identity,
  stored: AwsCredentials | null,
  isStoreLasting: boolean,
  { need, hints: others }: KeyNeed,
): AwsCredentials {
  const { name, locate } = identity;
  const configure = [configureKey(name)];
  if (stored === null) {
    const empty = emptyKeyFields(identity);
    const what = empty.map(
      (field) => `${field.path.join('.')} (${locate(field.path)}) ${describeEmpty(field)}`,
    );
    const none = `no access key is stored for identity ${name}${need}`;
    throw new AtmosError('ERR_AUTH_KEYS_MISSING', [...what, none].join('; '), {
      hints: [
        ...variableHints(empty),
        // In the memory keyring, a stored key would be lost before the next command.
        ...(isStoreLasting ? [...configure, ...(empty.length === 0 ? others : [])] : []),
        ...(isStoreLasting || empty.length > 0
          ? []
          : [edit(locate(['credentials']), 'set access_key_id and secret_access_key with !env')]),
      ],
    });
  }
  if (isSession(stored)) {
    throw new AtmosError(
      'ERR_AUTH_KEYS_MISSING',
      `the entry for the access key of identity ${identity.name} contains a session, which cannot open another session`,
      { hints: configure },
    );
  }
  return stored;
}

function signInstead(identity: string): Hint {
  const words = ['atmos', 'auth', 'login', ...optionWords('--identity', identity), '--webflow'];
  return run(words, 'to sign in with a browser instead');
}

function configureKey(identity: string): Hint {
  return run(['atmos', 'auth', 'user', 'configure', ...optionWords('--identity', identity)]);
}

/**
 * Another program may have stored any text. It is checked only when a session is opened, so that a
 * stored session remains valid.
 */
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

/**
 * The session duration from the configuration, the stored key or the default, limited to the range
 * that AWS and Atmos allow.
 */
export function sessionSeconds(
  { identity, settings }: User,
  key: AwsCredentials,
  hasMfa: boolean,
  { warn }: Pick<OpenContext, 'warn'>,
): number {
  const wanted =
    settings.durationSeconds ?? storedDuration(key, identity, warn) ?? defaultDurationSeconds;
  const most = hasMfa ? maxDurationSeconds.withMfa : maxDurationSeconds.withoutMfa;
  const seconds = Math.min(Math.max(wanted, minDurationSeconds), most);
  if (seconds !== wanted) {
    const because = hasMfa ? 'with MFA' : 'without MFA';
    warn(
      `the session of identity ${identity.name} lasts ${seconds} seconds instead of ${wanted}: ${because}, ${minDurationSeconds} to ${most} seconds are allowed`,
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
      `the session duration stored with the key of identity ${identity.name} is invalid: the default of 12h is used`,
    );
    return undefined;
  }
}
