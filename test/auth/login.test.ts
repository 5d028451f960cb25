import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createAuthManager } from '../../src/app/open.ts';
import { AtmosError, KeyringError } from '../../src/core/errors.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { errorOf } from '../support/error-of.ts';
import { testPassword } from '../support/file-keyring.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { isRoot } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { hours, identityAt, keys, minutes, name, openPlace, testStart, user } from './place.ts';
import { startProgram } from './processes.ts';

const opened = ({ server }: { server: { calls: readonly { action: string }[] } }) =>
  server.calls.filter(({ action }) => action === 'GetSessionToken').length;

describe.each(['memory', 'file'] as const)('a login, on the keyring %s', (keyring) => {
  test('opens a session and stores it beside the key', async () => {
    const place = await openPlace({ keyring });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, { ...keys, sessionDuration: '1h' });
    const storedKey = await place.keyring.get('atmos_r_dev');

    const result = await place.manager.login(identity);
    expect(result).toMatchObject({
      wasOpened: true,
      region: 'us-east-1',
      session: {
        clockOffsetMs: 0,
        savedAt: testStart,
        limits: [
          'without MFA, AWS denies this session all calls of IAM, and of STS except AssumeRole and GetCallerIdentity',
        ],
      },
    });
    expect(result).not.toHaveProperty('storeFailure');
    const { credentials } = result.session;
    expect(credentials).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA/),
      sessionToken: expect.any(String),
      region: 'us-east-1',
      expiresAt: new Date('2026-01-01T01:00:00Z'),
    });
    expect(place.server.calls).toMatchObject([
      {
        action: 'GetSessionToken',
        accessKeyId: user.accessKeyId,
        params: { DurationSeconds: '3600' },
      },
    ]);

    expect(await place.keyring.keys()).toEqual(['atmos_r_dev', 'atmos_r_dev@session']);
    expect(await place.keyring.get('atmos_r_dev')).toBe(storedKey);
    expect(await place.context.store.read(name, 'session')).toMatchObject({
      credentials,
      clockOffsetMs: 0,
      item: 'session',
    });
    expect(place.warnings).toEqual([]);
  });

  test('uses the stored session while it is reusable, then opens another', async () => {
    const place = await openPlace({ keyring });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const first = await place.manager.login(identity);

    place.clock.now = new Date(testStart.getTime() + 12 * hours - 15 * minutes);
    const second = await place.manager.login(identity);
    expect(second).toMatchObject({ wasOpened: false, session: first.session });
    expect(opened(place)).toBe(1);

    place.clock.now = new Date(place.clock.now.getTime() + 1000);
    const third = await place.manager.login(identity);
    expect(third.wasOpened).toBe(true);
    expect(third.session.credentials.accessKeyId).not.toBe(first.session.credentials.accessKeyId);
    expect(opened(place)).toBe(2);
  });

  test('always opens and stores a session with force', async () => {
    const place = await openPlace({ keyring });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const first = await place.manager.login(identity);
    const second = await place.manager.login(identity, { force: true });
    expect(second.wasOpened).toBe(true);
    expect(second.session.credentials.accessKeyId).not.toBe(first.session.credentials.accessKeyId);
    expect(await place.manager.login(identity)).toMatchObject({
      wasOpened: false,
      session: second.session,
    });
  });
});

