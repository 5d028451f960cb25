import { shortAccessKeyId } from '../../core/credentials.ts';
import { showForConsent, withoutAbsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import type { IdentityKind, LinkPlan, PlanContext, Question } from '../contract.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting } from './endpoint-variables.ts';
import { partitionOf } from './regions.ts';
import { plannedAt, shownValues } from './shown-values.ts';
import {
  defaultDurationSeconds,
  defaultRegion,
  maxDurationSeconds,
  minDurationSeconds,
  readSettings,
  schemas,
  type User,
  type UserSettings,
} from './user-settings.ts';

/**
 * `aws/user`: an IAM user with long-lived keys, from atmos.yaml or otherwise from the store. Opens
 * sessions with STS GetSessionToken, with MFA if a device is configured. Without a key, a person may sign
 * in at AWS in a browser.
 */
export const awsUser: IdentityKind = {
  rootName: 'aws-user',
  takes: [],
  gives: 'aws',
  schemas,
  trustNeeds,
  keyForm: async (identity) => (await import('./key-form.ts')).createKeyForm(identity),
  plan,
};

function trustNeeds(identity: Identity): readonly TrustNeed[] {
  const command = identity.credentials['mfa_process'];
  const ofEndpoint = endpointTrustNeeds(identity);
  if (typeof command !== 'string' || command === '') return ofEndpoint;
  const path = ['credentials', 'mfa_process'];
  const shown = showForConsent({ value: command, tag: identity.tagAt?.(path) });
  return [{ path, what: `runs the MFA command ${shown}` }, ...ofEndpoint];
}

function plan(identity: Identity, { env }: PlanContext): LinkPlan {
  const { name, kind } = identity;
  const read = readSettings(identity);
  const { useFips, useDualstack } = read;
  const signin = chooseEndpoint(withoutAbsent({ useFips, useDualstack }), env, 'signin');
  const settings = { ...chooseEndpoint(read, env), signin };
  const user = { identity, settings };
  const shownRegion = shownValues(identity, settings).region;
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'user',
    mayAsk: questionsOf(settings),
    opensBySignIn: true,
    ...(settings.webflowEnabled === false
      ? {}
      : {
          whyNotRenewed: async (kept, host) =>
            (await loadRenewal()).whyNotRenewed(user, kept, host),
        }),
    signInRoute: async (host) => (await loadRenewal()).signInRoute(user, host),
    maxDurationSeconds: maxDurationOf(settings),
    fingerprint: fingerprintOf(user),
    storedKey: settings.keys === undefined ? 'needed' : 'configured',
    defaultRegion,
    ...withoutAbsent({
      region: settings.region,
      shownRegion,
      partition: partitionOf(settings.region ?? defaultRegion),
    }),
    longLivedKey: async (source, isRequired) =>
      (await loadSession()).keyOf(user, source, isRequired),
    useKey: async (key, context, use) => (await loadSession()).useKey(user, key, context, use),
    foresee: async (stored) => (await import('./user-foresight.ts')).foresee(user, stored),
    open: async (context) => (await loadSession()).open(user, context),
    route: async (host) =>
      (await import('./sts-route.ts')).stsRoute(
        { ...settings, region: settings.region ?? defaultRegion },
        host,
      ),
    whoIs: async (credentials, context) =>
      (await loadSession()).withUserSts(user, credentials, context, (sts) =>
        sts.getCallerIdentity(),
      ),
  };
}

function questionsOf({ keys, mfaArn, webflowEnabled }: UserSettings): readonly Question[] {
  // A stored key may name a device and a duration.
  const mfa = mfaArn === undefined && keys !== undefined ? [] : (['mfa-code'] as const);
  return keys === undefined && webflowEnabled ? [...mfa, 'browser'] : mfa;
}

function maxDurationOf({ keys, mfaArn, durationSeconds }: UserSettings): number {
  const { withMfa, withoutMfa } = maxDurationSeconds;
  const limit = keys === undefined || mfaArn !== undefined ? withMfa : withoutMfa;
  const wanted = durationSeconds ?? (keys === undefined ? limit : defaultDurationSeconds);
  return Math.min(Math.max(wanted, minDurationSeconds), limit);
}

/** Loaded lazily, because a stored session does not need it. */
const loadSession = () => import('./user-session.ts');
const loadRenewal = () => import('./user-renewal.ts');

/** Values of the stored key are not included: storing another key removes the session. */
function fingerprintOf({ identity, settings }: User): LinkPlan['fingerprint'] {
  const { region = defaultRegion, mfaArn, keys, expect } = settings;
  const shown = shownValues(identity, settings);
  const setting = (value: string | undefined, shownValue: string | undefined) => ({
    value: value ?? null,
    ...withoutAbsent({ shown: shownValue }),
  });
  return {
    // Regions of the same partition only change where requests go: the session is valid in all of
    // them.
    'the partition': { value: partitionOf(region) ?? region },
    'spec.endpoint_url': endpointSetting(identity, settings),
    'credentials.mfa_arn': setting(mfaArn, shown.mfaDevice),
    'credentials.access_key_id': setting(
      keys?.accessKeyId,
      keys && shortAccessKeyId(keys.accessKeyId),
    ),
    // Only if it is set, so that sessions of earlier versions remain valid.
    ...Object.fromEntries(
      Object.entries(expect).map(([key, value]) => {
        const path = ['spec', 'expect', key];
        return [path.join('.'), plannedAt(identity, path, value)];
      }),
    ),
  };
}
