import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { portal } from './go-atmos-files.ts';

// Token files as the AWS CLI and the AWS SDKs write them.

/** As the AWS CLI writes it. */
export const cliToken = {
  startUrl: portal.start_url,
  region: portal.region,
  accessToken: 'CanaryAccessToken',
  expiresAt: '2026-01-01T01:00:00Z',
  clientId: 'client',
  clientSecret: 'CanaryClientSecret',
  registrationExpiresAt: '2026-03-01T00:00:00Z',
  refreshToken: 'CanaryRefreshToken',
};

/** @param name of the session. Default: the file is that of a profile without one */
export function cliTokenPath(home: string, name: string = portal.start_url): string {
  const id = createHash('sha1').update(name).digest('hex');
  return join(home, '.aws/sso/cache', `${id}.json`);
}

/** Creates the file of a token. @returns its path */
export function putCliToken(home: string, token: object | string, name?: string): string {
  const path = cliTokenPath(home, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const text = typeof token === 'string' ? token : JSON.stringify(token);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

export function readCliFile(home: string, name?: string): Record<string, string> {
  return JSON.parse(readFileSync(cliTokenPath(home, name), 'utf8')) as Record<string, string>;
}
