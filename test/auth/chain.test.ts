import { describe, expect, test } from 'vitest';
import { planChain, type Configured } from '../../src/auth/chain.ts';
import type { Identity, Provider } from '../../src/core/kind-config.ts';
import { errorOf } from '../support/error-of.ts';
import { awsUserIdentity } from './place.ts';

const roleArn = (name: string, partition = 'aws') =>
  `arn:${partition}:iam::012345678901:role/${name}`;

function roleIdentity(
  name: string,
  via: Identity['via'],
  fields: Partial<Identity> = {},
): Identity {
  return awsUserIdentity({
    name,
    kind: 'aws/assume-role',
    principal: { assume_role: roleArn(name) },
    locate: (path = []) => ['/p/atmos.yaml', name, ...path].join(':'),
    ...(via && { via }),
    ...fields,
  });
}

function providerOf(name: string, kind: string): Provider {
  return {
    name,
    kind,
    settings: { kind },
    locate: (path = []) => ['/p/atmos.yaml', name, ...path].join(':'),
    tagAt: () => undefined,
    besideFile: (said) => said,
  };
}

const plan = (
  target: Identity,
  others: readonly Identity[],
  providers: readonly Provider[] = [],
) => {
  const configured: Configured = { identities: [target, ...others], providers };
  return planChain(target, configured, {});
};

const ada = awsUserIdentity({ name: 'ada', credentials: { region: 'eu-west-1' } });

test('a chain has every link, from the first one to the identity', async () => {
  const hub = roleIdentity('hub', { identity: 'Ada' });
  const spoke = roleIdentity('spoke', { identity: 'hub' });
  const { links, target } = await plan(spoke, [hub, ada]);
  expect(links.map(({ plan: { name } }) => name)).toEqual(['ada', 'hub', 'spoke']);
  expect(target.plan).toMatchObject({
    name: 'spoke',
    region: 'eu-west-1',
    origin: 'role',
    limits: ['opened with a session of another role, it lasts one hour at most'],
  });
});

test('an identity that needs no other is a chain of one link', async () => {
  const { links } = await plan(ada, []);
  expect(links).toHaveLength(1);
});

describe('the settings of a chain', () => {
  const settingsWith = async (base: Identity) => {
    const { target } = await plan(roleIdentity('hub', { identity: 'ada' }), [base]);
    return target;
  };

  test('contain those of the links before, with their names', async () => {
    const { chainSettings } = await settingsWith(ada);
    expect(chainSettings).toMatchObject({
      kind: { value: 'aws/assume-role' },
      via: { value: 'identity ada' },
      'principal.assume_role': { value: roleArn('hub') },
      'the partition of identity ada': { value: 'aws' },
      'kind of identity ada': { value: 'aws/user' },
    });
  });

  test('have another fingerprint after a setting of a link before has changed', async () => {
    const device = 'arn:aws:iam::012345678901:mfa/ada';
    const changed = { ...ada, credentials: { ...ada.credentials, mfa_arn: device } };
    const [before, after] = [await settingsWith(ada), await settingsWith(changed)];
    expect(after.chainFingerprint).not.toBe(before.chainFingerprint);
  });
});

