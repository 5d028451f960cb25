import assert from 'node:assert/strict';
import type { Credential } from '../../../../src/keyring/system/windows/credential-manager.ts';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import { placeCase, type ContractCase, type KeyringPlace } from '../../../contract/place.ts';
import { openTestKeyring } from './open-keyring.ts';

/** Loads the API when a case runs, since only Windows has it. */
export async function realManager() {
  return (await import('../../../../src/keyring/system/windows/advapi.ts')).credentialManager;
}

/** All credentials of Atmos of this user. */
export async function storedCredentials(): Promise<Credential[]> {
  const manager = await realManager();
  return manager
    .list()
    .filter(({ targetName }) => targetName.endsWith(':atmos-auth'))
    .map(({ targetName }) => manager.read(targetName))
    .filter((credential) => credential !== undefined);
}

/** The Credential Manager of this user. It is empty before and after each case. */
export async function freshPlace(): Promise<KeyringPlace> {
  const found = (await storedCredentials()).map(({ targetName }) => targetName);
  assert.deepEqual(found, [], 'to be run by a user who has no entries of Atmos to lose');
  return {
    open: async () => openTestKeyring(),
    contents: storedCredentials,
    async remove() {
      const manager = await realManager();
      for (const { targetName } of await storedCredentials()) manager.remove(targetName);
    },
  };
}

/** A case with a keyring in Credential Manager. */
export function withKeyring(name: string, run: (keyring: Keyring) => Promise<void>): ContractCase {
  return placeCase(name, freshPlace, async (place) => run(await place.open()));
}
