import { describe, expect, test } from 'vitest';
import { planChain } from '../../../src/auth/chain.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { defaultSessionName } from '../../../src/clouds/aws/role-session.ts';
import type { Identity } from '../../../src/core/kind-config.ts';
import { errorOf } from '../../support/error-of.ts';
import type { StsRole } from '../../support/sts-types.ts';
import {
  awsUserIdentity,
  codesOf,
  codes,
  device,
  keys,
  openPlace,
  user,
  type PlaceOptions,
} from '../../auth/place.ts';

describe('the name of a session', () => {
  const now = new Date(1_800_000_000_500);

  test('is made from the name of the identity and the time', () => {
    expect(defaultSessionName('core_dev', now)).toBe('atmos-core_dev-1800000000');
  });

  test('has only characters that AWS allows, and at most 64', () => {
    expect(defaultSessionName('core/dev östlich', now)).toBe('atmos-core-dev--stlich-1800000000');
    expect(defaultSessionName('x'.repeat(200), now)).toHaveLength(64);
  });
});

const ada = `arn:aws:iam::${user.account}:user/ada`;
const arnOf = (name: string) => `arn:aws:iam::${user.account}:role/${name}`;

async function openRole(
  trust: StsRole['trust'],
  principal: Record<string, unknown>,
  options: Pick<PlaceOptions, 'mfaCode'> = {},
) {
  const place = await openPlace({
    ...options,
    sts: { roles: [{ arn: arnOf('deploy'), trust }] },
    configured: (spec) => ({ identities: [awsUserIdentity({ name: 'ada', spec })], providers: [] }),
  });
  const [base] = place.context.configured?.identities ?? [];
  if (base !== undefined) await place.manager.saveKeys(base, keys);
  const deploy: Identity = awsUserIdentity({
    name: 'deploy',
    kind: 'aws/assume-role',
    via: { identity: 'ada' },
    spec: place.spec,
    principal: { assume_role: arnOf('deploy'), ...principal },
  });
  return { place, deploy };
}

test('tags, their transitive names, source identity and policies reach AWS', async () => {
  const { place, deploy } = await openRole([{ principal: ada, sourceIdentity: 'ada' }], {
    session_tags: { Team: 'core', Cost: '42' },
    transitive_tags: ['Team'],
    source_identity: 'ada',
    policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    session_name: 'ci',
  });
  const { session } = await place.manager.login(deploy);
  expect(place.server.session(session.credentials.accessKeyId)).toMatchObject({
    tags: { Team: 'core', Cost: '42' },
    transitiveTagKeys: ['Team'],
    sourceIdentity: 'ada',
  });
  const call = place.server.calls.find(({ action }) => action === 'AssumeRole');
  expect(call?.params).toMatchObject({
    RoleSessionName: 'ci',
    'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  });
});

test('a code of the device is asked for and sent if the role has mfa_arn', async () => {
  const { asked, mfaCode } = codesOf(codes[0]);
  const { place, deploy } = await openRole(
    [{ principal: ada, needsMfa: true }],
    { mfa_arn: device },
    { mfaCode },
  );
  expect(await place.manager.login(deploy)).toMatchObject({ wasOpened: true });
  expect(asked).toEqual([{ device, isRetry: false }]);
});

test('a role that needs a code is an error where no one can be asked', async () => {
  const { place, deploy } = await openRole([{ principal: ada, needsMfa: true }], {
    mfa_arn: device,
  });
  expect(await errorOf(place.manager.login(deploy))).toMatchObject({
    code: 'ERR_AUTH_MFA_REQUIRED',
    message: expect.stringContaining('link 2 of 2, identity deploy (aws/assume-role): '),
  });
});

test.each([
  [
    'sts:TagSession',
    { session_tags: { team: 'core' } },
    'the trust policy of the role must allow sts:TagSession for the caller (settings session_tags and transitive_tags)',
  ],
  [
    'sts:SetSourceIdentity',
    { source_identity: 'ada' },
    'the trust policy of the role must allow sts:SetSourceIdentity for the caller (setting source_identity)',
  ],
] as const)(
  'a role that denies %s is explained by the setting',
  async (denied, principal, hint) => {
    const { place, deploy } = await openRole([{ principal: ada, denies: [denied] }], principal);
    const error = await errorOf(place.manager.login(deploy));
    expect(error.code).toBe('ERR_AUTH_DENIED');
    expect(error.message).toContain(`is not authorized to perform: ${denied} on resource`);
    expect(error.hints).toEqual([hint]);
  },
);

test('a session with as many and as long tags as AWS allows is stored and used again', async () => {
  const tags = Array.from({ length: 50 }, (_, at) => [`${at}-${'k'.repeat(100)}`, 'v'.repeat(200)]);
  const { place, deploy } = await openRole([{ principal: ada }], {
    session_tags: Object.fromEntries(tags),
  });
  // The stand-in limits the packed size as AWS does; this is about what we store.
  const opened = {
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'x',
    sessionToken: 'y',
    expiresAt: new Date(place.clock.now.getTime() + 3_600_000),
  };
  const { target } = await planChain(
    deploy,
    place.context.configured ?? { identities: [], providers: [] },
    {},
  );
  const { chainFingerprint, chainSettings } = target;
  const notes = { chainFingerprint, chainSettings };
  await place.context.store.write('deploy', 'session', awsCredentials(opened), notes);
  expect(await place.manager.login(deploy)).toMatchObject({ wasOpened: false });
});

test('an expiry that AWS never gives is no answer of AWS STS', async () => {
  const { place, deploy } = await openRole([{ principal: ada }], {});
  const body = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken><Expiration>9999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  place.server.script({ action: 'AssumeRole', raw: { body } });
  expect(await errorOf(place.manager.login(deploy))).toMatchObject({
    code: 'ERR_AWS_ENDPOINT',
    message: expect.stringContaining('an expiry later than any session of AWS'),
  });
});

test('tags and policies that are too large are a fault of the configuration', async () => {
  const { place, deploy } = await openRole([{ principal: ada }], {});
  const message = 'Packed size of session tags consumes 101% of allotted space.';
  place.server.script({
    action: 'AssumeRole',
    fail: { code: 'PackedPolicyTooLarge', message, status: 400 },
  });
  const error = await errorOf(place.manager.login(deploy));
  expect(error).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    hints: ['configure fewer or shorter session_tags and policy_arns'],
  });
  expect(error.message).toContain(`policies for ${arnOf('deploy')} are too large: ${message}`);
});

test('the limit of one hour is named if AWS refuses more', async () => {
  const { place, deploy } = await openRole([{ principal: ada }], {});
  const message =
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
  place.server.script({
    action: 'AssumeRole',
    fail: { code: 'ValidationError', message, status: 400 },
  });
  expect(await errorOf(place.manager.login(deploy))).toMatchObject({
    code: 'ERR_AWS',
    hints: ['set principal.duration to 1h: a role that is opened with a session lasts no longer'],
  });
});
