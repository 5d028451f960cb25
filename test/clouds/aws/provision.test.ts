import { describe, expect, onTestFinished, test } from 'vitest';
import type { Listing, ListingContext } from '../../../src/clouds/contract.ts';
import { ssoToken } from '../../../src/core/credentials.ts';
import { createPace } from '../../../src/core/pace.ts';
import type { ProvisionedList } from '../../../src/core/provisioned.ts';
import { manyAccounts } from '../../support/aws/many-accounts.mjs';
import { testStart } from '../../support/fake-host.ts';
import { openPortalPlace, type PortalPlace } from './portal-place.ts';

let place: PortalPlace;

async function open(...args: Parameters<typeof openPortalPlace>): Promise<void> {
  place = await openPortalPlace(...args);
  onTestFinished(() => place.center.close());
}

const inOneHour = new Date(testStart.getTime() + 3_600_000);

/** Lists with the token of a person who has signed in, by the clock of the test. */
async function list(
  previous?: ProvisionedList,
  context: Partial<ListingContext> = {},
): Promise<Listing> {
  const { center, clock } = place;
  const plan = place.plan({ auto_provision_identities: true });
  const { startUrl, region } = center;
  const { accessToken } = center.signIn();
  const token = ssoToken({ accessToken, expiresAt: inOneHour, startUrl, region });
  const { host, timeoutMs } = place.context();
  const listing = await plan.listIdentities?.(token, {
    host,
    timeoutMs,
    pace: createPace(plan.callRate ?? { perSecond: 1, burst: 1 }, clock.machine),
    random: () => 0.5,
    renewal: { sign_in: 'one' },
    report: async () => {},
    ...(previous && { previous }),
    ...context,
  });
  if (listing === undefined) throw new Error('the provider lists nothing');
  return listing;
}

const namesIn = ({ list: { groups } }: Listing) =>
  groups.flatMap(({ identities }) => identities.map(({ name }) => name));
const askedFor = (from = 0) =>
  place.center.calls.slice(from).flatMap(({ params }) => params['account_id'] ?? []);

test('a provider without the setting lists nothing', async () => {
  await open();
  expect(place.plan().listIdentities).toBeUndefined();
  expect(place.plan({ auto_provision_identities: 'false' }).listIdentities).toBeUndefined();
});

test(
  '700 accounts with three permission sets, at a portal that allows 20 calls in a second',
  { timeout: 120_000 },
  async () => {
    await open({ accounts: manyAccounts(700), callsPerSecond: 20 });
    const told: number[] = [];
    const listing = await list(undefined, {
      report: async ({ done, total }) => {
        expect(total).toBe(700);
        told.push(done);
      },
    });
    expect(namesIn(listing)).toHaveLength(2100);
    expect(listing).toMatchObject({ failures: [], list: { isComplete: true } });
    expect(place.center.requests()).toEqual({ ListAccounts: 7, ListAccountRoles: 700 });
    expect(told).toEqual(Array.from({ length: 701 }, (_, at) => at));
    expect(place.center.problems()).toEqual([]);
  },
);

test('at most six calls are open at the same time', async () => {
  await open({ accounts: manyAccounts(40, ['A']) });
  let release = () => {};
  const until = new Promise<void>((resolve) => (release = resolve));
  place.center.script({ until, action: 'ListAccountRoles', times: 40 });
  const listing = list();
  await expect.poll(() => askedFor().length).toBe(6);
  release();
  expect(namesIn(await listing)).toHaveLength(40);
});

describe('what is throttled', () => {
  test('is sent again after a random time, and no sooner than the portal says', async () => {
    await open({ accounts: manyAccounts(1, ['A']) });
    const { center, clock } = place;
    const throttled = { name: 'TooManyRequestsException' } as const;
    center.script({ fail: throttled, action: 'ListAccountRoles', times: 2 });
    center.script({
      raw: { status: 429, headers: { 'retry-after': '3' }, body: '{}' },
      action: 'ListAccountRoles',
    });
    expect(namesIn(await list())).toEqual(['account-0001/A']);
    // Half of 500 ms, half of 1 s, and what the portal says.
    expect(clock.slept.filter((ms) => ms > 100)).toEqual([250, 500, 3000]);
    expect(center.requests()).toEqual({ ListAccounts: 1, ListAccountRoles: 4 });
  });

  test('is given up where the portal asks for more than the time limit', async () => {
    await open({ accounts: manyAccounts(2, ['A']) });
    place.center.script({
      raw: { status: 429, headers: { 'retry-after': '3600' }, body: '{}' },
      action: 'ListAccountRoles',
    });
    const listing = await list();
    expect(listing.failures).toMatchObject([{ id: '100000000001', error: { code: 'ERR_AWS' } }]);
    expect(listing.ended).toBeUndefined();
    expect(namesIn(listing)).toEqual(['account-0002/A']);
  });
});

