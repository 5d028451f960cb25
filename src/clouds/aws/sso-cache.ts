import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { ssoToken, type Credentials, type SsoToken } from '../../core/credentials.ts';
import { AtmosError, isAtmosError, systemErrorCode } from '../../core/errors.ts';
import { showPermissions } from '../../core/hint.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import { formatTimestamp, parseTimestamp } from '../../core/time.ts';
import { replacePrivately, syncDirectory } from '../../host/files.ts';
import { cacheDirectory, noHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { removeLeftovers } from '../../host/leftovers.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import { baseFault, ioError, pathFault, readSmallFile, visible } from './atmos-files.ts';
import { normalizeStartUrl } from './start-url.ts';

// The token of a portal of IAM Identity Center, as Go Atmos (v1.225) keeps it for all realms and
// providers: `<cache>/atmos/aws-sso/sessions/<id>.json`.

/** The portal as it is written in the configuration: Atmos does not normalize it. */
export interface AtmosPortal {
  readonly startUrl: string;
  readonly region: string;
}

/** A file of a token, of Atmos or of the AWS CLI: they have the same fields. */
export interface AtmosToken extends AtmosPortal {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly refreshToken?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Absent: not known. */
  readonly registrationExpiresAt?: Date;
}

/** From the file to the directory `aws-sso`. */
const levels = 3;

/** Atmos uses a token while more than this remains. */
const marginMs = 5 * 60 * 1000;

/** The SHA-1 of the URL and the region of the portal, as they are written. */
export function tokenFileName({ startUrl, region }: AtmosPortal): string {
  return `${createHash('sha1').update(`${startUrl}|${region}`).digest('hex')}.json`;
}

/** Whether the access token may be used: more than 5 minutes remain, as in Atmos. */
export function isAtmosTokenValid({ expiresAt }: AtmosToken, now: Date): boolean {
  return expiresAt.getTime() - now.getTime() > marginMs;
}

/**
 * Parses the content of a token file. Undefined if it is of another portal, or if a required field is
 * missing or invalid.
 */
export function parseAtmosToken(text: string, portal: AtmosPortal): AtmosToken | undefined {
  const token = tokenIn(parseJson(text));
  const isOfPortal = token?.startUrl === portal.startUrl && token.region === portal.region;
  return isOfPortal ? token : undefined;
}

/** The token in the content of a file, whatever its portal. Undefined as {@link parseAtmosToken}. */
export function tokenIn(content: unknown): AtmosToken | undefined {
  if (!isObject(content)) return undefined;
  const startUrl = textOf(content['startUrl']);
  const region = textOf(content['region']);
  const accessToken = textOf(content['accessToken']);
  const expiresAt = timeOf(content['expiresAt']);
  if (startUrl === undefined || region === undefined) return undefined;
  if (accessToken === undefined || expiresAt === undefined) return undefined;
  return {
    startUrl,
    region,
    accessToken,
    expiresAt,
    ...withoutAbsent({
      refreshToken: textOf(content['refreshToken']),
      clientId: textOf(content['clientId']),
      clientSecret: textOf(content['clientSecret']),
      registrationExpiresAt: timeOf(content['registrationExpiresAt']),
    }),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Go writes nanoseconds and the local offset, and the year 1 for a time that is not set. */
function timeOf(value: unknown): Date | undefined {
  const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
  return time === undefined || time.getUTCFullYear() <= 1 ? undefined : time;
}

/** The content of a token file, in the order of Atmos. */
export function formatAtmosToken(token: AtmosToken): string {
  const { accessToken, expiresAt, region, startUrl, registrationExpiresAt } = token;
  const { refreshToken, clientId, clientSecret } = token;
  return JSON.stringify({
    accessToken,
    expiresAt: formatTimestamp(expiresAt),
    region,
    startUrl,
    ...withoutAbsent({ refreshToken, clientId, clientSecret }),
    registrationExpiresAt:
      registrationExpiresAt === undefined
        ? '0001-01-01T00:00:00Z'
        : formatTimestamp(registrationExpiresAt),
  });
}

/**
 * Reads the token that Atmos keeps for a portal. It may have expired: see {@link isAtmosTokenValid}.
 * Undefined if it is missing, cannot be read, is larger than 1 MiB, or could have been written by
 * another user.
 *
 * Its refresh token must only be spent if the result is written back with {@link writeAtmosToken}:
 * the portal replaces a refresh token when it is used, and Atmos would be left with one that is no
 * longer valid. The caller holds the lock of the portal meanwhile.
 */
export function readAtmosToken(portal: AtmosPortal, host: Host): AtmosToken | undefined {
  const base = visible(cacheDirectory(host), host);
  if (base === undefined) return undefined;
  const path = pathOf(portal, base);
  try {
    const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'read');
    return fault === undefined ? parseAtmosToken(readSmallFile(path) ?? '', portal) : undefined;
  } catch (error) {
    if (!isAtmosError(error) && systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** The token that Atmos keeps for a portal, while Atmos would use it. */
export function readSharedToken(portal: AtmosPortal, host: Host): SsoToken | undefined {
  const token = readAtmosToken(portal, host);
  if (token === undefined || !isAtmosTokenValid(token, host.now())) return undefined;
  const { accessToken, expiresAt, region } = token;
  const startUrl = normalizeStartUrl(token.startUrl) ?? token.startUrl;
  return ssoToken({ accessToken, expiresAt, startUrl, region });
}

/**
 * Writes a token for Atmos unless it has one that lasts as long, or can renew its own, which may be that of
 * another person. What renews our token is not written: the portal replaces a refresh token when it is
 * used, so only one program can have it.
 *
 * @throws as {@link writeAtmosToken}
 */
export function writeSharedToken(portal: AtmosPortal, token: Credentials, host: Host): void {
  if (token.type !== 'sso') throw new TypeError(`a portal gives no ${token.type}`);
  const { accessToken, expiresAt } = token;
  const other = readAtmosToken(portal, host);
  if (other?.refreshToken !== undefined) return;
  if (other !== undefined && other.expiresAt >= expiresAt) return;
  writeAtmosToken({ ...portal, accessToken, expiresAt }, host);
}

/**
 * Writes the token of a portal for Atmos, readable only by the current user. Even after a crash the
 * file has either the old or the new token; what a killed process left beside it is removed.
 *
 * @throws ERR_IO, also if another user could change the file; ERR_USAGE without a home directory, or
 *   in that of another user; nothing is written then
 */
export function writeAtmosToken(token: AtmosToken, host: Host): void {
  const base = cacheDirectory(host);
  if (base === undefined) throw noHome('the token', ['XDG_CACHE_HOME'], host);
  const path = pathOf(token, base);
  try {
    const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'write');
    if (fault !== undefined) {
      const hints = [showPermissions(dirname(path))];
      throw new AtmosError('ERR_IO', `cannot write ${path}: it ${fault}`, { hints });
    }
    makeOwnDirectories(dirname(path), host);
    // Atmos takes no lock for this file.
    removeLeftovers(path, host);
    replacePrivately(path, formatAtmosToken(token));
    syncDirectory(dirname(path));
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw ioError('write', path, reason);
  }
}

function pathOf(portal: AtmosPortal, base: string): string {
  return join(base, 'aws-sso/sessions', tokenFileName(portal));
}
