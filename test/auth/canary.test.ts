import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { writeHandle } from '../../src/auth/handle.ts';
import type { LoginResult } from '../../src/auth/login.ts';
import { KeyringError } from '../../src/core/errors.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { errorOf } from '../support/error-of.ts';
import { testPassword } from '../support/file-keyring.ts';
import type { StsScript } from '../support/sts-types.ts';
import { codes, codesOf, device, identityAt, keys, openPlace, user, type Place } from './place.ts';

const mfa = { mfa_arn: device };
const wrongCode = '577215';

/** A secret in all forms in which it could leak. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Base64 of the secret somewhere in the middle: without the letters that its neighbours change.
  const shifted = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(before === 0 ? 0 : before + 1).replace(/.{0,2}=*$/, '');
  });
  const hex = bytes.toString('hex');
  const escaped = [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  const escapedSlashes = secret.replaceAll('/', '\\/');
  return [secret, ...shifted, hex, hex.toUpperCase(), ...escaped, escapedSlashes];
}

const shown = (value: unknown) => [
  inspect(value, { depth: 20, showHidden: true, maxStringLength: null }),
  String(value),
  JSON.stringify(value) ?? '',
];

/** Everything that is written below a directory, including the names of files. */
function readTree(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return files.flatMap((file) => [
    file.name,
    ...(file.isFile() ? [readFileSync(join(file.parentPath, file.name), 'latin1')] : []),
  ]);
}

function expectNoneOf(secrets: readonly string[], texts: readonly string[]): void {
  const all = texts.join('\n');
  for (const form of secrets.flatMap(formsOf)) expect(all).not.toContain(form);
}

const secretsOf = ({ session: { credentials } }: LoginResult) => [
  credentials.secretAccessKey,
  credentials.sessionToken ?? '',
];

const known = [user.secretAccessKey, ...codes, wrongCode, testPassword];

test('the forms of a secret are found in text that contains it', () => {
  const secret = user.secretAccessKey;
  for (const before of ['', 'a', 'ab', 'abc']) {
    const text = Buffer.from(`${before}${secret}after`).toString('base64');
    expect(formsOf(secret).some((form) => text.includes(form))).toBe(true);
  }
  expect(() => expectNoneOf([secret], [`x ${encodeURIComponent(secret)}`])).toThrow(
    'not to contain',
  );
});

describe.each(['memory', 'file'] as const)('no secret leaks, with %s', (keyring) => {
  test('after successful operations', async () => {
    const place = await openPlace({ keyring, mfaCode: codesOf(wrongCode, ...codes).mfaCode });
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    const results = [
      await place.manager.login(identity),
      await place.manager.login(identity),
      await place.manager.login(identity, { force: true }),
    ];
    const seen: unknown[] = [...results, await place.manager.whoami(identity)];
    for (const item of ['key', 'session'] as const)
      seen.push(await place.context.store.read('dev', item));
    writeHandle(handleAt(place), ({ id }) => `credential_process = ${id}`, place.host);
    seen.push(await place.manager.logout(['dev'], { includeKeys: true, isDryRun: true }));

    const secrets = [...known, ...results.flatMap(secretsOf)];
    expectNoneOf(secrets, [...seen.flatMap(shown), ...place.warnings, ...readTree(place.root)]);
  });
});

describe('no secret is in the messages', () => {
  test('about a session that could not be stored', async () => {
    const memory = openMemoryKeyring();
    const full = new KeyringError('ERR_KEYRING_IO', 'no space left on the device');
    const set = (key: string, value: string) =>
      key.endsWith('@session') ? Promise.reject(full) : memory.set(key, value);
    const place = await openPlace({ keyring: { ...memory, set } });
    await place.manager.saveKeys(identityAt(place), keys);
    const result = await place.manager.login(identityAt(place));
    expect(result.storeFailure).toBe(full);
    expectNoneOf([...known, ...secretsOf(result)], [...shown(result), ...readTree(place.root)]);
  });

  const echo = `${user.secretAccessKey} ${encodeURIComponent(user.secretAccessKey)} ${wrongCode}`;

  test.each<[string, StsScript]>([
    ['a refusal of the key', { fail: { code: 'InvalidClientTokenId', message: echo } }],
    ['a refusal of the signature', { fail: { code: 'SignatureDoesNotMatch', message: echo } }],
    ['a denial', { fail: { code: 'AccessDenied', message: echo } }],
    ['a refusal of the code', { fail: { code: 'AccessDenied', message: `MFA token ${echo}` } }],
    ['anything else', { fail: { code: 'ValidationError', message: echo, status: 400 } }],
    ['a page', { raw: { contentType: 'text/html', body: `<p>${echo}</p>` } }],
    ['a code of its own making', { fail: { code: echo.slice(0, 30), message: echo } }],
    ['a broken answer', { raw: { body: `<GetSessionTokenResponse>${echo}` } }],
    ['a cut connection', { reset: true }],
  ])('about %s, from an endpoint that repeats the request', async (_, script) => {
    const place = await openPlace({ mfaCode: codesOf(wrongCode).mfaCode });
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    place.server.script({ ...script, times: 3 });
    const error = await errorOf(place.manager.login(identity));
    const whoami = await place.manager.whoami(identity);
    const said = [...shown(error), error.stack ?? '', ...shown(whoami), ...place.warnings];
    expectNoneOf(known, [...said, ...readTree(place.root)]);
  });

  test.each([wrongCode.slice(0, 5), `${wrongCode}6`, 'Canary'])(
    'about an invalid code: %s',
    async (code) => {
      const place = await openPlace({ mfaCode: codesOf(code).mfaCode });
      const identity = identityAt(place, { credentials: mfa });
      await place.manager.saveKeys(identity, keys);
      const error = await errorOf(place.manager.login(identity));
      expectNoneOf([code], [error.message, ...error.hints, ...readTree(place.root)]);
    },
  );

  test('about an invalid entry', async () => {
    const place = await openPlace();
    const secret = user.secretAccessKey;
    for (const entry of [
      secret,
      JSON.stringify({ type: secret, data: {} }),
      JSON.stringify({ type: 'aws', data: { access_key_id: secret } }),
      JSON.stringify({ type: 'aws', data: {}, realm: [secret] }),
      JSON.stringify({ type: 'aws', data: { secret_access_key: [secret] } }),
    ]) {
      await place.keyring.set('atmos_r_dev', entry);
      const error = await errorOf(place.manager.login(identityAt(place)));
      expect(error.code).toBe('ERR_STORE_INVALID');
      expectNoneOf([secret], [...shown(error), error.stack ?? '']);
    }
  });

  test('about an invalid configuration', async () => {
    const place = await openPlace();
    const secret = user.secretAccessKey;
    for (const credentials of [
      { secret_access_key: secret },
      { access_key_id: [secret], secret_access_key: secret },
      { access_key_id: secret, secret_access_key: { secret } },
    ]) {
      const error = await errorOf(place.manager.login(identityAt(place, { credentials })));
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expectNoneOf([secret], [...shown(error), error.stack ?? '']);
    }
  });
});

/** A handle as `env` writes it. */
function handleAt({ root }: Place) {
  const source = 'default';
  return {
    layers: [{ path: '/p/atmos.yaml', origin: 'explicit' as const }],
    directory: '/p',
    realm: 'r',
    identity: 'dev',
    keyring: {
      type: { value: 'file', source },
      spec: { path: { value: join(root, 'keyring/'), source } },
    },
  };
}
