import { statSync, futimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { showPermissions } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { lowerCase } from '../../core/names.ts';
import { formatTimestamp, parseTimestamp } from '../../core/time.ts';
import { replacePrivately, syncDirectory } from '../../host/files.ts';
import { configDirectory, noHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import type { FileOwner, FileSession, SessionFiles } from '../cloud-contract.ts';
import { baseFault, ioError, locked, pathFault, readSmallFile, visible } from './atmos-files.ts';
import { atmosNotes, parseIni, setSection, type IniSection, type NewSection } from './ini.ts';
import { isAwsRegion } from './regions.ts';

// Reads and writes the session of one identity in the plain files of Go Atmos (v1.225). Both files
// have a section for each identity of the provider, in the names that src/clouds/aws/session-files.ts
// describes. Atmos writes all names in lower case. It can be tried with `atmos auth login`.

/** From the file to the directory of the realm. */
const levels = 4;

/** Called between the steps of a change, so that tests can stop there. */
type OnStep = (file: string, step: string) => void;

export const awsSessionFiles: SessionFiles = { read, write: writeSession };

function read(owner: FileOwner, host: Host): FileSession | undefined {
  const base = visible(configDirectory(host), host);
  if (base === undefined || nameFault(owner) !== undefined) return undefined;
  const { credentials: path, config } = pathsOf(owner, base);
  const text = usableText(path, base, host);
  const section = text === undefined ? undefined : onlySection(text, sectionOf(owner).credentials);
  if (text === undefined || section === undefined) return undefined;
  const value = (name: string) => section.settings.get(name)?.value || undefined;
  const accessKeyId = value('aws_access_key_id');
  const secretAccessKey = value('aws_secret_access_key');
  const sessionToken = value('aws_session_token');
  const [expiration, ...others] = atmosNotes(text, section, 'expiration');
  const expiresAt = expiration === undefined ? undefined : parseTimestamp(expiration);
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiresAt || others.length > 0)
    return undefined;
  const region = regionIn(usableText(config, base, host) ?? '', owner);
  return {
    credentials: awsCredentials({
      accessKeyId,
      secretAccessKey,
      sessionToken,
      expiresAt,
      ...withoutAbsent({ region }),
    }),
    writtenAt: statSync(path).mtime,
  };
}

/** Undefined if it is missing or too large, or if another user can change it. */
function usableText(path: string, base: string, host: Host): string | undefined {
  const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'read');
  return fault === undefined ? readSmallFile(path) : undefined;
}

function regionIn(text: string, owner: FileOwner): string | undefined {
  const region = onlySection(text, sectionOf(owner).config)?.settings.get('region')?.value;
  return region !== undefined && isAwsRegion(region) ? region : undefined;
}

/** Undefined also if there are two, which programs read in different ways. */
function onlySection(text: string, name: string): IniSection | undefined {
  const [section, ...others] = parseIni(text).filter((one) => one.name === name);
  return others.length > 0 ? undefined : section;
}

/** @param onStep see {@link OnStep} */
export async function writeSession(
  owner: FileOwner,
  { accessKeyId, secretAccessKey, sessionToken, expiresAt, region }: AwsCredentials,
  host: Host,
  onStep?: OnStep,
): Promise<void> {
  if (sessionToken === undefined || expiresAt === undefined) return;
  const base = configDirectory(host);
  if (base === undefined) throw noHome('the session files', ['XDG_CONFIG_HOME'], host);
  const paths = pathsOf(checked(owner), base);
  const names = sectionOf(owner);
  const settings = { name: names.config, settings: { region: region ?? 'us-east-1' } };
  const session = {
    name: names.credentials,
    note: `expiration=${formatTimestamp(expiresAt)}`,
    settings: {
      aws_access_key_id: accessKeyId,
      aws_secret_access_key: secretAccessKey,
      aws_session_token: sessionToken,
    },
  };
  requireValues(paths.config, settings);
  requireValues(paths.credentials, session);
  // First the settings, so that no program finds a session without its region.
  await change(paths.config, base, settings, host, onStep);
  await change(paths.credentials, base, session, host, onStep);
}

