import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { realHost } from '../../../src/host/real.ts';
import { openSystemKeyring } from '../../../src/keyring/system/backend.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';

function open(host: Partial<Host>) {
  return openSystemKeyring({
    type: { value: 'system', source: 'auth.keyring.type (/p/atmos.yaml:3:11)' },
    settings: undefined,
    host: fakeHost({ sleep: realHost().sleep, ...host }),
  });
}

describe('the system keyring on an unsupported system', () => {
  const reason = 'the system keyring of freebsd is not supported by this version of atmos-auth yet';

  test('fails at every call with hints for other types', async () => {
    const keyring = await open({ platform: 'freebsd' });
    const uses = [
      keyring.get('key'),
      keyring.set('key', 'value'),
      keyring.delete('key'),
      keyring.keys(),
    ];
    for (const error of await Promise.all(uses.map(errorOf))) {
      expect(error).toMatchObject({
        code: 'ERR_KEYRING_UNAVAILABLE',
        message: `${reason} (type system from auth.keyring.type (/p/atmos.yaml:3:11))`,
      });
      expect(error.hints).toEqual([
        expect.stringContaining('ATMOS_KEYRING_TYPE=file'),
        expect.stringContaining('ATMOS_KEYRING_TYPE=memory'),
      ]);
    }
    expect(await keyring.probe()).toEqual({ state: 'unavailable', reason });
    await keyring.close();
  });
});

test('the system keyring on macOS reports the missing program security and where its type was configured', async () => {
  const runProgram = async () => {
    throw Object.assign(new Error('spawn'), { code: 'ENOENT' });
  };
  const keyring = await open({ platform: 'darwin', runProgram });
  expect(await errorOf(keyring.get('key'))).toMatchObject({
    code: 'ERR_KEYRING_UNAVAILABLE',
    message:
      'cannot read from the system keyring: there is no /usr/bin/security (type system from auth.keyring.type (/p/atmos.yaml:3:11))',
  });
  expect(keyring.info).toEqual({ type: 'system', persistent: true, location: 'macOS keychain' });
});

test('the system keyring on Linux reports the missing bus and where its type was configured', async () => {
  const keyring = await open({ platform: 'linux' });
  expect(await errorOf(keyring.get('key'))).toMatchObject({
    code: 'ERR_KEYRING_UNAVAILABLE',
    message:
      'cannot read from the system keyring: there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set (type system from auth.keyring.type (/p/atmos.yaml:3:11))',
  });
  expect(await keyring.probe()).toMatchObject({ state: 'unavailable' });
  expect(keyring.info).toEqual({ type: 'system', persistent: true, location: 'Secret Service' });
  await keyring.close();
});

test.each(['linux', 'darwin', 'win32'] as const)(
  'the system keyring on %s checks entry names and values before it accesses the system',
  async (platform) => {
    const keyring = await open({ platform });
    const codeOf = async (use: Promise<unknown>) => (await errorOf(use)).code;
    expect(await codeOf(keyring.get('.hidden'))).toBe('ERR_KEYRING_INVALID_KEY');
    expect(await codeOf(keyring.delete('a\nb'))).toBe('ERR_KEYRING_INVALID_KEY');
    const large = 'x'.repeat(64 * 1024 + 1);
    expect(await codeOf(keyring.set('key', large))).toBe('ERR_KEYRING_TOO_LARGE');
    await expect(keyring.set('key', '\ud83d')).rejects.toThrow(TypeError);
  },
);
