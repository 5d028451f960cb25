import { describe, expect, test } from 'vitest';
import { awsAssumeRoot } from '../../../src/clouds/aws/assume-root.ts';
import type { Identity } from '../../../src/core/kind-config.ts';
import { awsUserIdentity, keys, openPlace, user } from '../../auth/place.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';

const member = '210987654321';
const task = 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy';

const rootOf = (principal: Record<string, unknown>, fields: Partial<Identity> = {}): Identity =>
  awsUserIdentity({
    name: 'unlock',
    kind: 'aws/assume-root',
    via: { identity: 'admin' },
    principal: { target_principal: member, task_policy_arn: task, ...principal },
    ...fields,
  });

const adminArn = `arn:aws:iam::${user.account}:role/admin`;

/** AWS allows AssumeRoot only with a session of a role. */
async function openOrganization(memberAccounts: string[]) {
  const place = await openPlace({
    sts: {
      organization: { managementAccount: user.account, memberAccounts },
      roles: [{ arn: adminArn, trust: [{ principal: `arn:aws:iam::${user.account}:user/ada` }] }],
    },
    configured: (spec) => {
      const admin = awsUserIdentity({
        name: 'admin',
        kind: 'aws/assume-role',
        spec,
        via: { identity: 'ada' },
        principal: { assume_role: adminArn },
      });
      return { identities: [awsUserIdentity({ name: 'ada', spec }), admin], providers: [] };
    },
  });
  const [ada] = place.context.configured?.identities ?? [];
  if (ada !== undefined) await place.manager.saveKeys(ada, keys);
  return place;
}

test('a session of the root user of a member account is opened for one task', async () => {
  const place = await openOrganization([member]);
  const unlock = rootOf({}, { spec: place.spec });
  const { session } = await place.manager.login(unlock);
  const minutes = 60_000;
  expect(session.credentials.expiresAt).toEqual(new Date(place.clock.now.getTime() + 15 * minutes));
  expect(place.server.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 1, AssumeRoot: 1 });
  expect(await place.manager.whoami(unlock)).toMatchObject({ isValid: true, account: member });
});

test('an account that is not a member is an error that names the account and both causes', async () => {
  const place = await openOrganization([]);
  const error = await errorOf(place.manager.login(rootOf({}, { spec: place.spec })));
  expect(error.code).toBe('ERR_AUTH_DENIED');
  expect(error.message).toContain(`AWS denies sts:AssumeRoot of account ${member}: `);
  expect(error.hints).toEqual([
    expect.stringMatching(/^the caller must be in the management account/),
    expect.stringMatching(/^root sessions must be enabled/),
  ]);
});

describe('a setting is refused with its place:', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an account that is too short', { target_principal: '1234' }, 'target_principal'],
    [
      'a policy for another purpose',
      { task_policy_arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
      'task_policy_arn',
    ],
    ['a region that cannot be one', { region: 'eu west' }, 'region'],
    ['a text that is not a duration', { duration: 'soon' }, 'duration'],
    ['a duration of more than 15 minutes', { duration: '16m' }, 'duration'],
  ])('%s', (_, principal, field) => {
    const error = thrownBy(() =>
      awsAssumeRoot.plan(rootOf(principal), { base: undefined, env: {} }),
    );
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining(
        `principal.${field} of identity unlock (/p/atmos.yaml:principal:${field}) `,
      ),
    });
  });
});

test('a user as the identity before it is refused before any request', async () => {
  const place = await openOrganization([member]);
  const unlock = rootOf({}, { spec: place.spec, via: { identity: 'ada' } });
  expect(await errorOf(place.manager.login(unlock))).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message:
      'via of identity unlock (/p/atmos.yaml:via) names the user ada: with a session of a user AWS allows AssumeRole only',
    hints: ['name an identity of kind aws/assume-role of the management account instead'],
  });
  expect(place.server.calls).toEqual([]);
});

test('a value that a tag produced is not named as a setting of the session', () => {
  const identity = rootOf({}, { tagAt: () => '!env MEMBER' });
  const { fingerprint } = awsAssumeRoot.plan(identity, { base: undefined, env: {} });
  expect(fingerprint['principal.target_principal']).toEqual({
    value: member,
    shown: '<value of !env MEMBER>',
  });
});