async function change(
  path: string,
  base: string,
  section: NewSection,
  host: Host,
  onStep?: OnStep,
): Promise<void> {
  const requireOwn = () => {
    const fault = baseFault(base, host) ?? pathFault(path, levels, host, 'write');
    if (fault !== undefined) throw refused(path, fault);
  };
  try {
    requireOwn();
    makeOwnDirectories(dirname(path), host);
    await locked(path, host, async () => {
      requireOwn();
      const before = readSmallFile(path);
      if (before === undefined) throw refused(path, 'is larger than 1 MiB');
      if (before.includes('\uFFFD')) throw refused(path, 'is not UTF-8 text');
      const text = setSection(before, section);
      if (text === before) return;
      requireReadable(path, text, section);
      replace(path, text, parseIni(text).length > 1, (step) => onStep?.(path, step));
    });
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw ioError('write', path, reason);
  }
}

/**
 * @param isShared whether the file has sessions of other identities: its time then stays, because it
 *   says how old they may be
 */
function replace(
  path: string,
  text: string,
  isShared: boolean,
  onStep: (step: string) => void,
): void {
  const before = isShared ? statSync(path, { throwIfNoEntry: false }) : undefined;
  replacePrivately(path, text, {
    onStep,
    onRenamed: (descriptor) => {
      if (before !== undefined) futimesSync(descriptor, before.atime, before.mtime);
    },
  });
  syncDirectory(dirname(path));
}

/** A file in a form that this program does not edit correctly must not be changed. */
function requireReadable(path: string, text: string, { name, settings }: NewSection): void {
  const found = onlySection(text, name);
  const isSet = ([key, value]: [string, string]) => found?.settings.get(key)?.value === value;
  if (Object.entries(settings).every(isSet)) return;
  throw refused(path, `has a form that cannot be changed, in the section of ${name}`);
}

/** What a value of AWS consists of. A parser may interpret any other character. */
const valueForm = /^[\w/+=.:@,~-]+$/;

function requireValues(path: string, { name, settings }: NewSection): void {
  for (const [key, value] of Object.entries(settings)) {
    if (valueForm.test(value)) continue;
    throw new AtmosError(
      'ERR_USAGE',
      `cannot write ${path}: the ${key} of ${name} has a character that such a file cannot contain`,
    );
  }
}

/** @throws ERR_USAGE */
function checked(owner: FileOwner): FileOwner {
  const fault = nameFault(owner);
  if (fault === undefined) return owner;
  throw new AtmosError('ERR_USAGE', `cannot write session files as Atmos does: ${fault}`);
}

/** A name becomes a section or a directory: it must not end the section or lead elsewhere. */
function nameFault({ realm, root, identity }: FileOwner): string | undefined {
  if (realm === 'profiles') return 'the realm profiles has the name of the directory of profiles';
  if (!/^[^/\\:\p{Cc}]+$/u.test(root) || /^\.|[. ]$/.test(root)) {
    return `${JSON.stringify(root)} cannot be the name of a directory`;
  }
  if (
    /[[\]\p{Cc}\u2028\u2029]/u.test(identity) ||
    identity.trim() !== identity ||
    identity === ''
  ) {
    return `${JSON.stringify(identity)} cannot be the name of a section`;
  }
  return undefined;
}

function pathsOf(
  { realm, root }: FileOwner,
  base: string,
): Record<'credentials' | 'config', string> {
  const directory = join(base, realm, 'aws', lowerCase(root));
  return { credentials: join(directory, 'credentials'), config: join(directory, 'config') };
}

function sectionOf({ identity }: FileOwner): Record<'credentials' | 'config', string> {
  const name = lowerCase(identity);
  return { credentials: name, config: name === 'default' ? name : `profile ${name}` };
}

function refused(path: string, fault: string): AtmosError {
  return new AtmosError('ERR_IO', `cannot write ${path}: it ${fault}`, {
    hints: [showPermissions(dirname(path))],
  });
}
