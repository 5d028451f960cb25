// The portal of IAM Identity Center: the accounts and roles of the person who signed in, and
// credentials for them. The fields are those of its API model.

import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { isObject } from '../../core/json.ts';
import type { SsoToken } from '../../core/credentials.ts';
import { isPrintable } from '../../core/printable.ts';
import { expiryOf } from './service-time.ts';
import type { SsoTarget } from './sso-endpoint.ts';
import type { JsonCall } from './json-service.ts';
import { withSsoService, type SsoContext } from './sso-service.ts';

export interface PortalAccount {
  /** 12 digits. */
  readonly id: string;
  /** Undefined if the portal gives none that can be shown. */
  readonly name: string | undefined;
}

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** By the clock of the portal. */
  readonly expiresAt: Date;
  readonly clockOffsetMs: number;
}

/** Errors of every call: those of `withSsoService`; ERR_AUTH_BASE_REFUSED for the token. */
export interface Portal {
  roleCredentials(account: string, role: string): Promise<RoleCredentials>;
  /** All pages. */
  accounts(): Promise<readonly PortalAccount[]>;
  /** The names of the roles that the person has in the account, of all pages. */
  roles(account: string): Promise<readonly string[]>;
  /** Ends the session of the person at the portal. */
  logOut(): Promise<void>;
}

const pageSize = '100';
/** 100 accounts each. An organization has 10,000 accounts at most, unless AWS raises its limit. */
const maxPages = 500;
const maxEntries = maxPages * Number(pageSize);
/** For all pages of a list: about 20 calls in a second are allowed. */
const maxListMs = 60_000;
/** Permission sets last 12 hours at most; an hour for the time that the answer takes. */
const maxSessionMs = 13 * 60 * 60 * 1000;

/** Opens the portal for one use. @throws as `withSsoService` */
export function withPortal<T>(
  target: SsoTarget,
  { accessToken }: Pick<SsoToken, 'accessToken'>,
  context: SsoContext,
  use: (portal: Portal) => Promise<T>,
): Promise<T> {
  const signed = {
    headers: () => ({ 'x-amz-sso_bearer_token': accessToken }),
    secrets: [accessToken],
  };
  const { monotonicMs } = context.host;
  return withSsoService('sso', target, context, ({ send, damaged }) => {
    /** The entries of all pages of a list. */
    async function list(
      call: Pick<JsonCall, 'action' | 'path' | 'query'>,
      field: string,
    ): Promise<readonly Record<string, unknown>[]> {
      const entries: Record<string, unknown>[] = [];
      const seen = new Set<string>();
      const startMs = monotonicMs();
      let next: string | undefined;
      while (seen.size < maxPages && entries.length <= maxEntries) {
        if (monotonicMs() - startMs > maxListMs) throw endless(call.action);
        const query = { ...call.query, max_result: pageSize, next_token: next };
        const { body } = await send({ ...call, ...signed, method: 'GET', query });
        const found = body[field];
        if (!Array.isArray(found)) throw damaged(call.action, field);
        entries.push(...found.filter(isObject));
        const nextToken = body['nextToken'];
        if (typeof nextToken !== 'string' || nextToken === '') return entries;
        // It would never end.
        if (seen.has(nextToken)) break;
        seen.add(nextToken);
        next = nextToken;
      }
      throw damaged(call.action, 'the last page');
    }

    return use({
      async roleCredentials(account, role) {
        const action = 'GetRoleCredentials';
        const { body, clockOffsetMs } = await send({
          action,
          ...signed,
          method: 'GET',
          path: '/federation/credentials',
          query: { account_id: account, role_name: role },
        });
        const found = body['roleCredentials'];
        const fields: Record<string, unknown> = isObject(found) ? found : {};
        const textOf = (field: string): string => {
          const value = fields[field];
          if (typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value)) return value;
          throw damaged(action, field);
        };
        const serverNow = new Date(context.host.now().getTime() + clockOffsetMs);
        const expiresAt = expiryOf(fields['expiration'], serverNow, maxSessionMs);
        if (expiresAt === undefined) throw damaged(action, 'expiration');
        return {
          accessKeyId: textOf('accessKeyId'),
          secretAccessKey: textOf('secretAccessKey'),
          sessionToken: textOf('sessionToken'),
          expiresAt,
          clockOffsetMs,
        };
      },

      async accounts() {
        const call = { action: 'ListAccounts', path: '/assignment/accounts' };
        const entries = await list(call, 'accountList');
        return entries.flatMap(({ accountId, accountName }) =>
          isAccountId(accountId) ? [{ id: accountId, name: nameIn(accountName) }] : [],
        );
      },

      async roles(account) {
        const call = {
          action: 'ListAccountRoles',
          path: '/assignment/roles',
          query: { account_id: account },
        };
        const entries = await list(call, 'roleList');
        return entries.flatMap(({ roleName }) => nameIn(roleName) ?? []);
      },

      async logOut() {
        await send({ action: 'Logout', ...signed, method: 'POST', path: '/logout' });
      },
    });
  });
}

function endless(action: string): AtmosError {
  const message = `sso:${action} has not given its last page within ${maxListMs / 1000} seconds`;
  return new AtmosError('ERR_NETWORK', message, {
    hints: [say('wait a minute, then run the command again')],
  });
}

function isAccountId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{12}$/.test(value);
}

/** A name that comes from the network, if it can be shown. */
function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > 200) return undefined;
  return isPrintable(value) ? value : undefined;
}
