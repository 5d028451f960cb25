import { describe, expect, test } from 'vitest';
import { termsOf } from '../../src/auth/chain.ts';
import { isReusable, remainingMs, storedSession, type Session } from '../../src/auth/session.ts';
import { awsCredentials, type AwsCredentials } from '../../src/core/credentials.ts';
import { fakeHost } from '../support/fake-host.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { createCredentialStore } from '../../src/store/credential-store.ts';
import { hours, minutes, testStart } from './place.ts';

const later = (milliseconds: number) => new Date(testStart.getTime() + milliseconds);

const fields = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
};

/** A session saved at the start of the test's time by the local clock, valid for `lifeMs`. */
function sessionOf(
  lifeMs: number,
  clockOffsetMs = 0,
  savedAt: Date | null = testStart,
): Session<AwsCredentials> {
  const expiresAt = later(lifeMs + clockOffsetMs);
  return {
    credentials: Object.assign(awsCredentials(fields), { expiresAt }),
    clockOffsetMs,
    limits: [],
    ...(savedAt ? { savedAt } : {}),
  };
}

describe('a session is reused while 15 minutes or a quarter of a shorter lifetime remain', () => {
  test.each<[string, number, number, boolean]>([
    ['12 hours, all of it', 12 * hours, 12 * hours, true],
    ['12 hours, 15 minutes', 12 * hours, 15 * minutes, true],
    ['12 hours, a moment less', 12 * hours, 15 * minutes - 1, false],
    ['an hour, 15 minutes', 60 * minutes, 15 * minutes, true],
    ['15 minutes, all of it', 15 * minutes, 15 * minutes, true],
    ['15 minutes, a quarter', 15 * minutes, 225_000, true],
    ['15 minutes, a moment less', 15 * minutes, 224_999, false],
    ['12 hours, nothing', 12 * hours, 0, false],
    ['12 hours, over', 12 * hours, -1, false],
  ])('%s', (_, lifeMs, leftMs, isGood) => {
    for (const clockOffsetMs of [0, 20 * minutes, -20 * minutes]) {
      const session = sessionOf(lifeMs, clockOffsetMs);
      const now = later(lifeMs - leftMs);
      expect(remainingMs(session, now)).toBe(leftMs);
      expect(isReusable(session, now)).toBe(isGood);
    }
  });

  test('by the clock of the server, not by the local clock', () => {
    const ours = sessionOf(60 * minutes);
    expect(isReusable(ours, later(50 * minutes))).toBe(false);
    const behind = { ...ours, clockOffsetMs: -20 * minutes };
    expect(isReusable(behind, later(50 * minutes))).toBe(true);
    const ahead = { ...behind, clockOffsetMs: 20 * minutes };
    expect(isReusable(ahead, later(35 * minutes))).toBe(false);
  });

  test('with 15 minutes if its lifetime is unknown', () => {
    const session = sessionOf(15 * minutes, 0, null);
    expect(isReusable(session, testStart)).toBe(true);
    expect(isReusable(session, later(1))).toBe(false);
  });

  test('never if it expired before it was saved', () => {
    const session = sessionOf(-5 * minutes);
    expect(isReusable(session, testStart)).toBe(false);
    expect(isReusable(session, later(-4 * minutes))).toBe(false);
  });
});

describe('the session in the store', () => {
  const chain = termsOf({ kind: 'aws/user', fingerprint: { 'spec.x': { value: 'a' } } });
  const link = { plan: { name: 'dev', slot: 'own' as const }, ...chain };
  const fingerprint = chain.chainFingerprint;
  const host = fakeHost({ now: () => testStart });

  function open() {
    const keyring = openMemoryKeyring();
    const store = createCredentialStore({ keyring, realm: 'r', otherOwners: [], host });
    return { keyring, store };
  }

  test('is read with its time, clock offset and limits', async () => {
    const { store } = open();
    const { credentials } = sessionOf(12 * hours);
    const notes = { ...chain, clockOffsetMs: -1500, limits: ['without MFA, AWS refuses …'] };
    await store.write('dev', 'session', credentials, notes);
    expect(await storedSession(store, link)).toEqual({
      session: {
        credentials,
        clockOffsetMs: -1500,
        savedAt: testStart,
        limits: ['without MFA, AWS refuses …'],
      },
    });
  });

  test.each<[string, object, object]>([
    ['nothing is there', {}, {}],
    ['it does not say what it was opened for', { chain_fingerprint: undefined }, {}],
    ['it has no expiry', {}, { expiration: undefined }],
    ['its expiry is empty', {}, { expiration: '' }],
    ['it has no token', {}, { session_token: undefined }],
  ])('is ignored if %s', async (what, own, data) => {
    const { keyring, store } = open();
    if (what !== 'nothing is there') {
      const complete = {
        access_key_id: fields.accessKeyId,
        secret_access_key: fields.secretAccessKey,
        session_token: fields.sessionToken,
        expiration: '2026-01-01T12:00:00Z',
      };
      const entry = { type: 'aws', data: { ...complete, ...data }, chain_fingerprint: fingerprint };
      await keyring.set('atmos_r_dev@session', JSON.stringify({ ...entry, ...own }));
    }
    expect(await storedSession(store, link)).toEqual({});
  });

  test.each<[string, object | undefined, string]>([
    [
      'had all of those that it names',
      { 'spec.x': { value: 'a' } },
      'a setting changed after the session was opened',
    ],
    [
      'names none, as version 0.1.0',
      undefined,
      'an earlier version of this program opened the session',
    ],
    ['had another value', { 'spec.x': { value: 'b' } }, ': spec.x was b and is now a'],
    ['had none', { 'spec.x': { value: null } }, ': spec.x was not set and is now a'],
    [
      'had one that another setting has now, and a value that is not shown',
      { 'spec.x': { value: 'secret', shown: '<value of !env X>' }, 'spec.y': { value: 7 } },
      ': spec.x was <value of !env X> and is now a; spec.y was 7 and is now not set',
    ],
  ])('names the setting that changed if it %s', async (_, settings, named) => {
    const { keyring, store } = open();
    const data = {
      access_key_id: fields.accessKeyId,
      secret_access_key: fields.secretAccessKey,
      session_token: fields.sessionToken,
      expiration: '2026-01-01T12:00:00Z',
    };
    const own = { chain_fingerprint: 'beef', chain_settings: settings };
    await keyring.set('atmos_r_dev@session', JSON.stringify({ type: 'aws', data, ...own }));
    expect(await storedSession(store, link)).toEqual({
      changed: named.replace(/^:/, 'a setting changed after the session was opened:'),
    });
  });

  test('counts as expired if its expiry cannot be parsed', async () => {
    const { keyring, store } = open();
    const data = {
      access_key_id: fields.accessKeyId,
      secret_access_key: fields.secretAccessKey,
      session_token: fields.sessionToken,
      expiration: 'tomorrow',
    };
    const entry = { type: 'aws', data, chain_fingerprint: fingerprint };
    await keyring.set('atmos_r_dev@session', JSON.stringify(entry));
    const { session } = await storedSession(store, link);
    expect(session && isReusable(session, testStart)).toBe(false);
  });

  test('is an error if it cannot be read', async () => {
    const { keyring, store } = open();
    await keyring.set('atmos_r_dev@session', 'text');
    await expect(storedSession(store, link)).rejects.toMatchObject({
      code: 'ERR_STORE_INVALID',
      message: 'the entry atmos_r_dev@session cannot be used: it is not a JSON object',
    });
  });
});
