import type { AuthPlan } from '../auth/plan.ts';
import type { Host } from '../host/host.ts';
import type { KeyringContext } from '../keyring/contract.ts';
import { isCertainlyOwn } from '../store/key.ts';

/** What the keyring of a plan is opened with: the inventory determines the owner of an entry. */
export function keyringContext(
  { realm, keyring }: Pick<AuthPlan, 'realm' | 'keyring'>,
  host: Host,
): KeyringContext {
  return { keyring, host, isOwnEntry: (key) => isCertainlyOwn(key, realm.value) };
}
