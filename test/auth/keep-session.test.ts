import { beforeEach, describe, expect, test } from 'vitest';
import { planChain, type Chain } from '../../src/auth/chain.ts';
import { keySourceOf } from '../../src/auth/context.ts';
import { keepSession, keepSignInOf } from '../../src/auth/keep-session.ts';
import { storedSession, type Session } from '../../src/auth/session.ts';
import { isUnexpiring } from '../../src/auth/unexpiring.ts';
import { awsCredentials } from '../../src/core/credentials.ts';
import { AtmosError, KeyringError } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { awsUserIdentity, hours, keys, openPlace, testStart, user, type Place } from './place.ts';

// The user ada, and the role hub that a session of ada opens.

const ada = awsUserIdentity({ name: 'ada' });
const roleOf = (duration: string) =>
  awsUserIdentity({
    name: 'hub',
    kind: 'aws/assume-role',
    via: { identity: 'ada' },
    principal: { assume_role: `arn:aws:iam::${user.account}:role/hub`, duration },
  });
const otherKeys = { ...keys, secretAccessKey: keys.secretAccessKey.toUpperCase() };

const sessionOf = (id: string): Session => ({
  credentials: awsCredentials({
    accessKeyId: id,
    secretAccessKey: 'x',
    sessionToken: 'y',
    expiresAt: new Date(testStart.getTime() + hours),
  }),
  clockOffsetMs: 0,
  limits: ['a limit'],
});

let place: Place;

beforeEach(async () => {
  place = await openPlace();
  await place.context.store.write('ada', 'key', keys);
});

const chainOf = (duration = '1h'): Promise<Chain> =>
  planChain(roleOf(duration), { identities: [ada], providers: [] }, {});

/** Keeps a session of a link that was opened with the key of ada, as it is now. */
async function keep(chain: Chain, at: number, session: Session, base?: Session) {
  const [link] = chain.links;
  if (link === undefined) throw new TypeError('no link');
  const source = keySourceOf(place.context, link.plan);
  await source.storedKey();
  return (meanwhile = async () => {}) =>
    meanwhile().then(() => keepSession(place.context, chain, at, session, { source, base }));
}

const keptOf = async (chain: Chain, at: number) =>
  (await storedSession(place.context.store, chain.links[at] ?? chain.target)).session;

const conflict = {
  code: 'ERR_STORE_CONFLICT',
  message: 'the access key of identity ada was replaced or removed while this session was opened',
  hints: ['atmos auth login --identity hub'],
};

describe('a session that a key opened', () => {
  test('is stored with its limits', async () => {
    const chain = await chainOf();
    const session = sessionOf('ASIAADA');
    expect(await (await keep(chain, 0, session))()).toBeUndefined();
    expect(await keptOf(chain, 0)).toMatchObject(session);
  });

  test('is removed if the key was replaced or removed meanwhile', async () => {
    const chain = await chainOf();
    const { store } = place.context;
    const kept = await keep(chain, 0, sessionOf('ASIAADA'));
    expect(await kept(() => store.write('ada', 'key', otherKeys))).toMatchObject(conflict);
    expect(await keptOf(chain, 0)).toBeUndefined();
    const again = await keep(chain, 0, sessionOf('ASIAADA'));
    expect(await again(async () => void (await store.remove('ada', 'key')))).toMatchObject(
      conflict,
    );
  });

  test('is compared with that key also if it is a session of the next link', async () => {
    const chain = await chainOf('2h');
    const { store } = place.context;
    expect(await (await keep(chain, 1, sessionOf('ASIAHUB')))()).toBeUndefined();
    const kept = await keep(chain, 1, sessionOf('ASIAHUB'));
    expect(await kept(() => store.write('ada', 'key', otherKeys))).toMatchObject(conflict);
    expect(await keptOf(chain, 1)).toBeUndefined();
  });
});

describe('a session that another session opened', () => {
  test('is stored while that one is stored, and removed after it was replaced', async () => {
    const chain = await chainOf();
    const base = sessionOf('ASIAADA');
    await (
      await keep(chain, 0, base)
    )();
    expect(await (await keep(chain, 1, sessionOf('ASIAHUB'), base))()).toBeUndefined();
    expect(await keptOf(chain, 1)).toBeDefined();
    await (
      await keep(chain, 0, sessionOf('ASIAOTHER'))
    )();
    expect(await (await keep(chain, 1, sessionOf('ASIAHUB'), base))()).toMatchObject(conflict);
    expect(await keptOf(chain, 1)).toBeUndefined();
  });

  test('is stored if Atmos opened that one, which is not stored here', async () => {
    const chain = await chainOf();
    const base: Session = { ...sessionOf('ASIAATMOS'), source: 'atmos' };
    expect(await (await keep(chain, 1, sessionOf('ASIAHUB'), base))()).toBeUndefined();
    expect(await keptOf(chain, 1)).toBeDefined();
  });
});

test('credentials without an expiry are recorded, and an older session is removed', async () => {
  const chain = await chainOf();
  await (
    await keep(chain, 0, sessionOf('ASIAADA'))
  )();
  const lasting: Session = { ...sessionOf('AKIALASTING'), credentials: keys };
  expect(await (await keep(chain, 0, lasting))()).toBeUndefined();
  expect(await keptOf(chain, 0)).toBeUndefined();
  const owner = { realm: 'r', alias: 'ada' };
  const fingerprint = chain.links[0]?.chainFingerprint ?? '';
  expect(isUnexpiring(owner, fingerprint, place.host)).toBe(true);
  await (
    await keep(chain, 0, sessionOf('ASIAADA'))
  )();
  expect(isUnexpiring(owner, fingerprint, place.host)).toBe(false);
});

test('a failure of the keyring is returned', async () => {
  const chain = await chainOf();
  const failure = new AtmosError('ERR_KEYRING_IO', 'no space');
  const kept = await keep(chain, 0, sessionOf('ASIAADA'));
  Object.assign(place.keyring, { set: () => Promise.reject(failure) });
  expect(await kept()).toBe(failure);
});

describe('a sign-in', () => {
  const kept = {
    token: {
      type: 'sign-in',
      principal: 'arn:aws:iam::123456789012:user/ada',
      endpoint: 'https://us-east-1.signin.aws.amazon.com/',
      expiresAt: new Date(testStart.getTime() + hours),
    },
    renewal: { refresh_token: 'canary' },
  } as const;

  test('that cannot be stored is a warning that says what follows', async () => {
    const message = 'cannot write the entry: no space left on the device';
    const keyring: Keyring = {
      ...openMemoryKeyring(),
      set: () => Promise.reject(new KeyringError('ERR_KEYRING_IO', message)),
    };
    const { context, warnings } = await openPlace({ keyring });
    const { target } = await planChain(ada, { identities: [ada], providers: [] }, {});
    await keepSignInOf(context, target)(kept);
    expect(warnings).toEqual([
      `the sign-in of identity ada could not be stored, so no session is renewed with it: ${message}`,
    ]);
  });

  test('is not kept if the user cancels', async () => {
    const keyring: Keyring = {
      ...openMemoryKeyring(),
      set: () => Promise.reject(new AtmosError('ERR_CANCELLED', 'canceled')),
    };
    const { context, warnings } = await openPlace({ keyring });
    const { target } = await planChain(ada, { identities: [ada], providers: [] }, {});
    await expect(keepSignInOf(context, target)(kept)).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
      message: 'canceled',
    });
    expect(warnings).toEqual([]);
  });
});