describe('simultaneous logins', () => {
  test('share one session', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => place.manager.login(identity)),
    );
    expect(results.filter(({ wasOpened }) => wasOpened)).toHaveLength(1);
    expect(new Set(results.map(({ session }) => session.credentials.accessKeyId)).size).toBe(1);
    expect(opened(place)).toBe(1);
  });

  test('share one new session with force, although the clock was set back', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const old = await place.manager.login(identity);
    place.clock.now = new Date(testStart.getTime() - 5 * minutes);
    const force = () => place.manager.login(identity, { force: true });
    const results = await Promise.all([force(), force(), force()]);
    const [id, ...others] = new Set(results.map(({ session }) => session.credentials.accessKeyId));
    expect(others).toEqual([]);
    expect(id).not.toBe(old.session.credentials.accessKeyId);
    expect(opened(place)).toBe(2);
  });

  test('share one failure', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    place.server.script({ fail: { code: 'AccessDenied', message: 'not you' }, delayMs: 100 });
    const errors = await Promise.all(
      Array.from({ length: 8 }, () => errorOf(place.manager.login(identity))),
    );
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ERR_AUTH_DENIED']));
    expect(new Set(errors.map(({ message }) => message)).size).toBe(1);
    expect(opened(place)).toBe(1);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
  });

  test('do not wait for each other if the identities differ', async () => {
    const place = await openPlace();
    const [dev, ops] = [identityAt(place), identityAt(place, { name: 'ops' })];
    await place.manager.saveKeys(dev, keys);
    await place.manager.saveKeys(ops, keys);
    await Promise.all([place.manager.login(dev), place.manager.login(ops)]);
    expect(opened(place)).toBe(2);
  });

  test('wait no longer than waitMs', async () => {
    const place = await openPlace({ keyring: 'file' });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    let answer: ((code: undefined) => void) | undefined;
    const mfaCode = () => {
      isAsked();
      return new Promise<undefined>((resolve) => {
        answer = resolve;
      });
    };
    const withMfa = identityAt(place, { credentials: { mfa_arn: user.mfa.arn } });
    const holder = await openPlace({ beside: place, mfaCode, host: { processId: 4242 } });
    const first = errorOf(holder.manager.login(withMfa));
    await asked;
    const error = await errorOf(place.manager.login(withMfa, { waitMs: 0 }));
    expect(error.code).toBe('ERR_LOGIN_BUSY');
    expect(error.message).toBe(
      'process 4242 has been opening a session for identity dev for 0 seconds',
    );
    answer?.(undefined);
    expect((await first).code).toBe('ERR_AUTH_MFA_REQUIRED');
  });

  describe('logins in separate processes', () => {
    let program: Program | undefined;

    beforeAll(async () => {
      program = await compileProgram('test/auth/login-program.ts');
    });
    afterAll(() => program?.remove());

    // Each process derives the encryption key for half a second, so six are used instead of thirty.
    test('make one call to STS', async () => {
      const directory = join(temporaryDirectory(), 'keyring');
      // The processes use the real time.
      const now = () => new Date();
      const place = await openPlace({ keyring: 'file', directory, sts: { now }, host: { now } });
      await place.manager.saveKeys(identityAt(place), keys);
      place.server.script({ delayMs: 200 });
      const args = [directory, place.server.url];
      const env = { XDG_STATE_HOME: place.root, ATMOS_KEYRING_PASSWORD: testPassword };
      const all = Array.from({ length: 6 }, () => startProgram(program?.file ?? '', args, env));
      await Promise.all(all.map((one) => one.heard('arrived')));
      for (const one of all) one.tell('go');
      const ends = await Promise.all(all.map((one) => one.heard('ended')));
      const ids = ends.map((end) => end?.split(' ')[1]);
      expect(new Set(ids).size).toBe(1);
      expect(ends.filter((end) => end?.startsWith('opened'))).toHaveLength(1);
      expect(place.server.calls).toMatchObject([{ action: 'GetSessionToken' }]);
    });
  });
});