describe('a chain that leads nowhere is an error that names', () => {
  const hub = (via: Identity['via']) => roleIdentity('hub', via);
  const spoke = roleIdentity('spoke', { identity: 'hub' });

  test.each<[string, readonly Identity[], string, readonly string[]]>([
    [
      'an identity that does not exist, and the nearest one',
      [hub({ identity: 'adda' }), ada],
      'via.identity of identity hub (/p/atmos.yaml:hub:via:identity) is not an identity: "adda" (chain: identity hub → identity spoke)',
      ['did you mean ada?'],
    ],
    [
      'a provider that does not exist',
      [hub({ provider: 'github' })],
      'via.provider of identity hub (/p/atmos.yaml:hub:via:provider) is not a provider: "github" (chain: identity hub → identity spoke)',
      ['no provider is defined'],
    ],
    [
      'both a provider and an identity',
      [hub({ provider: 'github', identity: 'ada' }), ada],
      'via of identity hub (/p/atmos.yaml:hub:via) names both a provider and an identity, but only one is allowed (chain: identity hub → identity spoke)',
      [],
    ],
    [
      'the whole cycle',
      [hub({ identity: 'spoke' })],
      'via.identity of identity hub (/p/atmos.yaml:hub:via:identity) leads back to itself: identity spoke → identity hub → identity spoke',
      [],
    ],
    [
      'an identity without the via that its kind needs',
      [hub(undefined)],
      'identity hub (/p/atmos.yaml:hub) has no via, which the kind aws/assume-role needs (chain: identity hub → identity spoke)',
      ['add via.identity or via.provider (/p/atmos.yaml:hub)'],
    ],
  ])('%s', async (_, others, message, hints) => {
    const error = await errorOf(plan(spoke, others));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message, hints });
  });

  test('a via on a kind that must not have one', async () => {
    const user = { ...ada, via: { identity: 'hub' } };
    const error = await errorOf(plan(user, [hub({ identity: 'ada' })]));
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'via of identity ada (/p/atmos.yaml:via) must not be set, because the kind aws/user needs no other identity',
    });
  });

  test('a kind of provider that is not supported', async () => {
    const target = roleIdentity('hub', { provider: 'okta' });
    const error = await errorOf(plan(target, [], [providerOf('okta', 'aws/saml')]));
    expect(error).toMatchObject({
      code: 'ERR_IDENTITY_UNSUPPORTED',
      message:
        'provider okta has the kind aws/saml (/p/atmos.yaml:okta:kind), which this version does not support',
    });
  });
});

test('two users with equal settings are different bases of a chain', async () => {
  const grace = { ...ada, name: 'grace' };
  const on = async (name: string) =>
    (await plan(roleIdentity('hub', { identity: name }), [ada, grace])).target.chainFingerprint;
  expect(await on('ada')).not.toBe(await on('grace'));
  expect(await on('ADA')).toBe(await on('ada'));
});

test('a chain of 32 links is planned, and a longer one is refused', async () => {
  const roles = Array.from({ length: 40 }, (_, at) =>
    roleIdentity(`r${at}`, { identity: at === 0 ? 'ada' : `r${at - 1}` }),
  );
  const target = (at: number) => roles[at] ?? ada;
  const { links, target: last } = await plan(target(30), [...roles, ada]);
  expect(links).toHaveLength(32);
  expect(Object.keys(last.chainSettings).length).toBeLessThan(1024);
  expect(await errorOf(plan(target(31), [...roles, ada]))).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message:
      'via.identity of identity r31 (/p/atmos.yaml:r31:via:identity) is the end of a chain of more than 32 links',
  });
});

test('a role of another partition than its base is refused before any request', async () => {
  const target = roleIdentity(
    'hub',
    { identity: 'ada' },
    {
      principal: { assume_role: roleArn('hub', 'aws-cn') },
    },
  );
  const error = await errorOf(plan(target, [ada]));
  expect(error).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message:
      'principal.assume_role of identity hub (/p/atmos.yaml:hub:principal:assume_role) is in the partition aws-cn, but ada has credentials for aws',
  });
});

test('more than an hour for a role that is opened with a role is refused before any request', async () => {
  const principal = { assume_role: roleArn('spoke'), duration: '2h' };
  const spoke = roleIdentity('spoke', { identity: 'hub' }, { principal });
  const error = await errorOf(plan(spoke, [roleIdentity('hub', { identity: 'ada' }), ada]));
  expect(error).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message:
      'principal.duration of identity spoke (/p/atmos.yaml:spoke:principal:duration) is more than one hour: "2h". AWS limits a role to one hour if it is opened with a session of another role, such as hub',
    hints: ['set it to 1h or less'],
  });
});
