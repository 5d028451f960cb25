import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LinkPlan } from '../../../src/clouds/contract.ts';
import { awsAssumeRole } from '../../../src/clouds/aws/assume-role.ts';
import { readRoleSettings } from '../../../src/clouds/aws/role-settings.ts';
import { AtmosError } from '../../../src/core/errors.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { thrownBy } from '../../support/error-of.ts';

const arn = 'arn:aws:iam::123456789012:role/path/deploy';

const roleOf = (principal: Record<string, unknown>) =>
  awsUserIdentity({
    name: 'deploy',
    kind: 'aws/assume-role',
    principal: { assume_role: arn, ...principal },
  });

const read = (principal: Record<string, unknown>, base?: Partial<LinkPlan>) =>
  readRoleSettings(roleOf(principal), base as LinkPlan | undefined);

const user = { name: 'ada', gives: 'aws', origin: 'user', defaultRegion: 'us-east-1' } as const;
const role = { name: 'hub', gives: 'aws', origin: 'role', region: 'eu-west-1' } as const;
const token = { name: 'github', gives: 'oidc' } as const;

describe('the settings of a role', () => {
  test('are read with their defaults', () => {
    expect(read({}, user)).toEqual({
      roleArn: arn,
      partition: 'aws',
      requestRegion: 'us-east-1',
      tags: [],
      transitiveTags: [],
      policyArns: [],
    });
  });

  test('are read whole, with tags sorted by key', () => {
    const policy = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    const principal = {
      session_name: 'ci',
      external_id: 'partner-7',
      duration: '2h',
      region: 'eu-central-1',
      session_tags: { Team: 'core', Cost: '42' },
      transitive_tags: ['Team', 'Cost'],
      source_identity: 'ada',
      policy_arns: [policy],
      mfa_arn: 'arn:aws:iam::123456789012:mfa/ada',
    };
    expect(read(principal, user)).toMatchObject({
      sessionName: 'ci',
      externalId: 'partner-7',
      durationSeconds: 7200,
      region: 'eu-central-1',
      requestRegion: 'eu-central-1',
      tags: [
        { key: 'Cost', value: '42' },
        { key: 'Team', value: 'core' },
      ],
      transitiveTags: ['Cost', 'Team'],
      sourceIdentity: 'ada',
      policyArns: [policy],
      mfaArn: 'arn:aws:iam::123456789012:mfa/ada',
    });
  });

  test.each([
    ['the own region', { region: 'eu-north-1' }, role, 'eu-north-1'],
    ['the region of the link before', {}, role, 'eu-west-1'],
    ['the default region of the link before', {}, user, 'us-east-1'],
    ['the first region of the partition', {}, token, 'us-east-1'],
  ] as const)('say where requests go: %s', (_, principal, base, region) => {
    expect(read(principal, base).requestRegion).toBe(region);
  });

  test.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-eusc', 'eusc-de-east-1'],
    ['aws-iso', 'us-iso-east-1'],
  ])('use the first region of the partition %s with a token', (partition, region) => {
    const other = `arn:${partition}:iam::123456789012:role/deploy`;
    expect(read({ assume_role: other }, token)).toMatchObject({ partition, requestRegion: region });
  });
});

