// Who has signed in at a portal, compared with `spec.expect` of its provider. Loaded only for that.

import { awsCredentials, type SsoToken } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { optionWords, run, say } from '../../core/hint.ts';
import { listNames, quote, quoteValue } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import { isSameName } from '../../core/names.ts';
import type { OpenContext } from '../contract.ts';
import type { Center } from './identity-center-settings.ts';
import { withPortal, type Portal, type PortalAccount } from './portal.ts';
import { isRefusal } from './json-service.ts';
import { withSts } from './with-sts.ts';

type Context = Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>;

/** Roles of more accounts are not tried, because each takes a request. */
const maxTried = 5;

/**
 * Checks that the person has access to the account, and is the user. No call of the portal tells the
 * name of the user, but sessions of roles are named after the user.
 *
 * @throws ERR_AUTH_OTHER_USER; as the calls of the portal and of STS
 */
export async function checkExpected(
  center: Center,
  token: SsoToken,
  context: Context,
): Promise<void> {
  const { account, user } = center.settings.expect;
  await withPortal(center.portal, token, context, async (portal) => {
    const accounts = await portal.accounts();
    const has = accounts.some(({ id }) => id === account);
    if (account !== undefined && !has) throw withoutAccount(center, account, accounts);
    if (user === undefined) return;
    const candidates = account === undefined ? accounts.map(({ id }) => id) : [account];
    const found = await userOf(center, portal, candidates.slice(0, maxTried), context);
    if (found === undefined || !isSameName(found, user)) throw otherUser(center, user, found);
  });
}

/** The name of the user, from a session of the first role that can be opened. */
async function userOf(
  { settings, sts }: Center,
  portal: Portal,
  accounts: readonly string[],
  context: Context,
): Promise<string | undefined> {
  for (const account of accounts) {
    const [role] = await portal.roles(account);
    if (role === undefined) continue;
    try {
      const { clockOffsetMs, ...session } = await portal.roleCredentials(account, role);
      const credentials = awsCredentials({ ...session, region: settings.region });
      const target = { ...sts, region: settings.region, shown: undefined };
      const { arn } = await withSts(target, credentials, { ...context, clockOffsetMs }, (opened) =>
        opened.getCallerIdentity(),
      );
      return /^arn:[\w-]+:sts::\d{12}:assumed-role\/[^/]+\/(.+)$/.exec(arn)?.[1];
    } catch (error) {
      // Closed, or a role that is being removed.
      if (!isRefusal(error) || [401, 429].includes(error.status) || error.status >= 500)
        throw error;
    }
  }
  return undefined;
}

function withoutAccount(
  center: Center,
  account: string,
  accounts: readonly PortalAccount[],
): AtmosError {
  const { provider } = center;
  const path = ['spec', 'expect', 'account'];
  const shown = quoteValue({ value: account, tag: provider.tagAt(path) });
  const names = accounts.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`));
  const found = names.length === 0 ? 'no account' : listNames(names);
  return mismatch(
    center,
    `${titleOf(provider)} expects access to the account ${shown} (${provider.locate(path)}), but the person who signed in has ${found}`,
  );
}

function otherUser(center: Center, user: string, found: string | undefined): AtmosError {
  const { provider } = center;
  const path = ['spec', 'expect', 'user'];
  const shown = quoteValue({ value: user, tag: provider.tagAt(path) });
  const who =
    found === undefined
      ? 'who signed in cannot be found out, because no role of the person can be opened'
      : `${quote(found)} signed in`;
  return mismatch(
    center,
    `${titleOf(provider)} expects the user ${shown} (${provider.locate(path)}), but ${who}`,
  );
}

function mismatch({ provider, portal }: Center, message: string): AtmosError {
  const again = ['atmos', 'auth', 'login', ...optionWords('--provider', provider.name), '--force'];
  return new AtmosError('ERR_AUTH_OTHER_USER', message, {
    hints: [
      run(again, `after signing out at ${portal.shownStartUrl} in the browser`),
      say('set spec.session of one of the providers if two persons use the portal'),
    ],
  });
}
