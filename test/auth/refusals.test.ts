import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { awsUserIdentity, identityAt, keys, minutes, openPlace, testStart, user } from './place.ts';

const refused = { code: 'InvalidClientTokenId', message: 'is invalid' };
const warning = 'AWS refused the access key of identity dev at 00:00 (5m ago); trying it again';

/** A place after AWS has rejected the key. */
async function openRefused() {
  const place = await openPlace();
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  const stored = await place.keyring.get('atmos_r_dev');
  place.server.script({ fail: refused });
  const error = await errorOf(place.manager.login(identity));
  expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
  const directory = join(place.root, 'state', 'atmos', 'refused');
  const record = () => readdirSync(directory).map((file) => join(directory, file));
  return { place, identity, stored, directory, record };
}

describe('a key that AWS rejects', () => {
  test('is kept, and the rejection is recorded silently', async () => {
    const { place, stored, directory, record } = await openRefused();
    expect(await place.keyring.get('atmos_r_dev')).toBe(stored);
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
    const [file = '', ...others] = record();
    expect(others).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      realm: 'r',
      alias: 'dev',
      key_hash: createHash('sha256').update(user.accessKeyId).digest('hex'),
      refused_at: '2026-01-01T00:00:00.000Z',
    });
  });

  test('is tried again by the next login with a warning, and the record is removed when AWS accepts it', async () => {
    const { place, identity, record } = await openRefused();
    expect(place.warnings).toEqual([]);
    place.clock.now = new Date(testStart.getTime() + 5 * minutes);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(place.warnings).toEqual([warning]);
    expect(record()).toEqual([]);
    await place.manager.login(identity, { force: true });
    expect(place.warnings).toEqual([warning]);
  });

  test('is recorded again when it is rejected again', async () => {
    const { place, identity, record } = await openRefused();
    place.clock.now = new Date(testStart.getTime() + 5 * minutes);
    place.server.script({ fail: refused });
    await errorOf(place.manager.login(identity));
    expect(place.warnings).toEqual([warning]);
    const [file = ''] = record();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      refused_at: '2026-01-01T00:05:00.000Z',
    });
  });

  test('is reported by whoami without a request to AWS', async () => {
    const { place, identity } = await openRefused();
    expect(await place.manager.whoami(identity)).toMatchObject({
      keyRefusedAt: testStart,
      isValid: false,
      reason: 'there is no session',
    });
    expect(place.server.calls).toHaveLength(1);
  });

  test('is found in any case of the name', async () => {
    const { place } = await openRefused();
    const identity = identityAt(place, { name: 'DEV' });
    expect(await place.manager.whoami(identity)).toMatchObject({ keyRefusedAt: testStart });
  });

  test('does not affect another key', async () => {
    const { place, identity } = await openRefused();
    const other = { ...keys, accessKeyId: 'AKIAIOSFODNN7ANOTHER' };
    await place.context.store.write('dev', 'key', other);
    expect(await place.manager.whoami(identity)).not.toHaveProperty('keyRefusedAt');
  });

  test('has no record after keys are stored', async () => {
    const { place, identity, record } = await openRefused();
    await place.manager.saveKeys(identity, keys);
    expect(record()).toEqual([]);
  });

  test('has no record after it is removed', async () => {
    const { place, record } = await openRefused();
    await place.manager.logout(['dev'], { includeKeys: false, isDryRun: false });
    await place.manager.logout(['dev'], { includeKeys: true, isDryRun: true });
    expect(record()).toHaveLength(1);
    await place.manager.logout(['dev'], { includeKeys: true, isDryRun: false });
    expect(record()).toEqual([]);
  });

  test('has a hint to the configuration if it is written there', async () => {
    const place = await openPlace();
    const credentials = {
      access_key_id: 'AKIAIOSFODNN7STRANGE',
      secret_access_key: 'CanaryIn/The+Coal',
    };
    const error = await errorOf(place.manager.login(identityAt(place, { credentials })));
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(error.message).toBe(
      'no session for identity dev: AWS does not know the access key AKIA…ANGE: it was deleted or deactivated, or is of another partition',
    );
    expect(error.hints).toEqual([
      'correct access_key_id and secret_access_key (/p/atmos.yaml:credentials)',
    ]);
  });
});

describe('the record of a rejection', () => {
  test.each(['', 'text', '[]', '{}', '{"key_hash":5,"refused_at":5}'])(
    'does not prevent a login if it is %j',
    async (content) => {
      const { place, identity, record } = await openRefused();
      writeFileSync(record()[0] ?? '', content);
      expect((await place.manager.login(identity)).wasOpened).toBe(true);
      expect(place.warnings).toEqual([]);
    },
  );

  test('does not prevent a login if its time cannot be read', async () => {
    const { place, identity, record } = await openRefused();
    const [file = ''] = record();
    const note = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...note, refused_at: 'yesterday' }));
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(place.warnings).toEqual([]);
  });

  test('does not prevent a login if it cannot be removed', async () => {
    const { place, identity, record } = await openRefused();
    const [file = ''] = record();
    rmSync(file);
    mkdirSync(file);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    await place.manager.saveKeys(identity, keys);
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev', 'atmos_r_dev@session']);
  });

  test('does not hide the rejection if it cannot be written', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    mkdirSync(join(place.root, 'state', 'atmos'), { recursive: true });
    writeFileSync(join(place.root, 'state', 'atmos', 'refused'), 'a file');
    place.server.script({ fail: refused });
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(await place.manager.whoami(awsUserIdentity())).not.toHaveProperty('keyRefusedAt');
  });
});
