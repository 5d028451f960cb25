import { expect, test } from 'vitest';
import { examineKeyring } from '../../src/app/doctor-keyring.ts';
import { KeyringError } from '../../src/core/errors.ts';
import { unlockKeyring } from '../../src/core/hint.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { createProbeKey, isStaleProbe } from '../../src/keyring/inspection.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { testStart } from '../support/fake-host.ts';
import { createKeyringContext } from '../support/file-keyring.ts';

const context = createKeyringContext({ directory: '/nonexistent' });

/** The findings for a keyring that is correct except for these methods. */
async function examine(
  lies: (honest: Keyring) => Partial<Keyring>,
  entries: readonly string[] = [],
) {
  const honest = openMemoryKeyring();
  for (const key of entries) await honest.set(key, `value of ${key}`);
  const seen: Record<string, string> = {};
  const findings = await examineKeyring(
    { keyring: { ...honest, ...lies(honest) }, context },
    { isOwn: () => true, onEntry: (key, value) => void (seen[key] = value) },
  );
  return { findings, seen, keys: await honest.keys() };
}

test('each entry, and nothing else, is passed to the visitor', async () => {
  const { findings, seen, keys } = await examine(() => ({}), ['a', 'b']);
  expect(findings.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'round-trip ok',
    'size-limit ok',
    'entries ok',
  ]);
  expect(seen).toEqual({ a: 'value of a', b: 'value of b' });
  expect(keys).toEqual(['a', 'b']);
});

test.each<[string, (honest: Keyring) => Partial<Keyring>, RegExp]>([
  [
    'gives back another value',
    ({ get }) => ({ get: async (key) => (await get(key))?.slice(1) ?? null }),
    /^reading an entry returned another value than was stored$/,
  ],
  ['lists nothing', () => ({ keys: async () => [] }), /^an existing entry was not listed$/],
  [
    'deletes nothing',
    () => ({ delete: async () => true }),
    /^an existing entry was not deleted \(atmos-auth-doctor-probe-\d+-[0-9a-f]{8}\)$/,
  ],
  [
    'drops all',
    () => ({ set: async () => {} }),
    /^reading an entry returned another value .*; an existing entry was not listed; an existing entry was not deleted /,
  ],
])('a keyring that %s is reported', async (_, lies, message) => {
  const { findings } = await examine(lies);
  expect(findings[0]).toMatchObject({ id: 'round-trip', state: 'problem' });
  expect(findings[0]?.message).toMatch(message);
});

test('a probe that a failed write has stored is removed', async () => {
  const { findings, keys } = await examine(({ set }) => ({
    async set(key, value) {
      await set(key, value);
      throw new KeyringError('ERR_KEYRING_IO', 'the device reports an error');
    },
  }));
  expect(findings[0]).toMatchObject({ id: 'round-trip', message: 'the device reports an error' });
  expect(keys).toEqual([]);
});

test('an error that affects all parts is reported once', async () => {
  let calls = 0;
  const refuse = async () => {
    calls++;
    throw new KeyringError('ERR_KEYRING_LOCKED', 'it is locked', { hints: [unlockKeyring] });
  };
  const { findings } = await examine(() => ({ set: refuse, get: refuse, delete: refuse }), ['a']);
  expect(findings).toEqual([
    { id: 'round-trip', state: 'problem', message: 'it is locked', hints: [unlockKeyring] },
  ]);
  expect(calls).toBe(1);
});

test('an error that is not about the keyring is not a finding', async () => {
  const fail = async () => {
    throw new TypeError('a mistake of ours');
  };
  await expect(examine(() => ({ set: fail }))).rejects.toThrow(TypeError);
});

test('a probe is recognized by its name, which contains its time', () => {
  const key = createProbeKey(testStart);
  const after = (minutes: number) => new Date(testStart.getTime() + minutes * 60_000);
  expect(isStaleProbe(key, after(9))).toBe(false);
  expect(isStaleProbe(key, after(11))).toBe(true);
  for (const other of ['atmos_r_dev', `${key}0`, `x${key}`, 'atmos-auth-doctor-probe-'])
    expect(isStaleProbe(other, after(11))).toBe(false);
});
