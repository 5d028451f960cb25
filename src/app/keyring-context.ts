import type { AuthPlan } from '../auth/plan.ts';
import type { Host } from '../host/host.ts';
import type { KeyringContext } from '../keyring/contract.ts';
import { isCertainlyOwn, type Owner } from '../store/key.ts';

/** What the keyring of a plan is opened with: the inventory determines the owner of an entry. */
export function keyringContext(
  { realm, keyring }: Pick<AuthPlan, 'realm' | 'keyring'>,
  host: Host,
): KeyringContext {
  return { keyring, host, isOwnEntry: (key) => isCertainlyOwn(key, realm.value) };
}

/** Identities under a realm that is configured as well, but not the one in force. */
export function otherOwners({ config, realm }: AuthPlan, host: Host): Owner[] {
  const realms = [config?.realm?.value || undefined, host.env['ATMOS_AUTH_REALM']].filter(
    (other) => other !== undefined && other !== realm.value,
  );
  const names = [...(config?.identities ?? []), ...(config?.providers ?? [])].map(
    ({ name }) => name,
  );
  return realms.flatMap((other) => names.map((alias) => ({ realm: other ?? '', alias })));
}
