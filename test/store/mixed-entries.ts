import { awsCredentials } from '../../src/core/credentials.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { formatEnvelope } from '../../src/store/envelope.ts';
import { itemKey } from '../../src/store/key.ts';

const realms = ['r', 'my_realm', '0123456789abcdef', 'default', ''];

/**
 * This many entries of every kind, by key: keys, sessions and tokens of several realms, entries of
 * Atmos without our own fields, types that only Atmos supports, names that must be escaped, long
 * values, and values that are not an envelope.
 */
export function mixedEntries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, number) => mixedEntry(number)));
}

function mixedEntry(number: number): [string, string] {
  const realm = realms[number % realms.length] ?? '';
  // With a slash and without a realm, a value that is not an envelope would be a secret of a store.
  const alias = number % 7 === 0 && number % 5 !== 4 ? `team/${number}%` : `identité-${number}`;
  const owner = { realm, alias };
  const id = `AKIA${String(number).padStart(16, '0')}`;
  const secret = `secret+${number}/`.padEnd(40, 'x');
  const data = { access_key_id: id, secret_access_key: secret };
  const key = awsCredentials({ accessKeyId: id, secretAccessKey: secret });
  const session = awsCredentials({
    ...key,
    sessionToken: 't'.repeat(400 + number),
    expiresAt: new Date('2026-01-01T12:00:00Z'),
  });
  const savedAt = new Date('2026-01-01T00:00:00Z');
  switch (number % 5) {
    case 0:
      return [
        itemKey(owner, 'key'),
        formatEnvelope({ ...owner, item: 'key', credentials: key, savedAt }),
      ];
    case 1:
      return [
        itemKey(owner, 'session'),
        formatEnvelope({ ...owner, item: 'session', credentials: session, savedAt }),
      ];
    case 2:
      return [
        itemKey(owner, 'token'),
        JSON.stringify({ type: 'oidc', data: { token: 'j'.repeat(number === 2 ? 60_000 : 600) } }),
      ];
    case 3:
      return [itemKey(owner, 'key'), JSON.stringify({ type: 'aws', data })];
    default:
      return [itemKey(owner, 'key'), number % 2 === 0 ? '' : `no envelope\n${number}\0`];
  }
}

/** The content of a keyring, by key. */
export async function contentsOf(keyring: Keyring): Promise<Record<string, string | null>> {
  const contents: Record<string, string | null> = {};
  for (const key of await keyring.keys()) contents[key] = await keyring.get(key);
  return contents;
}
