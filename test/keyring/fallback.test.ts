import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KeyringContext, KeyringSettings } from '../../src/keyring/contract.ts';
import { openWithFallback } from '../../src/keyring/fallback.ts';
import { environmentChoices, resolveKeyringSettings } from '../../src/keyring/settings.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const source = 'auth.keyring.fallback (/p/atmos.yaml:3:5)';

/**
 * A file keyring is unavailable if its directory is a file, and ready if its directory is missing.
 */
function contextOf(
  type: string,
  options: { fallback?: string[]; password?: string; isBroken?: boolean } = {},
): KeyringContext & { warnings: string[] } {
  const { fallback, password, isBroken } = options;
  const warnings: string[] = [];
  const directory = join(temporaryDirectory(), 'keyring');
  if (isBroken) writeFileSync(directory, 'a file');
  const keyring: KeyringSettings = {
    type: { value: type, source: 'auth.keyring.type (/p/atmos.yaml:2:5)' },
    spec: {
      path: { value: directory, source: 'default' },
      password_env: { value: 'PASSWORD', source: 'default' },
    },
    ...(fallback && { fallback: { value: fallback, source } }),
  };
  const env = password === undefined ? {} : { PASSWORD: password };
  return { keyring, host: fakeHost({ env }), warn: (line) => void warnings.push(line), warnings };
}

describe('an unavailable keyring', () => {
  test('throws its own error without a fallback', async () => {
    const context = contextOf('file', { isBroken: true, password: 'long enough' });
    const { keyring, insteadOf } = await openWithFallback(context);
    expect(keyring.info.type).toBe('file');
    expect(insteadOf).toBeUndefined();
    await expect(keyring.get('key')).rejects.toMatchObject({ code: 'ERR_KEYRING_IO' });
    expect(context.warnings).toEqual([]);
  });

  test('is replaced by the first available fallback, with one warning', async () => {
    const fallback = ['file', 'memory'];
    const context = contextOf('file', { isBroken: true, password: 'long enough', fallback });
    const { keyring, insteadOf } = await openWithFallback(context);
    expect(keyring.info.type).toBe('memory');
    const reason = `the keyring path ${String(context.keyring.spec['path']?.value)} is not a directory`;
    expect(insteadOf).toEqual({ type: 'file', reason });
    expect(context.warnings).toEqual([
      `the file keyring is unavailable (${reason}): using memory, as configured in ${source}`,
    ]);
  });

  test('throws its own error if its fallback is also unavailable', async () => {
    const context = contextOf('file', { isBroken: true, password: 'x', fallback: ['file'] });
    const { keyring, insteadOf } = await openWithFallback(context);
    expect(insteadOf).toBeUndefined();
    await expect(keyring.keys()).rejects.toMatchObject({ code: 'ERR_KEYRING_IO' });
    expect(context.warnings).toEqual([]);
  });
});

describe('an available keyring', () => {
  test.each([
    ['ready', { password: 'long enough' }],
    ['locked: it has no password', {}],
    ['locked: its password is empty', { password: '' }],
    ['locked: its new password is too short', { password: 'short' }],
  ])('is never replaced if it is %s', async (_, options) => {
    const context = contextOf('file', { ...options, fallback: ['memory'] });
    const { keyring, insteadOf } = await openWithFallback(context);
    expect(keyring.info.type).toBe('file');
    expect(insteadOf).toBeUndefined();
    expect(context.warnings).toEqual([]);
  });
});

test('an unknown type of the fallback is an error immediately', async () => {
  const context = contextOf('memory', { fallback: ['memroy'] });
  await expect(openWithFallback(context)).rejects.toMatchObject({
    code: 'ERR_KEYRING_UNKNOWN_TYPE',
    message: `unknown keyring type "memroy" (from ${source}): expected one of system, file, memory, vault`,
    hints: ['did you mean memory?'],
  });
});

describe('the fallback is configured by', () => {
  const file = {
    type: { value: 'system', source: 'atmos.yaml' },
    fallback: { value: ['file'], source: 'atmos.yaml' },
  };
  const settle = (env: Record<string, string>, choices: object) => {
    const host = fakeHost({ env });
    return resolveKeyringSettings([environmentChoices(host), choices]).fallback?.value;
  };

  test('the place that configures the type', () => {
    expect(settle({}, file)).toEqual(['file']);
  });

  test('the file if no place configures the type', () => {
    expect(settle({}, { fallback: file.fallback })).toEqual(['file']);
  });

  test('no place if ATMOS_KEYRING_TYPE sets the type', () => {
    expect(settle({ ATMOS_KEYRING_TYPE: 'system' }, file)).toBeUndefined();
  });
});
