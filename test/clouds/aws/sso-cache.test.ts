import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatAtmosToken,
  isAtmosTokenValid,
  parseAtmosToken,
  readAtmosToken,
  tokenFileName,
  writeAtmosToken,
  type AtmosToken,
} from '../../../src/clouds/aws/sso-cache.ts';
import { thrownBy } from '../../support/error-of.ts';
import { fakeHost, testStart } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { portal as configured, putLeftover, putToken } from './go-atmos-files.ts';

const portal = { startUrl: configured.start_url, region: configured.region };
const token: AtmosToken = {
  ...portal,
  accessToken: 'CanaryAccessToken',
  expiresAt: new Date('2026-01-01T08:00:00Z'),
  refreshToken: 'CanaryRefreshToken',
  clientId: 'client',
  clientSecret: 'CanaryClientSecret',
  registrationExpiresAt: new Date('2026-03-01T00:00:00Z'),
};

/** As Go writes it: nanoseconds, the local offset, and the year 1 for an unknown time. */
const goText = JSON.stringify({
  ...portal,
  accessToken: 'CanaryAccessToken',
  expiresAt: '2026-01-01T09:00:00.123456789+01:00',
  refreshToken: '',
  registrationExpiresAt: '0001-01-01T00:00:00Z',
});

function openHome() {
  const home = temporaryDirectory();
  return { home, host: fakeHost({ homeDirectory: home }) };
}

describe('the content of a token file', () => {
  test('is read as Go writes it', () => {
    expect(parseAtmosToken(goText, portal)).toEqual({
      ...portal,
      accessToken: 'CanaryAccessToken',
      expiresAt: new Date('2026-01-01T08:00:00.123Z'),
    });
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another portal', goText.replace('awsapps', 'other')],
    ['another region', goText.replace('eu-central-1', 'us-east-1')],
    ['no token', goText.replace('CanaryAccessToken', '')],
    ['an invalid time', goText.replace('2026-01-01T09', '2026-02-30T09')],
    ['no time', goText.replace('expiresAt', 'expires')],
    ['the year 1', goText.replace('2026-01-01T09:00:00.123456789+01:00', '0001-01-01T00:00:00Z')],
  ])('is not used with %s', (_, text) => {
    expect(parseAtmosToken(text, portal)).toBeUndefined();
  });

  test('ignores optional fields that are invalid', () => {
    const text = JSON.stringify({ ...token, refreshToken: 1, registrationExpiresAt: 'soon' });
    const { refreshToken: _, registrationExpiresAt: __, ...rest } = token;
    expect(parseAtmosToken(text, portal)).toEqual(rest);
  });

  test('is parsed as it was formatted', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    const time = fc
      .date({ min: new Date('1970-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
    const tokens = fc.record(
      {
        startUrl: text,
        region: text,
        accessToken: text,
        expiresAt: time,
        refreshToken: text,
        clientId: text,
        clientSecret: text,
        registrationExpiresAt: time,
      },
      { requiredKeys: ['startUrl', 'region', 'accessToken', 'expiresAt'] },
    );
    fc.assert(
      fc.property(tokens, (one) => {
        expect(parseAtmosToken(formatAtmosToken(one), one)).toEqual(one);
      }),
    );
  });

  test('has the fields of Atmos, with the year 1 for an unknown time', () => {
    const { registrationExpiresAt: _, ...rest } = token;
    expect(formatAtmosToken(rest)).toBe(
      '{"accessToken":"CanaryAccessToken","expiresAt":"2026-01-01T08:00:00Z","region":"eu-central-1",' +
        '"startUrl":"https://example.awsapps.com/start","refreshToken":"CanaryRefreshToken",' +
        '"clientId":"client","clientSecret":"CanaryClientSecret",' +
        '"registrationExpiresAt":"0001-01-01T00:00:00Z"}',
    );
  });

  test.each([
    [300_001, true],
    [300_000, false],
    [-1, false],
  ])('may be used with %d ms left: %s', (leftMs, isValid) => {
    const expiresAt = new Date(testStart.getTime() + leftMs);
    expect(isAtmosTokenValid({ ...token, expiresAt }, testStart)).toBe(isValid);
  });
});

describe('the token file of Atmos', () => {
  test('is written privately at the place where Atmos looks, and read back', () => {
    const { home, host } = openHome();
    writeAtmosToken(token, host);
    const path = putToken(temporaryDirectory()).split('/').slice(-4).join('/');
    expect(statSync(join(home, '.cache', path)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.cache/atmos/aws-sso/sessions')).mode & 0o777).toBe(0o700);
    expect(readAtmosToken(portal, host)).toEqual(token);
    expect(readAtmosToken({ ...portal, region: 'us-east-1' }, host)).toBeUndefined();
    expect(readdirSync(join(home, '.cache/atmos/aws-sso/sessions'))).toHaveLength(1);
  });

  test('is written without what a killed process left beside it', () => {
    const { home, host } = openHome();
    const directory = dirname(putToken(home));
    const path = join(directory, tokenFileName(portal));
    putLeftover(path);
    writeAtmosToken(token, host);
    expect(readdirSync(directory)).toEqual([tokenFileName(portal)]);
  });

  test.each([
    [
      'is a link',
      (path: string) => (writeFileSync(`${path}.x`, goText), symlinkSync(`${path}.x`, path)),
    ],
    ['is larger than 1 MiB', (path: string) => writeFileSync(path, goText.padEnd(1024 * 1024 + 1))],
    ['is a directory', (path: string) => mkdirSync(path)],
    [
      'can be written by other users',
      (path: string) => (writeFileSync(path, goText), chmodSync(path, 0o666)),
    ],
    [
      'is in a directory that other users can change',
      (path: string) => (writeFileSync(path, goText), chmodSync(dirname(path), 0o777)),
    ],
  ])('is not used if it %s', (_, put) => {
    const { host, home } = openHome();
    const path = putToken(home);
    writeFileSync(path, goText);
    expect(readAtmosToken(portal, host)).toBeDefined();
    const other = openHome();
    const otherPath = path.replace(home, other.home);
    mkdirSync(dirname(otherPath), { recursive: true, mode: 0o700 });
    put(otherPath);
    expect(readAtmosToken(portal, other.host)).toBeUndefined();
  });

  test('is not written through a link, or without a home directory', () => {
    const { host, home } = openHome();
    const path = putToken(home);
    const elsewhere = join(home, 'elsewhere.json');
    writeFileSync(elsewhere, 'unchanged');
    rmSync(path);
    symlinkSync(elsewhere, path);
    expect(thrownBy(() => writeAtmosToken(token, host))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${path}: it is a symbolic link`,
    });
    expect(readFileSync(elsewhere, 'utf8')).toBe('unchanged');
    const homeless = fakeHost({ homeDirectory: undefined });
    expect(thrownBy(() => writeAtmosToken(token, homeless))).toMatchObject({
      code: 'ERR_USAGE',
    });
    expect(readAtmosToken(portal, homeless)).toBeUndefined();
  });
});
