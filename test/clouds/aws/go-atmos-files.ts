import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomId } from '../../../src/host/files.ts';
import { testStart } from '../../support/fake-host.ts';

// Creates plain files as Go Atmos v1.225 does, below the XDG directories of a home directory.

export const portal = { start_url: 'https://example.awsapps.com/start', region: 'eu-central-1' };
const token = 'CanaryTokenOfThePortal';
const secret = 'CanaryIn/The+Coal/Mine0123456789abcdefgh';

export function section(identity: string): string {
  return (
    '; atmos: expiration=2026-01-01T12:00:00Z\n' +
    `[${identity}]\n` +
    'aws_access_key_id     = ASIAIOSFODNN7EXAMPLE\n' +
    `aws_secret_access_key = ${secret}\n` +
    'aws_session_token     = CanarySessionToken\n\n'
  );
}

export function profileSection(identity: string): string {
  return `[profile ${identity}]\nregion = eu-central-1\n\n`;
}

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/**
 * Creates the session files of identities under one provider. A realm of null: as in versions
 * without realms.
 */
export function putSessions(
  home: string,
  realm: string | null,
  provider: string,
  identities: readonly string[],
): { credentials: string; config: string } {
  const directory = join(home, '.config/atmos', realm ?? '', 'aws', provider);
  return {
    credentials: put(join(directory, 'credentials'), identities.map(section).join('')),
    config: put(join(directory, 'config'), identities.map(profileSection).join('')),
  };
}

/** Creates the token of a portal, under the name that Go Atmos uses. */
export function putToken(home: string, { start_url, region } = portal): string {
  const name = createHash('sha1').update(`${start_url}|${region}`).digest('hex');
  const text = JSON.stringify({ accessToken: token, startUrl: start_url, region });
  return put(join(home, '.cache/atmos/aws-sso/sessions', `${name}.json`), text);
}

/** Creates the refresh token of an identity's browser login. */
export function putRefreshToken(home: string, identity: string, realm: string): string {
  const path = join(home, '.cache/atmos/aws-webflow', `${identity}-${realm}`, 'refresh.json');
  return put(path, JSON.stringify({ refreshToken: token }));
}

/** What a process leaves that was killed before it renamed its temporary file. @returns its path */
export function putLeftover(file: string): string {
  const path = `${file}.${randomId()}`;
  writeFileSync(path, 'CanaryAccessToken', { mode: 0o600 });
  const before = new Date(testStart.getTime() - 61_000);
  utimesSync(path, before, before);
  return path;
}