describe('a session that cannot be stored', () => {
  test('is still used, and the failure is reported', async () => {
    const keyring = openMemoryKeyring();
    const full = new KeyringError('ERR_KEYRING_IO', 'cannot write it: no space left on the device');
    const place = await openPlace({
      keyring: {
        ...keyring,
        set: (key, value) =>
          key.endsWith('@session') ? Promise.reject(full) : keyring.set(key, value),
      },
    });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const result = await place.manager.login(identity);
    expect(result).toMatchObject({ wasOpened: true, storeFailure: full });
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
    const again = await place.manager.login(identity);
    expect(again.session.credentials.accessKeyId).not.toBe(result.session.credentials.accessKeyId);
  });

  test.skipIf(isRoot && !canMount())('is used if the directory is read-only', async () => {
    const root = isRoot ? mountTmpfs('size=1m') : temporaryDirectory();
    const directory = join(root, 'keyring');
    const place = await openPlace({ keyring: 'file', directory });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    makeReadOnly(root, directory);
    const { wasOpened, storeFailure } = await place.manager.login(identity);
    expect(wasOpened).toBe(true);
    expect(storeFailure?.code).toBe(isRoot ? 'ERR_KEYRING_IO' : 'ERR_KEYRING_PERMISSIONS');
    expect(storeFailure?.message).toMatch(
      isRoot ? /^cannot .*: the file system is read-only$/ : /^cannot .*: permission denied$/,
    );
  });

  test.skipIf(!canMount())('is used if the disk is full', async () => {
    const root = mountTmpfs('size=64k');
    const place = await openPlace({ keyring: 'file', directory: join(root, 'keyring') });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    fill(join(root, 'filler'));
    const { wasOpened, storeFailure } = await place.manager.login(identity);
    expect(wasOpened).toBe(true);
    expect(storeFailure).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message: expect.stringMatching(/: no space left on the device$/),
    });
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
  });
});

describe('a login that cannot read the stored session', () => {
  test('opens no session: a damaged session', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    await place.keyring.set('atmos_r_dev@session', 'text');
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_STORE_INVALID');
    expect(error.message).toBe(
      'the entry atmos_r_dev@session cannot be used: it is not a JSON object',
    );
    expect(place.server.calls).toEqual([]);
  });

  test('opens no session: a session of another identity under its name', async () => {
    const place = await openPlace();
    const [dev, ops] = [identityAt(place), identityAt(place, { name: 'ops' })];
    await place.manager.saveKeys(dev, keys);
    await place.manager.saveKeys(ops, keys);
    await place.manager.login(ops);
    const stolen = (await place.keyring.get('atmos_r_ops@session')) ?? '';
    await place.keyring.set('atmos_r_dev@session', stolen);
    const error = await errorOf(place.manager.login(dev));
    expect(error.code).toBe('ERR_KEYRING_FOREIGN');
    expect(error.message).toContain('is the session of identity ops of realm r');
    expect(await place.keyring.get('atmos_r_dev@session')).toBe(stolen);
    expect(opened(place)).toBe(1);
  });

  test('opens no session: a keyring with another password', async () => {
    const place = await openPlace();
    const locked = new KeyringError('ERR_KEYRING_PASSWORD_WRONG', 'the password is wrong');
    const keyring = { ...place.keyring, get: () => Promise.reject(locked) };
    const other = await openPlace({ keyring });
    expect(await errorOf(other.manager.login(identityAt(other)))).toBe(locked);
    expect(other.server.calls).toEqual([]);
  });

  test('opens no session and reads nothing for an identity that needs missing trust', async () => {
    const place = await openPlace();
    const refused = new AtmosError('ERR_CONFIG_UNTRUSTED', 'not trusted');
    const untouched = () => Promise.reject(new Error('the keyring is not touched'));
    const context = {
      ...place.context,
      keyring: { ...place.keyring, get: untouched, keys: untouched },
      store: { ...place.context.store, read: untouched },
      requireTrust() {
        throw refused;
      },
    };
    const identity = identityAt(place, { spec: { endpoint_url: 'https://sts.example.com' } });
    const manager = createAuthManager(context);
    expect(await errorOf(manager.login(identity))).toBe(refused);
    expect(await errorOf(manager.whoami(identity))).toBe(refused);
  });
});

/** Root ignores file modes, so a separate file system is used for root. */
function makeReadOnly(mounted: string, directory: string): void {
  if (isRoot) {
    execFileSync('mount', ['-o', 'remount,ro', mounted]);
    return;
  }
  const places = [directory, join(directory, '.state'), join(directory, '.state', 'temporary')];
  for (const place of places) chmodSync(place, 0o500);
  onTestFinished(() => {
    for (const place of places) chmodSync(place, 0o700);
  });
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(1024));
  } catch {
    closeSync(file);
  }
}
