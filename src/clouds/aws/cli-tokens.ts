import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AtmosError, isAtmosError, systemErrorCode } from '../../core/errors.ts';
import { say, showPermissions } from '../../core/hint.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import type { LogEvents } from '../../core/log-events.ts';
import { formatTimestamp } from '../../core/time.ts';
import { replacePrivately, syncDirectory } from '../../host/files.ts';
import { noHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { removeLeftovers } from '../../host/leftovers.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import { baseFault, ioError, isAbsent, pathFault, readSmallFile, visible } from './atmos-files.ts';
import { tokenIn, type AtmosToken } from './sso-cache.ts';
import { normalizeStartUrl } from './start-url.ts';

// The tokens of portals that the AWS CLI and the AWS SDKs keep in plain files,
// `~/.aws/sso/cache/<id>.json`. No program locks these files.

/** A portal, as the AWS CLI would know it. */
export interface CliPortal {
  /** As it is written in the configuration, because it names a file. */
  readonly startUrl: string;
  readonly region: string;
  /** The name of the `[sso-session …]`. Absent: a profile itself has `sso_start_url`. */
  readonly session?: string;
}

/** What a file has of a token besides its portal. */
export type CliToken = Omit<AtmosToken, 'startUrl' | 'region'>;

/** From the file to the directory `sso`. The directory of the AWS files may be a link. */
const levels = 3;

/** A person has few sessions. Registrations of programs are in the same directory. */
const maxFiles = 256;

const fields = [
  'startUrl',
  'region',
  'accessToken',
  'expiresAt',
  'clientId',
  'clientSecret',
  'registrationExpiresAt',
  'refreshToken',
];

/** What is kept of the fields of other tools. They write a few short ones. */
const maxKept = 32;
const maxKeptLength = 4096;

const fileName = /^[0-9a-f]{40}\.json$/;

/** The SHA-1 of the name of the session, else of the start URL. */
function cliTokenName({ session, startUrl }: CliPortal): string {
  const id = createHash('sha1')
    .update(session ?? startUrl)
    .digest('hex');
  return `${id}.json`;
}

/**
 * The file with which a provider shares its token, by settings that are not checked. Undefined if it shares
 * none, or if the file has the token of another portal.
 */
export function sharedPathOf(
  settings: Readonly<Record<string, unknown>>,
  host: Host,
): string | undefined {
  const { start_url: startUrl, region, spec } = settings;
  if (!isObject(spec) || spec['share'] !== 'aws-cli') return undefined;
  if (typeof startUrl !== 'string' || typeof region !== 'string') return undefined;
  const session = typeof spec['session'] === 'string' ? spec['session'] || undefined : undefined;
  const portal = { startUrl, region, ...withoutAbsent({ session }) };
  const path = cliTokenPath(portal, host);
  return path === undefined || examine(path, portal, host) === 'foreign' ? undefined : path;
}

/** The file of the portal. Undefined without a home directory that can be searched. */
function cliTokenPath(portal: CliPortal, host: Host): string | undefined {
  const directory = cacheIn(host);
  return directory && join(directory, cliTokenName(portal));
}

/**
 * The token in the file of the portal, which may have expired. Undefined if the file is missing, is of
 * another portal, is broken or larger than 1 MiB, or if another user could read or change it. Why it is
 * not used is logged.
 */
export function readCliToken(portal: CliPortal, host: Host): CliToken | undefined {
  const path = cliTokenPath(portal, host);
  if (path === undefined) return undefined;
  const found = examine(path, portal, host);
  if (typeof found !== 'string') return found;
  return skip(path, found, host);
}

/**
 * The token of the portal that has not expired, in whatever file it is. A session has its own file. Without
 * one, undefined if several files have different tokens: they may be of different persons.
 */
export function findCliToken(portal: CliPortal, host: Host): CliToken | undefined {
  const valid = filesOf(portal, host).flatMap((path) => {
    const found = examine(path, portal, host);
    // Most files are of other portals.
    if (found === 'foreign') return [];
    if (typeof found === 'string') return skip(path, found, host) ?? [];
    if (found.expiresAt > host.now()) return [{ path, token: found }];
    return skip(path, 'expired', host) ?? [];
  });
  const [first, ...others] = valid;
  const isOne = others.every(({ token }) => token.accessToken === first?.token.accessToken);
  if (isOne) return first?.token;
  for (const { path } of valid) skip(path, 'ambiguous', host);
  return undefined;
}

/**
 * Writes a token for the AWS CLI, readable only by the current user. Even after a crash the file has either
 * the old or the new token. Fields that are not known here are kept, if they are scalars. The caller holds the lock of the
 * portal.
 *
 * @throws ERR_IO, also for the file of another portal, and if another user could change it; ERR_USAGE
 *   without a home directory, or in that of another user; nothing is written then
 */
export function writeCliToken(portal: CliPortal, token: CliToken, host: Host): void {
  if (host.homeDirectory === undefined) throw noHome('the token of the AWS CLI', [], host);
  const base = awsDirectory(host.homeDirectory);
  const path = join(base, 'sso/cache', cliTokenName(portal));
  try {
    const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'write');
    if (fault !== undefined) throw notWritten(path, fault);
    const kept = parseJson(readSmallFile(path) ?? '');
    if (isOfOtherPortal(kept, portal)) {
      throw new AtmosError('ERR_IO', `cannot write ${path}: it holds the token of another portal`, {
        hints: [say('set spec.session to the name of an [sso-session …] with this portal')],
      });
    }
    makeOwnDirectories(dirname(path), host);
    removeLeftovers(path, host);
    replacePrivately(path, format(portal, token, isObject(kept) ? kept : {}));
    syncDirectory(dirname(path));
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw ioError('write', path, reason);
  }
  host.log('token.written', { file: path });
}

