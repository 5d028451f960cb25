// Lists the accounts and permission sets of the person who signed in at a portal, as identities. Knows
// neither where the list is kept nor how it is shown.

import type { SsoToken } from '../../core/credentials.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { ProvisionedGroup, ProvisionedList } from '../../core/provisioned.ts';
import { parseTimestamp } from '../../core/time.ts';
import { createGate } from '../../core/turns.ts';
import type { Listing, ListingContext, ListingFailure } from '../contract.ts';
import { withPortal, type Portal, type PortalAccount } from './portal.ts';
import { nameAccounts, nameRoles } from './provisioned-names.ts';
import { fields } from './identity-center-renewal.ts';
import { callRate, type SsoTarget } from './sso-endpoint.ts';

/** A listing that was interrupted is continued for this long. */
const resumeMs = 60 * 60 * 1000;

/** After so many accounts in a row the portal is not asked for the others. */
const maxFailuresInRow = 10;

/**
 * Lists accounts, then the permission sets of each. An account that fails keeps what was listed of it
 * before. The listing ends early if the portal no longer accepts the token, or answers nothing more.
 *
 * @throws as the calls of the portal, if the accounts cannot be listed
 */
export function listIdentities(
  portal: SsoTarget,
  token: Pick<SsoToken, 'accessToken'>,
  context: ListingContext,
): Promise<Listing> {
  const { previous, renewal, host } = context;
  const signIn = renewal?.[fields.signIn];
  const isContinued = previous !== undefined && mayContinue(previous, signIn, host.now());
  const startedAt = isContinued ? previous.startedAt : host.now().toISOString();
  return withPortal(portal, token, context, async (opened) => {
    const groups = groupsOf(await opened.accounts(), previous, isContinued);
    const round = createRound(groups, withoutAbsent({ startedAt, signIn }));
    const { failures, ended } = await listGroups(opened, round, context);
    return { list: round.list(), failures, ...withoutAbsent({ ended }) };
  });
}

/** What was listed for one person says nothing of what another one has. */
function mayContinue(
  { isComplete, startedAt, signIn: before }: ProvisionedList,
  signIn: string | undefined,
  now: Date,
): boolean {
  if (signIn === undefined || signIn !== before) return false;
  const started = parseTimestamp(startedAt);
  if (isComplete || started === undefined) return false;
  const ageMs = now.getTime() - started.getTime();
  return ageMs >= 0 && ageMs < resumeMs;
}

/** The accounts of this moment, with what was listed of them before. Sorted by id. */
function groupsOf(
  accounts: readonly PortalAccount[],
  previous: ProvisionedList | undefined,
  isContinued: boolean,
): readonly ProvisionedGroup[] {
  const before = previous?.groups ?? [];
  const distinct = [...new Map(accounts.map((account) => [account.id, account])).values()];
  const words = nameAccounts(distinct, before);
  const known = new Map(before.map((group) => [group.id, group]));
  return distinct
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, name }) => {
      const { listing, identities = [], word: oldWord } = known.get(id) ?? {};
      const word = words.get(id) ?? id;
      return {
        id,
        word,
        identities: oldWord === word ? identities : renamed(identities, word),
        ...withoutAbsent({ label: name, listing: isContinued ? listing : undefined }),
      };
    });
}

/** With another first word, because the account has another name. */
function renamed(
  identities: ProvisionedGroup['identities'],
  word: string,
): ProvisionedGroup['identities'] {
  return identities.map(({ name, principal }) => ({
    name: `${word}${name.slice(name.indexOf('/'))}`,
    principal,
  }));
}

/** The accounts of one listing, and which of them are done. */
interface Round {
  readonly total: number;
  /** Those that are not listed yet. */
  readonly pending: readonly ProvisionedGroup[];
  done(group: ProvisionedGroup, identities: ProvisionedGroup['identities']): void;
  list(): ProvisionedList;
}

function createRound(
  groups: readonly ProvisionedGroup[],
  start: Pick<ProvisionedList, 'startedAt' | 'signIn'>,
): Round {
  const { startedAt } = start;
  const all = new Map(groups.map((group) => [group.id, group]));
  const pending = groups.filter(({ listing }) => listing !== startedAt);
  let left = pending.length;
  return {
    total: groups.length,
    pending,
    done(group, identities) {
      all.set(group.id, { ...group, identities, listing: startedAt });
      left -= 1;
    },
    list: () => ({
      kind: 'aws/permission-set',
      ...start,
      isComplete: left === 0,
      groups: [...all.values()],
    }),
  };
}

/** Lists the accounts that are pending, several at a time. */
async function listGroups(
  portal: Portal,
  round: Round,
  { report }: ListingContext,
): Promise<{ failures: readonly ListingFailure[]; ended: AtmosError | undefined }> {
  const failures: ListingFailure[] = [];
  let ended: AtmosError | undefined;
  let inRow = 0;
  let asked = round.total - round.pending.length;
  const gate = createGate(callRate.maxInFlight);

  const tell = () => report({ done: asked, total: round.total, list: round.list });
  const listOne = async (group: ProvisionedGroup) => {
    if (ended !== undefined) return;
    try {
      round.done(group, await listGroup(portal, group));
      inRow = 0;
    } catch (error) {
      if (!(error instanceof AtmosError)) throw error;
      inRow += 1;
      const isRefused = isAtmosError(error, 'ERR_AUTH_BASE_REFUSED');
      if (isRefused || inRow === maxFailuresInRow) ended ??= error;
      if (isRefused) return;
      failures.push({ id: group.id, error, ...withoutAbsent({ label: group.label }) });
    }
    asked += 1;
    await tell();
  };
  await tell();
  await Promise.all(round.pending.map((group) => gate(() => listOne(group))));
  return { failures, ended };
}

async function listGroup(
  portal: Portal,
  group: ProvisionedGroup,
): Promise<ProvisionedGroup['identities']> {
  const { id, word } = group;
  const roles = (await portal.roles(id)).filter((role) => /^[\w+=,.@-]{1,32}$/.test(role));
  const words = nameRoles(roles, group);
  return [...words]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([role, roleWord]) => ({
      name: `${word}/${roleWord}`,
      principal: { name: role, account: { id } },
    }));
}
