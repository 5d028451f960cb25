// Opens sessions of aws/permission-set. Loaded only for that: using a stored session does not need this
// module.

import { awsCredentials, type ProgramCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { didYouMean, edit, say, type Hint } from '../../core/hint.ts';
import { listNames, quote, quoteValue, showValue, withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import { isSameName, nearestName } from '../../core/names.ts';
import type { OpenContext, Opened } from '../contract.ts';
import type { PermissionSet } from './permission-set-settings.ts';
import { withPortal, type Portal, type PortalAccount } from './portal.ts';
import { isRefusal, type ServiceRefusal } from './json-service.ts';
import { shownAt } from './shown-values.ts';
import { withSts } from './with-sts.ts';

/**
 * @throws ERR_AUTH_BASE_REFUSED for the token of the portal; ERR_AUTH_DENIED; as the calls of the portal
 */
export async function open(set: PermissionSet, context: OpenContext): Promise<Opened> {
  const { base } = context;
  if (base?.type !== 'sso') throw new TypeError(`aws/permission-set cannot use ${base?.type}`);
  const { account, role, region } = set;
  return withPortal(set.portal, base, context, async (portal) => {
    const id =
      'id' in account ? account.id : accountNamed(set, account.name, await portal.accounts());
    try {
      const { clockOffsetMs, ...session } = await portal.roleCredentials(id, role);
      return { credentials: awsCredentials({ ...session, region }), clockOffsetMs, limits: [] };
    } catch (error) {
      if (!isRefusal(error) || ![401, 403, 404].includes(error.status)) throw error;
      throw await denied(set, id, error, portal);
    }
  });
}

/** Asks AWS STS who owns the session. @throws as the calls of STS */
export function whoIs(
  { identity, region, shownRegion, sts }: PermissionSet,
  credentials: ProgramCredentials,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
): Promise<{ arn: string; account: string }> {
  const endpoint = shownAt(identity, sts.endpointPath, sts.endpoint);
  const shown = withoutAbsent({ region: shownRegion, endpoint });
  return withSts({ ...sts, region, shown }, credentials, context, (opened) =>
    opened.getCallerIdentity(),
  );
}

/**
 * The id of the account with the name: written in the same way, else the only one with other case.
 *
 * @throws ERR_AUTH_DENIED for none, and for several
 */
function accountNamed(
  set: PermissionSet,
  wanted: string,
  accounts: readonly PortalAccount[],
): string {
  const exact = accounts.filter(({ name }) => name === wanted);
  const named = accounts.filter(({ name }) => name !== undefined && isSameName(name, wanted));
  const [found, ...others] = exact.length > 0 ? exact : named;
  const { identity, portal } = set;
  const path = ['principal', 'account', 'name'];
  const shown = `${quoteValue({ value: wanted, tag: identity.tagAt?.(path) })} (${identity.locate(path)})`;
  if (found !== undefined && others.length === 0) return found.id;
  if (found !== undefined) {
    const ids = [found, ...others].map(({ id, name }) => `${id} (${quote(name ?? '')})`);
    throw deny(
      `${titleOf(identity)}: several accounts of ${portal.shownStartUrl} are named ${shown}: ${ids.join(', ')}`,
      [edit(identity.locate(path), 'set principal.account.id instead of principal.account.name')],
    );
  }
  const names = accounts.flatMap(({ name }) => name ?? []);
  const offered = names.length === 0 ? 'no account' : listNames([...names].sort());
  const nearest = nearestName(wanted, names);
  throw deny(
    `${titleOf(identity)}: the person who signed in has no account named ${shown} at ${portal.shownStartUrl}, but ${offered}`,
    nearest === undefined ? [] : didYouMean(nearest),
  );
}

/**
 * Why the portal gives no session. It answers 401 both for a token that is no longer valid and for a
 * role that was taken away, which the lists tell apart.
 */
async function denied(
  { identity, role, portal: { shownStartUrl }, account }: PermissionSet,
  id: string,
  refusal: ServiceRefusal,
  portal: Portal,
): Promise<Error> {
  const path = ['principal', 'account', 'id' in account ? 'id' : 'name'];
  const tag = identity.tagAt?.(path);
  const accounts = await portal.accounts().catch((error: unknown) => {
    if (isRefusal(error) && error.status === 401) return undefined;
    throw error;
  });
  if (accounts === undefined) return refusal;
  const found = accounts.find((one) => one.id === id);
  const named = found?.name === undefined || tag !== undefined ? '' : ` (${quote(found.name)})`;
  const shownAccount = `account ${showValue({ value: id, tag })}${named}`;
  if (found === undefined) {
    return deny(
      `${titleOf(identity)}: the person who signed in has no access to ${shownAccount} at ${shownStartUrl}: it is not assigned to the person, or it is closed`,
      [say('ask the administrator of IAM Identity Center for an assignment')],
    );
  }
  const rolePath = ['principal', 'name'];
  const roles = await portal.roles(id).catch((error: unknown): readonly string[] => {
    if (isRefusal(error) && [400, 403, 404].includes(error.status)) return [];
    throw error;
  });
  const shownRole = quoteValue({ value: role, tag: identity.tagAt?.(rolePath) });
  const place = identity.locate(rolePath);
  if (roles.includes(role)) {
    const said = refusal.said === '' ? refusal.reason : refusal.said;
    return deny(
      `${titleOf(identity)}: the portal gives no session of the permission set ${shownRole} (${place}) in ${shownAccount}, although it offers it: ${said}`,
      [say('wait a minute if the permission set was changed, then run the command again')],
    );
  }
  const offered = roles.length === 0 ? 'no permission set' : listNames([...roles].sort(), 10);
  return deny(
    `${titleOf(identity)}: the person who signed in does not have the permission set ${shownRole} (${place}) in ${shownAccount}, which offers ${offered}`,
    didYouMean(nearestName(role, roles)),
  );
}

function deny(message: string, hints: readonly Hint[]): AtmosError {
  return new AtmosError('ERR_AUTH_DENIED', message, { hints });
}
