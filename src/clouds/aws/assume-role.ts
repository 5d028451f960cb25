import { withoutAbsent } from '../../core/json.ts';
import type { Identity, TrustNeed } from '../../core/kind-config.ts';
import { sha256 } from '../../core/sha256.ts';
import type { IdentityKind, LinkPlan, PlanContext, PlannedSetting } from '../contract.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting } from './endpoint-variables.ts';
import { plannedAt } from './shown-values.ts';
import {
  readRoleSettings,
  schemas,
  shownRole,
  type Role,
  type RoleSettings,
} from './role-settings.ts';

/**
 * `aws/assume-role`: a session of an IAM role, opened with AWS credentials (STS AssumeRole) or with
 * an OIDC token (STS AssumeRoleWithWebIdentity).
 */
export const awsAssumeRole: IdentityKind = {
  rootName: 'aws-assume-role',
  takes: ['aws', 'oidc'],
  gives: 'aws',
  schemas,
  accountOf: (identity) => /^arn:[\w-]+:iam::(\d{12}):/.exec(principalOf(identity) ?? '')?.[1],
  principalOf,
  trustNeeds,
  plan,
};

/** The ARN of the role, unless a tag of the configuration produced it. */
function principalOf({ principal, tagAt }: Identity): string | undefined {
  const arn = principal['assume_role'];
  const isTagged = tagAt?.(['principal', 'assume_role']) !== undefined;
  return typeof arn === 'string' && !isTagged ? arn : undefined;
}

/** A provider gives a token, which is sent as it is. */
function trustNeeds(identity: Identity): readonly TrustNeed[] {
  const hasToken = identity.via?.provider !== undefined;
  return endpointTrustNeeds(identity, hasToken ? 'tokens' : 'signatures');
}

const defaultDurationSeconds = 3_600;

const maxChainedSeconds = 3_600;

/**
 * The user whose long-lived key opens the role. The API reference does not count a session of
 * GetSessionToken as role chaining, but users report that AWS refuses more than one hour for it
 * (aws-vault #351, #263, #290; aws-runas #11; assume-role #24).
 */
function keyOwnerOf(base: LinkPlan | undefined, durationSeconds = 0): LinkPlan | undefined {
  return durationSeconds > maxChainedSeconds && base?.useKey !== undefined ? base : undefined;
}

function limitsOf(base: LinkPlan | undefined, durationSeconds = 0): readonly string[] {
  if (base?.origin === 'role') {
    return ['opened with a session of another role, it lasts one hour at most'];
  }
  const owner = keyOwnerOf(base, durationSeconds);
  if (owner !== undefined) {
    return [
      `opened with the access key of ${owner.name}, because AWS refuses more than one hour to a session of it`,
    ];
  }
  return base?.gives === 'aws' && durationSeconds > maxChainedSeconds
    ? ['AWS may refuse more than one hour, because it is opened with a session']
    : [];
}

/** What a person may be asked for, and what the key that opens the role tells about it. */
function questionsOf(
  { mfaArn }: RoleSettings,
  owner: LinkPlan | undefined,
): Pick<LinkPlan, 'mayAsk' | 'foresee'> {
  const ofRole = mfaArn === undefined ? undefined : (['mfa-code'] as const);
  if (owner === undefined) return { mayAsk: ofRole ?? [] };
  const { foresee } = owner;
  return {
    ...withoutAbsent({ mayAsk: ofRole ?? owner.mayAsk }),
    ...(foresee && {
      foresee: async (stored) => {
        const { mayAsk, problem } = await foresee({ ...stored, needsKey: true });
        const why = problem && `${problem}, and a role of more than one hour is opened with one`;
        return withoutAbsent({ mayAsk: ofRole ?? mayAsk, problem: why });
      },
    }),
  };
}

function plan(identity: Identity, { base, env }: PlanContext): LinkPlan {
  const { name, kind } = identity;
  const settings = chooseEndpoint(readRoleSettings(identity, base), env);
  const role = { identity, settings };
  const region = settings.region ?? base?.region;
  const owner = keyOwnerOf(base, settings.durationSeconds);
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'role',
    fingerprint: fingerprintOf(role),
    storedKey: 'none',
    maxDurationSeconds: settings.durationSeconds ?? defaultDurationSeconds,
    ...questionsOf(settings, owner),
    ...(owner && { opensWithKey: true }),
    limits: limitsOf(base, settings.durationSeconds),
    defaultRegion: settings.requestRegion,
    partition: settings.partition,
    ...withoutAbsent({ region, shownRegion: shownRole(role).region }),
    open: async (context) => (await loadSession()).open(role, owner, context),
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
  const { tags, transitiveTags, policyArns } = settings;
  const ofPrincipal = {
    assume_role: settings.roleArn,
    session_name: settings.sessionName,
    external_id: settings.externalId,
    source_identity: settings.sourceIdentity,
    mfa_arn: settings.mfaArn,
  };
  return {
    'spec.endpoint_url': endpointSetting(identity, settings),
    ...Object.fromEntries(
      Object.entries(ofPrincipal).map(([name, value]) => [
        `principal.${name}`,
        plannedAt(identity, ['principal', name], value),
      ]),
    ),
    'principal.session_tags': hashed(
      tags.map(({ key }) => key),
      tags,
    ),
    'principal.transitive_tags': hashed(transitiveTags),
    'principal.policy_arns': hashed(
      policyArns.map((arn) => arn.split('/').at(-1) ?? arn),
      policyArns,
    ),
  };
}

const maxShownLength = 200;

/**
 * A list as a setting. Only its hash is stored, because it can be long and a tag of the configuration
 * can have produced a part of it.
 *
 * @param names what messages show
 * @param items what the hash is of. Default: the names
 */
function hashed(names: readonly string[], items: readonly unknown[] = names): PlannedSetting {
  if (items.length === 0) return { value: null };
  const hash = sha256(JSON.stringify(items));
  const shown = names.join(', ').slice(0, maxShownLength);
  return { value: hash, shown: `${shown} (SHA-256 ${hash.slice(0, 8)}…)` };
}
