import { shortAccessKeyId } from '../../core/credentials.ts';
import { showForConsent, withoutAbsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import type { IdentityKind, LinkPlan, PlanContext } from '../contract.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting } from './endpoint-variables.ts';
import { partitionOf } from './regions.ts';
import { shownValues } from './shown-values.ts';
import {
  defaultDurationSeconds,
  defaultRegion,
  maxDurationSeconds,
  minDurationSeconds,
  readSettings,
  schemas,
  type UserSettings,
} from './user-settings.ts';
import type { User } from './user-session.ts';

/**
 * `aws/user`: an IAM user with long-lived keys, from atmos.yaml or otherwise from the store. Opens
 * sessions with STS GetSessionToken, with MFA if a device is configured. Does not support the
 * browser flow.
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
  const settings = chooseEndpoint(readSettings(identity), env);
  const user = { identity, settings };
  const shownRegion = shownValues(identity, settings).region;
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'user',
    // A stored key may name a device and a duration.
    mayAsk: settings.mfaArn === undefined && settings.keys !== undefined ? [] : ['mfa-code'],
    maxDurationSeconds: maxDurationOf(settings),
    fingerprint: fingerprintOf(user),
    storedKey: settings.keys === undefined ? 'needed' : 'configured',
    defaultRegion,
    ...withoutAbsent({
      region: settings.region,
      shownRegion,
      partition: partitionOf(settings.region ?? defaultRegion),
    }),
    longLivedKey: async (source) => (await loadSession()).keyOf(user, source),
    useKey: async (key, context, use) => (await loadSession()).useKey(user, key, context, use),
    foresee: async (key) => (await loadSession()).foresee(user, key),
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

function maxDurationOf({ keys, mfaArn, durationSeconds }: UserSettings): number {
  const { withMfa, withoutMfa } = maxDurationSeconds;
  const limit = keys === undefined || mfaArn !== undefined ? withMfa : withoutMfa;
  const wanted = durationSeconds ?? (keys === undefined ? limit : defaultDurationSeconds);
  return Math.min(Math.max(wanted, minDurationSeconds), limit);
}

/** Loaded lazily, because a stored session does not need it. */
const loadSession = () => import('./user-session.ts');

/** Values of the stored key are not included: storing another key removes the session. */
function fingerprintOf({ identity, settings }: User): LinkPlan['fingerprint'] {
  const { region = defaultRegion, mfaArn, keys } = settings;
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
  };
}
