import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  findCliToken,
  readCliToken,
  writeCliToken,
  type CliToken,
} from '../../../src/clouds/aws/cli-tokens.ts';
import { thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { cliToken, cliTokenPath, putCliToken, readCliFile } from './cli-token-files.ts';
import { portal as configured, putLeftover } from './go-atmos-files.ts';

const legacy = { startUrl: configured.start_url, region: configured.region };
const portal = { ...legacy, session: 'corp' };
const token: CliToken = {
  accessToken: 'CanaryAccessToken',
  expiresAt: new Date('2026-01-01T01:00:00Z'),
  clientId: 'client',
  clientSecret: 'CanaryClientSecret',
  registrationExpiresAt: new Date('2026-03-01T00:00:00Z'),
  refreshToken: 'CanaryRefreshToken',
};

function openHome() {
  const home = temporaryDirectory();
  const logged: unknown[] = [];
  const host = fakeHost({
    homeDirectory: home,
    log: (event, fields) => logged.push([event, fields]),
  });
  return { home, host, logged };
}

describe('the token in the file of a session', () => {
  test('is read as the AWS CLI writes it', () => {
    const { home, host } = openHome();
    putCliToken(home, cliToken, 'corp');
    expect(readCliToken(portal, host)).toEqual(token);
  });

  test.each([
    ['by the SDK for JavaScript', '2026-01-01T01:00:00.000Z'],
    ['by botocore', '2026-01-01T01:00:00+00:00'],
    ['with another offset', '2026-01-01T02:30:00+01:30'],
    ['with nanoseconds', '2026-01-01T01:00:00.000000000Z'],
  ])('has a time %s', (_, expiresAt) => {
    const { home, host } = openHome();
    putCliToken(home, { ...cliToken, expiresAt }, 'corp');
    expect(readCliToken(portal, host)?.expiresAt).toEqual(token.expiresAt);
  });

  test('is of the portal, however its address is written', () => {
    const { home, host } = openHome();
    putCliToken(home, { ...cliToken, startUrl: `${cliToken.startUrl}/#/` }, 'corp');
    expect(readCliToken(portal, host)).toEqual(token);
  });

  test('may be without what renews it, and a registration of the year 1 is of an unknown time', () => {
    const { home, host } = openHome();
    const { startUrl, region, accessToken, expiresAt } = cliToken;
    const registrationExpiresAt = '0001-01-01T00:00:00Z';
    putCliToken(home, { startUrl, region, accessToken, expiresAt, registrationExpiresAt }, 'corp');
    expect(readCliToken(portal, host)).toEqual({
      accessToken: token.accessToken,
      expiresAt: token.expiresAt,
    });
  });

  const text = JSON.stringify(cliToken);
  test.each([
    ['was cut short', text.slice(0, 200), 'invalid'],
    ['is empty', '', 'invalid'],
    ['is not JSON', 'token', 'invalid'],
    ['is a list', '[]', 'invalid'],
    ['has a number for the token', { ...cliToken, accessToken: 1 }, 'invalid'],
    ['has a token with a line break', { ...cliToken, accessToken: 'a\nb' }, 'invalid'],
    ['has a refresh token with a space', { ...cliToken, refreshToken: 'a b' }, 'invalid'],
    ['has an object for the time', { ...cliToken, expiresAt: {} }, 'invalid'],
    ['expires in the year 1', { ...cliToken, expiresAt: '0001-01-01T00:00:00Z' }, 'invalid'],
    ['expires on February 30', { ...cliToken, expiresAt: '2026-02-30T00:00:00Z' }, 'invalid'],
    ['has no region', { ...cliToken, region: undefined }, 'invalid'],
    ['is of another region', { ...cliToken, region: 'us-east-1' }, 'foreign'],
    ['is of another portal', { ...cliToken, startUrl: 'https://x.awsapps.com/start' }, 'foreign'],
    ['is larger than 1 MiB', text + ' '.repeat(10 * 1024 * 1024), 'invalid'],
  ])('is not used if it %s, and why is logged', (_, content, because) => {
    const { home, host, logged } = openHome();
    const file = putCliToken(home, content, 'corp');
    expect(readCliToken(portal, host)).toBeUndefined();
    expect(logged).toEqual([['token.skipped', { file, because }]]);
  });

  test.each([
    [
      'is a symbolic link',
      (path: string) => (renameSync(path, `${path}.x`), symlinkSync(`${path}.x`, path)),
    ],
    ['is a directory', (path: string) => (rmSync(path), mkdirSync(path))],
    ['is a named pipe', (path: string) => (rmSync(path), spawnSync('mkfifo', [path]))],
    ['can be read by other users', (path: string) => chmodSync(path, 0o644)],
    ['can be changed by other users', (path: string) => chmodSync(path, 0o622)],
    [
      'is in a directory that other users can change',
      (path: string) => chmodSync(dirname(path), 0o777),
    ],
    [
      'is below a home directory that other users can change',
      (path: string) => chmodSync(join(path, '../../../..'), 0o777),
    ],
  ])('is not used if it %s', (_, change) => {
    const { home, host, logged } = openHome();
    const file = putCliToken(home, cliToken, 'corp');
    change(file);
    expect(readCliToken(portal, host)).toBeUndefined();
    expect(findCliToken(portal, host)).toBeUndefined();
    expect(logged).toContainEqual(['token.skipped', { file, because: 'unsafe' }]);
  });

  test.skipIf(process.getuid?.() !== 0)('is not used if it belongs to another user', () => {
    const { home, host, logged } = openHome();
    const file = putCliToken(home, cliToken, 'corp');
    chownSync(file, 1234, 1234);
    expect(readCliToken(portal, host)).toBeUndefined();
    expect(logged).toEqual([['token.skipped', { file, because: 'unsafe' }]]);
  });

  test('is found if the directory of the AWS files is a link of the user', () => {
    const { home, host } = openHome();
    putCliToken(home, cliToken, 'corp');
    renameSync(join(home, '.aws'), join(home, 'aws-files'));
    symlinkSync('aws-files', join(home, '.aws'));
    expect(readCliToken(portal, host)).toEqual(token);
  });

  test('is missing without a file and without a home directory, and nothing is logged', () => {
    const { host, logged } = openHome();
    for (const one of [host, fakeHost({ homeDirectory: undefined })]) {
      expect(readCliToken(portal, one)).toBeUndefined();
      expect(findCliToken(portal, one)).toBeUndefined();
      expect(findCliToken(legacy, one)).toBeUndefined();
    }
    expect(logged).toEqual([]);
  });
});

describe('a token that has not expired', () => {
  test('is found in whatever file it is', () => {
    const { home, host } = openHome();
    const elsewhere = { ...cliToken, startUrl: 'https://x.awsapps.com/start' };
    const registration = { clientId: 'x', clientSecret: 'y', expiresAt: cliToken.expiresAt };
    putCliToken(home, elsewhere, 'a');
    putCliToken(home, registration, 'b');
    putCliToken(home, cliToken, 'any name');
    writeFileSync(join(home, '.aws/sso/cache/other.json'), JSON.stringify(cliToken));
    expect(findCliToken(legacy, host)).toEqual(token);
  });

  test('of a session is found in its file only', () => {
    const { home, host } = openHome();
    putCliToken(home, cliToken, 'other');
    expect(findCliToken(portal, host)).toBeUndefined();
    putCliToken(home, cliToken, 'corp');
    expect(findCliToken(portal, host)).toEqual(token);
  });

  test('is not found if it has expired, and that is logged', () => {
    const { home, host, logged } = openHome();
    const file = putCliToken(home, { ...cliToken, expiresAt: '2026-01-01T00:00:00Z' });
    expect(findCliToken(legacy, host)).toBeUndefined();
    expect(logged).toEqual([['token.skipped', { file, because: 'expired' }]]);
  });

  test('is not used if another file has another one, perhaps of another person', () => {
    const { home, host, logged } = openHome();
    const files = ['a', 'b'].map((name) => putCliToken(home, cliToken, name));
    expect(findCliToken(legacy, host)).toEqual(token);
    putCliToken(home, { ...cliToken, accessToken: 'CanaryOther' }, 'b');
    expect(findCliToken(legacy, host)).toBeUndefined();
    expect(logged).toEqual(
      files.toSorted().map((file) => ['token.skipped', { file, because: 'ambiguous' }]),
    );
  });

  test('is found in the file of the start URL, however many others there are', () => {
    const { home, host } = openHome();
    putCliToken(home, cliToken);
    const directory = join(home, '.aws/sso/cache');
    for (let index = 0; index < 300; index += 1) {
      writeFileSync(join(directory, `${String(index).padStart(40, '0')}.json`), '{}');
    }
    expect(findCliToken(legacy, host)).toEqual(token);
  });

  test('is found beside files that are broken', () => {
    const { home, host, logged } = openHome();
    const file = putCliToken(home, '{"startUrl": "https://', 'broken');
    putCliToken(home, cliToken);
    expect(findCliToken(legacy, host)).toEqual(token);
    expect(logged).toEqual([['token.skipped', { file, because: 'invalid' }]]);
  });
});

describe('a token that is written', () => {
  test('has the fields of the AWS CLI, in a private file, and is read back', () => {
    const { home, host, logged } = openHome();
    writeCliToken(portal, token, host);
    const path = cliTokenPath(home, 'corp');
    expect(readFileSync(path, 'utf8')).toBe(JSON.stringify(cliToken));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(readCliToken(portal, host)).toEqual(token);
    expect(logged).toEqual([['token.written', { file: path }]]);
  });

  test('without a session has the name of the start URL', () => {
    const { home, host } = openHome();
    writeCliToken(legacy, token, host);
    expect(readdirSync(join(home, '.aws/sso/cache'))).toEqual([cliTokenPath('').split('/').at(-1)]);
    expect(readCliFile(home)['accessToken']).toBe(token.accessToken);
  });

  test('keeps fields of other tools, and none of the token before', () => {
    const { home, host } = openHome();
    putCliToken(home, { ...cliToken, toolVersion: 3, isNew: true, note: 'x' }, 'corp');
    const { accessToken, expiresAt } = token;
    writeCliToken(portal, { accessToken, expiresAt }, host);
    expect(readCliFile(home, 'corp')).toEqual({
      startUrl: cliToken.startUrl,
      region: cliToken.region,
      accessToken,
      expiresAt: cliToken.expiresAt,
      toolVersion: 3,
      isNew: true,
      note: 'x',
    });
  });

  test.each([
    ['nested, however deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a list', '[1]'],
    ['empty', 'null'],
    ['very long', JSON.stringify('x'.repeat(4097))],
  ])('does not keep a field of another tool that is %s', (_, value) => {
    const { home, host } = openHome();
    const text = JSON.stringify(cliToken).replace(/}$/, `,"other":${value}}`);
    putCliToken(home, text, 'corp');
    writeCliToken(portal, token, host);
    expect(readCliFile(home, 'corp')).toEqual(cliToken);
  });

  test.each([
    ['a file that was cut short', JSON.stringify(cliToken).slice(0, 99)],
    ['a list', '[1]'],
    ['an empty file', ''],
  ])('replaces %s', (_, text) => {
    const { home, host } = openHome();
    putCliToken(home, text, 'corp');
    writeCliToken(portal, token, host);
    expect(readCliToken(portal, host)).toEqual(token);
  });

  test('is private also if the file before was not, and removes what a killed process left', () => {
    const { home, host } = openHome();
    const path = putCliToken(home, cliToken, 'corp');
    chmodSync(path, 0o644);
    putLeftover(path);
    writeCliToken(portal, token, host);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  test('does not replace the token of another portal', () => {
    const { home, host } = openHome();
    const other = { ...cliToken, startUrl: 'https://x.awsapps.com/start' };
    const path = putCliToken(home, other, 'corp');
    expect(thrownBy(() => writeCliToken(portal, token, host))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${path}: it holds the token of another portal`,
      hints: ['set spec.session to the name of an [sso-session …] with this portal'],
    });
    expect(readCliFile(home, 'corp')).toEqual(other);
  });

  test.each([
    ['is a symbolic link', (path: string) => symlinkSync('/dev/null', path)],
    ['is a named pipe', (path: string) => spawnSync('mkfifo', [path])],
    [
      'can be changed by other users (mode 0666)',
      (path: string) => (writeFileSync(path, ''), chmodSync(path, 0o666)),
    ],
  ])('is not written to a file that %s', (fault, put) => {
    const { home, host } = openHome();
    const path = putCliToken(home, '', 'corp');
    rmSync(path);
    put(path);
    const before = statSync(path).ino;
    expect(thrownBy(() => writeCliToken(portal, token, host))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${path}: it ${fault}`,
    });
    expect(statSync(path).ino).toBe(before);
  });

  test('is not written without a home directory, or to one that other users can change', () => {
    const { home, host } = openHome();
    const homeless = fakeHost({ homeDirectory: undefined });
    expect(thrownBy(() => writeCliToken(portal, token, homeless))).toMatchObject({
      code: 'ERR_USAGE',
    });
    mkdirSync(join(home, '.aws'), { mode: 0o700 });
    chmodSync(join(home, '.aws'), 0o777);
    const path = cliTokenPath(home, 'corp');
    expect(thrownBy(() => writeCliToken(portal, token, host))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${path}: it is below ${home}/.aws, which can be changed by other users (mode 0777)`,
    });
    expect(readdirSync(join(home, '.aws'))).toEqual([]);
  });

  test('is read as it was written', () => {
    const { host } = openHome();
    const value = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
    const time = fc
      .date({ min: new Date('1970-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
    const tokens = fc.record(
      {
        accessToken: value,
        expiresAt: time,
        refreshToken: value,
        clientId: value,
        clientSecret: value,
        registrationExpiresAt: time,
      },
      { requiredKeys: ['accessToken', 'expiresAt'] },
    );
    fc.assert(
      fc.property(tokens, (one) => {
        writeCliToken(portal, one, host);
        expect(readCliToken(portal, host)).toEqual(one);
      }),
      { numRuns: 30 },
    );
  });
});
