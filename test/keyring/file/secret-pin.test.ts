import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  acceptSecret,
  comparePin,
  pinPath,
  readPin,
  writePin,
  type Pin,
} from '../../../src/keyring/file/secret-pin.ts';
import { createSecret, fingerprintOf } from '../../../src/keyring/file/shared-secret.ts';
import { thrownBy } from '../../support/error-of.ts';
import { createTeam, readerContext } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const [one, two, three] = ['age1a', 'age1b', 'age1c'] as const;
const shared = { secret: createSecret(), revision: 2, readers: [one, two], earlier: [] };
const other = { ...shared, secret: createSecret() };
const pin: Pin = {
  fingerprint: fingerprintOf(shared.secret),
  revision: 2,
  readers: [one, two],
  earlier: [fingerprintOf(other.secret)],
};

test.each([
  ['unknown', undefined, shared],
  ['accepted', pin, shared],
  ['readers-changed', pin, { ...shared, revision: 3, readers: [one, two, three] }],
  // Two machines that were not synchronized have each added a reader.
  ['readers-changed', pin, { ...shared, readers: [one, three] }],
  ['readers-changed', { ...pin, earlier: [], next: fingerprintOf(other.secret) }, other],
  ['changed', { ...pin, earlier: [] }, other],
  ['older-secret', pin, other],
  ['older-readers', pin, { ...shared, revision: 1, readers: [one] }],
] as const)('the state is %s', (state, record, found) => {
  expect(comparePin(record, found)).toBe(state);
});

async function openPlace() {
  const { directory, machine } = createTeam(temporaryDirectory());
  return readerContext(directory, await machine('ann'));
}

test('a record is private, contains no secret, and is read as it was written', async () => {
  const place = await openPlace();
  expect(readPin(place)).toBeUndefined();
  writePin(place, { ...pin, next: fingerprintOf(other.secret) });
  expect(readPin(place)).toEqual({ ...pin, next: fingerprintOf(other.secret) });
  const path = pinPath(place);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toContain(shared.secret);
  expect(readdirSync(join(path, '..'))).toHaveLength(1);
});

test('an accepted secret makes the one before an earlier one', async () => {
  const place = await openPlace();
  acceptSecret(place, other, undefined);
  acceptSecret(place, { ...shared, earlier: ['0'.repeat(32)] }, readPin(place));
  expect(readPin(place)?.earlier.toSorted()).toEqual(
    ['0'.repeat(32), fingerprintOf(other.secret)].toSorted(),
  );
});

test('a record needs a home directory', async () => {
  const place = await openPlace();
  const { homeDirectory: _, ...host } = place.host;
  const error = thrownBy(() =>
    readPin({ ...place, host: { ...host, homeDirectory: undefined, env: {} } }),
  );
  expect(error.code).toBe('ERR_USAGE');
  expect(error.message).toContain('no home directory for the record of an accepted keyring');
});