/** The content of a file, with the fields in the order of the AWS CLI, and then those of other tools. */
function format(
  { startUrl, region }: CliPortal,
  token: CliToken,
  kept: Readonly<Record<string, unknown>>,
): string {
  const { accessToken, expiresAt, clientId, clientSecret } = token;
  const { refreshToken, registrationExpiresAt } = token;
  const others = Object.entries(kept).filter(isKept).slice(0, maxKept);
  return JSON.stringify({
    startUrl,
    region,
    accessToken,
    expiresAt: formatTimestamp(expiresAt),
    ...withoutAbsent({
      clientId,
      clientSecret,
      registrationExpiresAt: registrationExpiresAt && formatTimestamp(registrationExpiresAt),
      refreshToken,
    }),
    ...Object.fromEntries(others),
  });
}

/** A value that is nested is not: it could be too deep to be written. */
function isKept([name, value]: [string, unknown]): boolean {
  if (fields.includes(name) || name.length > maxKeptLength) return false;
  if (typeof value === 'string') return value.length <= maxKeptLength;
  return typeof value === 'number' || typeof value === 'boolean';
}

type Unusable = LogEvents['token.skipped']['because'] | 'absent';

/** The token in a file, or why it is not used. */
function examine(path: string, portal: CliPortal, host: Host): CliToken | NonNullable<Unusable> {
  try {
    if (isAbsent(path)) return 'absent';
    const base = dirname(dirname(dirname(path)));
    const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'read-private');
    if (fault !== undefined) return 'unsafe';
    const content = parseJson(readSmallFile(path) ?? '');
    if (isRegistration(content)) return 'absent';
    if (isOfOtherPortal(content, portal)) return 'foreign';
    const found = tokenIn(content);
    if (found === undefined || !isSendable(found)) return 'invalid';
    const { startUrl: _, region: __, ...token } = found;
    return token;
  } catch (error) {
    if (!isAtmosError(error) && systemErrorCode(error) === undefined) throw error;
    return 'unreadable';
  }
}

function skip(path: string, because: NonNullable<Unusable>, host: Host): undefined {
  if (because !== 'absent') host.log('token.skipped', { file: path, because });
}

/** In the same directory the AWS CLI keeps its registrations. */
function isRegistration(content: unknown): boolean {
  return (
    isObject(content) && content['clientId'] !== undefined && content['startUrl'] === undefined
  );
}

function isOfOtherPortal(content: unknown, { startUrl, region }: CliPortal): boolean {
  if (!isObject(content)) return false;
  const { startUrl: url, region: place } = content;
  if (typeof url !== 'string' || typeof place !== 'string') return false;
  return place !== region || normalizeStartUrl(url) !== normalizeStartUrl(startUrl);
}

/** Every value is sent, in a header or to the service. */
function isSendable(token: CliToken): boolean {
  const { accessToken, refreshToken, clientId, clientSecret } = token;
  return [accessToken, refreshToken, clientId, clientSecret].every(
    (value) => value === undefined || /^[\x21-\x7e]{1,16384}$/.test(value),
  );
}

function filesOf(portal: CliPortal, host: Host): readonly string[] {
  const directory = cacheIn(host);
  if (directory === undefined) return [];
  if (portal.session !== undefined) return [join(directory, cliTokenName(portal))];
  try {
    const own = cliTokenName(portal);
    const others = readdirSync(directory).filter((name) => fileName.test(name) && name !== own);
    return [own, ...others.sort()].slice(0, maxFiles).map((name) => join(directory, name));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return [];
  }
}

function cacheIn(host: Host): string | undefined {
  const { homeDirectory } = host;
  const base = visible(homeDirectory && awsDirectory(homeDirectory), host);
  return base && join(base, 'sso/cache');
}

/** No variable moves it: those of the AWS CLI name files in it. */
function awsDirectory(homeDirectory: string): string {
  return join(homeDirectory, '.aws');
}

function notWritten(path: string, fault: string): AtmosError {
  return new AtmosError('ERR_IO', `cannot write ${path}: it ${fault}`, {
    hints: [showPermissions(dirname(path))],
  });
}