describe('a listing that fails', () => {
  test('keeps what the account had, and is continued with that account only', async () => {
    await open();
    const first = await list();
    place.center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccountRoles' });
    const second = await list(first.list);
    expect(second).toMatchObject({
      failures: [{ id: '111111111111', label: 'dev', error: { code: 'ERR_AWS' } }],
      list: { isComplete: false },
    });
    expect(namesIn(second)).toEqual(namesIn(first));
    const from = place.center.calls.length;
    const third = await list(second.list);
    expect(askedFor(from)).toEqual(['111111111111']);
    expect(third.list).toMatchObject({ isComplete: true, startedAt: second.list.startedAt });
  });

  test('ends with the token, and keeps what was listed until then', async () => {
    await open({ accounts: manyAccounts(30, ['A']) });
    place.center.script({ delayMs: 0, action: 'ListAccountRoles', times: 12 });
    place.center.script({ fail: { name: 'UnauthorizedException' }, action: 'ListAccountRoles' });
    const { ended, failures, list: kept } = await list();
    expect({ code: ended?.code, failures }).toEqual({
      code: 'ERR_AUTH_BASE_REFUSED',
      failures: [],
    });
    expect(kept.isComplete).toBe(false);
    const listed = kept.groups.filter(({ listing }) => listing !== undefined).length;
    expect(listed).toBeGreaterThanOrEqual(12);
    const from = place.center.calls.length;
    const { list: whole } = await list(kept);
    expect(askedFor(from)).toHaveLength(30 - listed);
    expect(whole.isComplete).toBe(true);
  });

  test('ends after ten accounts in a row', async () => {
    await open({ accounts: manyAccounts(40, ['A']) });
    const fail = { name: 'ForbiddenException' } as const;
    place.center.script({ fail, action: 'ListAccountRoles', times: 40 });
    const { ended, failures } = await list();
    expect(ended?.code).toBe('ERR_AWS');
    expect(failures.length).toBeGreaterThanOrEqual(10);
    expect(failures.length).toBeLessThan(20);
  });

  test.each<readonly [string, { sign_in?: string }]>([
    ['another sign-in', { sign_in: 'two' }],
    ['a sign-in that is not known', {}],
  ])('is not continued after %s', async (_, renewal) => {
    await open();
    place.center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccountRoles' });
    const first = await list();
    const from = place.center.calls.length;
    const second = await list(first.list, { renewal });
    expect(askedFor(from)).toEqual(['111111111111', '222222222222']);
    expect(second.list.isComplete).toBe(true);
    expect(second.list.signIn).toBe(renewal.sign_in);
  });

  test('is not continued after an hour', async () => {
    await open();
    const { list: whole } = await list();
    const startedAt = new Date(testStart.getTime() - 2 * 3_600_000).toISOString();
    const old: ProvisionedList = {
      ...whole,
      startedAt,
      isComplete: false,
      groups: whole.groups.map((group) => ({ ...group, listing: startedAt })),
    };
    const from = place.center.calls.length;
    await list(old);
    expect(askedFor(from)).toHaveLength(2);
  });

  test('without accounts it changes nothing', async () => {
    await open();
    place.center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccounts' });
    await expect(list()).rejects.toMatchObject({ code: 'ERR_AWS' });
  });
});

test('an account that has another name gets other names, also where it cannot be listed', async () => {
  await open();
  const first = await list();
  const [account] = place.center.accounts;
  if (account !== undefined) account.name = 'Dev Two';
  place.center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccountRoles' });
  expect(namesIn(await list(first.list)).slice(0, 2)).toEqual([
    'Dev-Two/Administrator',
    'Dev-Two/ReadOnly',
  ]);
});

test('an account that is gone is removed, and what cannot be the name of a permission set is left out', async () => {
  await open();
  const first = await list();
  place.center.accounts.splice(0, 1);
  place.center.accounts[0]?.roles.push('not a role', 'x'.repeat(40));
  expect(namesIn(await list(first.list))).toEqual(['prod/Administrator', 'prod/ReadOnly']);
});
