// The token of a provider with `spec.share: aws-cli`, in the form of the AWS CLI.

import { ssoToken, type SsoToken } from '../../core/credentials.ts';
import { isAtmosError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import { formatTimestamp, parseTimestamp } from '../../core/time.ts';
import type { Host } from '../../host/host.ts';
import type { Kept, OpenContext } from '../contract.ts';
import {
  findCliToken,
  readCliToken,
  writeCliToken,
  type CliPortal,
  type CliToken,
} from './cli-tokens.ts';
import { fields } from './identity-center-renewal.ts';
import type { Center, CenterSettings } from './identity-center-settings.ts';

type SharedCenter = Pick<Center, 'provider' | 'settings'>;

/**
 * The token of the portal that another program keeps for the AWS CLI and that has not expired. Undefined if
 * the provider expects a certain person, with whom it was not compared.
 */
export function unexpiredCliToken(center: SharedCenter, host: Host): SsoToken | undefined {
  const { settings } = center;
  const { account, user } = settings.expect;
  if (account !== undefined || user !== undefined) return undefined;
  const portal = cliPortalOf(center);
  const read = settings.isShared ? readCliToken : findCliToken;
  const token = read(portal, host);
  if (token === undefined || token.expiresAt <= host.now()) return undefined;
  return tokenOf(token, settings);
}

/**
 * The token in the shared file, with what renews it. Undefined without one, and for a provider that does
 * not share its token: what renews a token is spent when it is used.
 */
export function keptForCli(center: SharedCenter, host: Host): Kept | undefined {
  const { settings } = center;
  if (!settings.isShared) return undefined;
  const token = readCliToken(cliPortalOf(center), host);
  if (token === undefined) return undefined;
  const { refreshToken, clientId, clientSecret, registrationExpiresAt } = token;
  const renewal = withoutAbsent({
    [fields.refreshToken]: refreshToken,
    [fields.clientId]: clientId,
    [fields.clientSecret]: clientSecret,
    [fields.registrationExpiresAt]: registrationExpiresAt && formatTimestamp(registrationExpiresAt),
  });
  return { credentials: tokenOf(token, settings), renewal };
}

/**
 * Writes what was opened to the shared file. Any failure is a warning: the token can be used, and must still
 * be stored, because what renewed the one before it is spent.
 */
export function shareWithCli(
  center: SharedCenter,
  opened: Kept,
  { host, warn }: Pick<OpenContext, 'host' | 'warn'>,
): void {
  if (!center.settings.isShared) return;
  try {
    write(center, opened, host);
  } catch (error) {
    const reason = isAtmosError(error) ? error.message : 'an internal error';
    warn(`the token of ${titleOf(center.provider)} is not shared with the AWS CLI: ${reason}`);
  }
}

/**
 * Writes what is kept to the shared file unless it has a token that lasts as long.
 *
 * @throws as `writeCliToken`
 */
export function writeIfNewer(center: SharedCenter, kept: Kept, host: Host): void {
  const { credentials } = kept;
  const other = keptForCli(center, host)?.credentials;
  if (credentials.type !== 'sso') throw new TypeError(`a portal gives no ${credentials.type}`);
  if (other?.type === 'sso' && other.expiresAt >= credentials.expiresAt) return;
  write(center, kept, host);
}

function write(center: SharedCenter, { credentials, renewal = {} }: Kept, host: Host): void {
  if (credentials.type !== 'sso') throw new TypeError(`a portal gives no ${credentials.type}`);
  const { accessToken, expiresAt } = credentials;
  const portal = cliPortalOf(center);
  const renewing: Partial<CliToken> = withoutAbsent({
    refreshToken: renewal[fields.refreshToken],
    clientId: renewal[fields.clientId],
    clientSecret: renewal[fields.clientSecret],
    registrationExpiresAt: parseTimestamp(renewal[fields.registrationExpiresAt] ?? ''),
  });
  // Without a session, the AWS CLI and the SDKs never renew, so that would only be one more copy.
  const isRenewed = portal.session !== undefined;
  // A tool that does has its own.
  if (!isRenewed && readCliToken(portal, host)?.refreshToken !== undefined) return;
  writeCliToken(portal, { accessToken, expiresAt, ...(isRenewed && renewing) }, host);
}

function cliPortalOf({ provider, settings }: SharedCenter): CliPortal {
  const { region, session } = settings;
  // The AWS CLI does not normalize it.
  const startUrl = String(provider.settings['start_url']);
  return { startUrl, region, ...withoutAbsent({ session }) };
}

function tokenOf(
  { accessToken, expiresAt }: CliToken,
  { startUrl, region }: Pick<CenterSettings, 'startUrl' | 'region'>,
): SsoToken {
  return ssoToken({ accessToken, expiresAt, startUrl, region });
}