describe('a setting is refused with its place:', () => {
  const longest = 'x'.repeat(65);
  test.each<[string, Record<string, unknown>, Partial<LinkPlan>, string]>([
    ['no role', { assume_role: undefined }, user, 'principal.assume_role … is missing'],
    ['an empty role', { assume_role: '' }, user, 'principal.assume_role … is empty'],
    [
      'the ARN of a user',
      { assume_role: 'arn:aws:iam::123456789012:user/ada' },
      user,
      'principal.assume_role … is not the ARN of a role: "arn:aws:iam::123456789012:user/ada"',
    ],
    [
      'an account that is too short',
      { assume_role: 'arn:aws:iam::1234:role/x' },
      user,
      'principal.assume_role … is not the ARN of a role: "arn:aws:iam::1234:role/x"',
    ],
    [
      'a region of another partition',
      { region: 'cn-north-1' },
      user,
      'principal.region … is in the partition aws-cn: "cn-north-1", but the role is in aws',
    ],
    [
      'no region',
      { region: 'eu west' },
      user,
      'principal.region … is not the name of an AWS region: "eu west"',
    ],
    ['no duration', { duration: 'soon' }, user, 'principal.duration … is not a duration: "soon"'],
    [
      'a short duration',
      { duration: '5m' },
      user,
      'principal.duration … must be from 15m to 12h: "5m"',
    ],
    [
      'a long duration',
      { duration: 50_000 },
      user,
      'principal.duration … must be from 15m to 12h: "50000"',
    ],
    [
      'a long session name',
      { session_name: longest },
      user,
      `principal.session_name … must have 2 to 64 letters, digits and _+=,.@-: "${longest}"`,
    ],
    [
      'a source identity of AWS',
      { source_identity: 'aws:ada' },
      user,
      'principal.source_identity … must have 2 to 64 letters, digits and _+=,.@- without aws: at the start: "aws:ada"',
    ],
    [
      'two tags that differ in case only',
      { session_tags: { Team: 'a', team: 'b' } },
      user,
      'principal.session_tags.team … differs from Team in case only, which AWS ignores',
    ],
    [
      'a tag of AWS',
      { session_tags: { 'aws:x': 'a' } },
      user,
      'principal.session_tags.aws:x … must have a name of 1 to 128 letters, digits, spaces and _.:/=+-@, not starting with aws:',
    ],
    [
      'a transitive tag that is no tag',
      { session_tags: { Team: 'a' }, transitive_tags: ['Cost'] },
      user,
      'principal.transitive_tags.0 … is not one of the session_tags: "Cost"',
    ],
    [
      'a policy that has no ARN',
      { policy_arns: ['ReadOnly'] },
      user,
      'principal.policy_arns.0 … is not the ARN of a managed policy',
    ],
    [
      'a code of a device for a session of a role',
      { mfa_arn: 'arn:aws:iam::123456789012:mfa/ada' },
      role,
      'principal.mfa_arn … cannot be used with hub, which is a session of a role and has no MFA device',
    ],
    [
      'an external id with a token',
      { external_id: 'partner-7' },
      token,
      'principal.external_id … cannot be used with the OIDC token of github: AWS takes it from the token or not at all',
    ],
    [
      'tags with a token',
      { session_tags: { Team: 'a' } },
      token,
      'principal.session_tags … cannot be used with the OIDC token of github: AWS takes it from the token or not at all',
    ],
  ])('%s', (_, principal, base, message) => {
    const error = thrownBy(() => read(principal, base));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    const place = /^(\S+) … /.exec(message)?.[1] ?? '';
    const path = place.split('.').join(':').replace('aws::x', 'aws:x');
    expect(error.message).toBe(
      message.replace(' … ', ` of identity deploy (/p/atmos.yaml:${path}) `),
    );
  });

  test('a value that a tag produced is not quoted', () => {
    const identity = { ...roleOf({ external_id: '!' }), tagAt: () => '!env SECRET' };
    const error = thrownBy(() => readRoleSettings(identity, user));
    expect(error.message).not.toContain('"!"');
    expect(error.message).toContain('<value of !env SECRET>');
  });
});

test('any configuration is read, or is an error of the configuration', () => {
  const names = [
    'assume_role',
    'session_name',
    'external_id',
    'duration',
    'region',
    'session_tags',
    'transitive_tags',
    'source_identity',
    'policy_arns',
    'mfa_arn',
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (principal) => {
      try {
        read(principal, user);
      } catch (error) {
        if (!(error instanceof AtmosError) || error.code !== 'ERR_CONFIG_INVALID') throw error;
      }
    }),
  );
});

describe('an endpoint on this machine, where any user can listen', () => {
  const spec = { endpoint_url: 'http://127.0.0.1:4566' };

  test('needs trust for the token of a provider', () => {
    const identity = { ...roleOf({}), spec, via: { provider: 'github' } };
    expect(awsAssumeRole.trustNeeds(identity)).toEqual([
      {
        path: ['spec', 'endpoint_url'],
        what: 'sends tokens to http://127.0.0.1:4566, where any user of this machine can listen',
      },
    ]);
  });

  test('needs trust only for an MFA code if requests are signed', () => {
    const identity = { ...roleOf({}), spec, via: { identity: 'ada' } };
    expect(awsAssumeRole.trustNeeds(identity)).toMatchObject([{ occasion: 'mfa-code' }]);
  });
});
