import { checkPart, ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import { say, type Hint } from '../../core/hint.ts';
import { quoteValue, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { listOf, mapOf, namesTo, setting, text, textOrCount } from '../../core/validate.ts';
import type { LinkPlan } from '../contract.ts';
import { endpointSchema, readEndpoint, type EndpointSettings } from './endpoint-settings.ts';
import type { ChosenEndpoint } from './endpoint-variables.ts';
import { keyFaults } from './key-values.ts';
import { checkRegion, firstRegionOf, partitionOf } from './regions.ts';
import { checkPolicies, checkTags, checkText, readDuration } from './role-rules.ts';
import { shownAt, type ShownValues } from './shown-values.ts';

// Reads and checks the configuration of an identity of kind aws/assume-role. The limits are those of
// the STS API.

export const schemas = {
  principal: mapOf({
    assume_role: setting(text, 'The ARN of the role. Required.'),
    session_name: setting(
      text,
      'The name of the session in logs of AWS: 2 to 64 letters, digits and `_+=,.@-`. By default made from the name of the identity and the time.',
    ),
    external_id: setting(
      text,
      'The external id that the trust policy of the role requires. Not for a role that is opened with an OIDC token.',
    ),
    duration: setting(
      textOrCount,
      'How long a session lasts, from 15 minutes to the maximum of the role. At most one hour if the session is opened with a session of another role. For more than one hour, the access key of an `aws/user` before it opens the role.',
      { default: '1h' },
    ),
    region: setting(
      text,
      'The region of requests to AWS, which programs receive as well. By default that of the identity or provider before it.',
    ),
    session_tags: setting(
      namesTo(text),
      'Tags of the session, at most 50. Not for a role that is opened with an OIDC token.',
    ),
    transitive_tags: setting(
      listOf(text),
      'The names of those session tags that sessions opened with this one get as well.',
    ),
    source_identity: setting(
      text,
      'A name that is recorded with everything that this session and the sessions opened with it do: 2 to 64 characters. It cannot be changed by a later role.',
    ),
    policy_arns: setting(
      listOf(text),
      'The ARNs of at most 10 managed policies. The session may only do what both they and the role allow.',
    ),
    mfa_arn: setting(
      text,
      'The MFA device of the user who opens the role, if its trust policy requires a code for this. Not for a role that is opened with a session of another role.',
    ),
  }),
  spec: endpointSchema,
};

/** The checked configuration of the identity. Empty text counts as absent, because of `!env`. */
export interface RoleSettings extends EndpointSettings {
  readonly roleArn: string;
  readonly partition: string;
  readonly sessionName?: string;
  readonly externalId?: string;
  readonly durationSeconds?: number;
  /** As configured. */
  readonly region?: string;
  /** Of requests. */
  readonly requestRegion: string;
  /** Sorted by key. */
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** Sorted. */
  readonly transitiveTags: readonly string[];
  readonly sourceIdentity?: string;
  readonly policyArns: readonly string[];
  readonly mfaArn?: string;
}

/** An identity with its checked configuration. */
export interface Role {
  readonly identity: Identity;
  readonly settings: RoleSettings & ChosenEndpoint;
}

/** What messages and logs say in place of values that tags gave. Absent: the value. */
export function shownRole({ identity, settings }: Role): ShownValues & { readonly role?: string } {
  return withoutAbsent({
    region: shownAt(identity, ['principal', 'region'], settings.region),
    endpoint: shownAt(identity, settings.endpointPath, settings.endpoint),
    mfaDevice: shownAt(identity, ['principal', 'mfa_arn'], settings.mfaArn),
    role: shownAt(identity, ['principal', 'assume_role'], settings.roleArn),
  });
}

type Report = (problem: LinkProblem) => void;

const roleArn = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/[\w+=,.@/-]{1,576}$/;
const minDurationSeconds = 900;
const maxDurationSeconds = 43_200;
const maxChainedSeconds = 3_600;

/** What the settings of a role depend on in the plan of the link before. */
export type RoleBase = Pick<LinkPlan, 'name' | 'gives' | 'origin' | 'region' | 'defaultRegion'>;

/**
 * @param base the plan of the link before, if it is known
 * @throws ERR_CONFIG_INVALID with each place in the file
 */
export function readRoleSettings(identity: Identity, base: RoleBase | undefined): RoleSettings {
  const problems: LinkProblem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const given = checkPart(identity, 'principal', schemas.principal, report);
  const endpoint = readEndpoint(identity, report);
  if (given === undefined) throw new ConfigurationError(identity, problems);
  const field = (name: 'session_name' | 'external_id' | 'source_identity') => {
    const value = given[name] || undefined;
    checkText(identity, name, value, report);
    return value;
  };
  const partition = checkRole(identity, given.assume_role, report);
  const region = given.region || undefined;
  checkRegion(identity, ['principal', 'region'], region, report);
  const requestRegion =
    region ?? base?.region ?? base?.defaultRegion ?? firstRegionOf(partition) ?? 'us-east-1';
  checkPartition(identity, { partition, region, requestRegion }, base, report);
  const mfaArn = given.mfa_arn || undefined;
  for (const { message } of keyFaults(withoutAbsent({ mfaArn }), { region: requestRegion })) {
    report({ path: ['principal', 'mfa_arn'], message });
  }
  const tags = tagsOf(given.session_tags);
  checkTags(tags, given.transitive_tags ?? [], report);
  checkPolicies(given.policy_arns ?? [], report);
  checkBase(given, base, report);
  const settings = {
    ...endpoint,
    roleArn: given.assume_role ?? '',
    partition,
    requestRegion,
    tags,
    transitiveTags: [...(given.transitive_tags ?? [])].sort(),
    policyArns: given.policy_arns ?? [],
    ...withoutAbsent({
      sessionName: field('session_name'),
      externalId: field('external_id'),
      sourceIdentity: field('source_identity'),
      durationSeconds: durationOf(identity, given.duration, base, report),
      region,
      mfaArn,
    }),
  };
  if (problems.length > 0) throw new ConfigurationError(identity, problems);
  return settings;
}

/** The partition of the role. Empty if the ARN is wrong, which is reported. */
function checkRole(identity: Identity, arn: string | undefined, report: Report): string {
  const path = ['principal', 'assume_role'];
  if (!arn) {
    report({ path, message: arn === undefined ? 'is missing' : 'is empty', hint: arnHint });
    return '';
  }
  const [, partition, account] = roleArn.exec(arn) ?? [];
  if (partition !== undefined && account !== undefined) return partition;
  const shown = quoteValue({ value: arn, tag: identity.tagAt?.(path) });
  report({ path, message: `is not the ARN of a role: ${shown}`, hint: arnHint });
  return '';
}

const arnHint: Hint = say('write it like arn:aws:iam::123456789012:role/name');

function checkPartition(
  { tagAt }: Identity,
  used: Pick<RoleSettings, 'partition' | 'requestRegion'> & { readonly region: string | undefined },
  base: RoleBase | undefined,
  report: Report,
): void {
  const { partition, region, requestRegion } = used;
  const requested = partitionOf(requestRegion);
  if (partition === '' || requested === undefined || requested === partition) return;
  if (region !== undefined) {
    const path = ['principal', 'region'];
    const shown = quoteValue({ value: region, tag: tagAt?.(path) });
    report({
      path,
      message: `is in the partition ${requested}: ${shown}, but the role is in ${partition}`,
    });
  } else if (base !== undefined) {
    report({
      path: ['principal', 'assume_role'],
      message: `is in the partition ${partition}, but ${base.name} has credentials for ${requested}`,
    });
  }
}

function tagsOf(tags: Readonly<Record<string, string>> = {}): RoleSettings['tags'] {
  return Object.entries(tags)
    .map(([key, value]) => ({ key, value }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What the credentials of the link before do not allow. */
function checkBase(
  given: Readonly<Partial<Record<string, unknown>>>,
  base: RoleBase | undefined,
  report: Report,
): void {
  if (base?.gives === 'oidc') {
    for (const name of [
      'external_id',
      'session_tags',
      'transitive_tags',
      'source_identity',
      'mfa_arn',
    ]) {
      if (given[name] === undefined) continue;
      const message = `cannot be used with the OIDC token of ${base.name}: AWS takes it from the token or not at all`;
      report({ path: ['principal', name], message });
    }
  }
  if (base?.origin === 'role' && given['mfa_arn'] !== undefined) {
    const message = `cannot be used with ${base.name}, which is a session of a role and has no MFA device`;
    report({ path: ['principal', 'mfa_arn'], message });
  }
}

function durationOf(
  identity: Identity,
  given: string | number | undefined,
  base: RoleBase | undefined,
  report: Report,
): number | undefined {
  const seconds = readDuration(identity, given, '1h, 90m, 900s or 900 (seconds)', report);
  if (seconds === undefined) return undefined;
  const path = ['principal', 'duration'];
  const shown = quoteValue({ value: String(given), tag: identity.tagAt?.(path) });
  if (seconds < minDurationSeconds || seconds > maxDurationSeconds) {
    report({ path, message: `must be from 15m to 12h: ${shown}` });
  } else if (base?.origin === 'role' && seconds > maxChainedSeconds) {
    report({
      path,
      message: `is more than one hour: ${shown}. AWS limits a role to one hour if it is opened with a session of another role, such as ${base.name}`,
      hint: say('set it to 1h or less'),
    });
  }
  return seconds;
}
