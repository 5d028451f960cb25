import { valueOf, withoutAbsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import type { IdentityKind, LinkPlan, PlanContext } from '../contract.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting } from './endpoint-variables.ts';
import { readRoleSettings, schemas, shownRole, type Role } from './role-settings.ts';

/**
 * `aws/assume-role`: a session of an IAM role, opened with AWS credentials (STS AssumeRole) or with
 * an OIDC token (STS AssumeRoleWithWebIdentity).
 */
export const awsAssumeRole: IdentityKind = {
  rootName: 'aws-assume-role',
  takes: ['aws', 'oidc'],
  gives: 'aws',
  schemas,
  trustNeeds,
  plan,
};

/** A provider gives a token, which is sent as it is. */
function trustNeeds(identity: Identity): readonly TrustNeed[] {
  const hasToken = identity.via?.provider !== undefined;
  return endpointTrustNeeds(identity, hasToken ? 'tokens' : 'signatures');
}

const defaultDurationSeconds = 3_600;

const chainedLimit = 'opened with a session of another role, it lasts one hour at most';

function plan(identity: Identity, { base, env }: PlanContext): LinkPlan {
  const { name, kind } = identity;
  const settings = chooseEndpoint(readRoleSettings(identity, base), env);
  const role = { identity, settings };
  const region = settings.region ?? base?.region;
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'role',
    fingerprint: fingerprintOf(role),
    storedKey: 'none',
    maxDurationSeconds: settings.durationSeconds ?? defaultDurationSeconds,
    mayAsk: settings.mfaArn === undefined ? [] : ['mfa-code'],
    limits: base?.origin === 'role' ? [chainedLimit] : [],
    defaultRegion: settings.requestRegion,
    partition: settings.partition,
    ...withoutAbsent({ region, shownRegion: shownRole(role).region }),
    open: async (context) => (await loadSession()).open(role, context),
    route: async (host) =>
      (await import('./sts-route.ts')).stsRoute(
        { ...settings, region: settings.requestRegion },
        host,
      ),
    whoIs: async (credentials, context) =>
      (await loadSession()).withRoleSts(role, credentials, context, (sts) =>
        sts.getCallerIdentity(),
      ),
  };
}

/** Loaded lazily, because a stored session does not need it. */
const loadSession = () => import('./role-session.ts');

/** The duration is not included: a session that lasts is good, whatever the next one is to last. */
function fingerprintOf({ identity, settings }: Role): LinkPlan['fingerprint'] {
  const { tagAt } = identity;
  const { tags, transitiveTags, policyArns } = settings;
  const setting = (path: readonly string[], value: string | undefined) => {
    const tag = value === undefined ? undefined : tagAt?.(path);
    return { value: value ?? null, ...(tag === undefined ? {} : { shown: valueOf(tag) }) };
  };
  const list = (items: readonly unknown[]) =>
    items.length === 0 ? undefined : JSON.stringify(items);
  const ofPrincipal = {
    assume_role: settings.roleArn,
    session_name: settings.sessionName,
    external_id: settings.externalId,
    source_identity: settings.sourceIdentity,
    mfa_arn: settings.mfaArn,
    session_tags: list(tags.map(({ key, value }) => [key, value])),
    transitive_tags: list(transitiveTags),
    policy_arns: list(policyArns),
  };
  return {
    'spec.endpoint_url': endpointSetting(identity, settings),
    ...Object.fromEntries(
      Object.entries(ofPrincipal).map(([name, value]) => [
        `principal.${name}`,
        setting(['principal', name], value),
      ]),
    ),
  };
}
