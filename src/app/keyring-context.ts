import type { AuthPlan } from '../auth/plan.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import { findRefusal } from '../config/trust.ts';
import type { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { KeyringContext } from '../keyring/contract.ts';
import { usableBackends } from '../keyring/registry.ts';
import { isCertainlyOwn, type Owner } from '../store/key.ts';

/** What the keyring of a plan is opened with: the inventory determines the owner of an entry. */
export function keyringContext(
  { realm, keyring }: Pick<AuthPlan, 'realm' | 'keyring'>,
  host: Host,
): KeyringContext {
  return { keyring, host, isOwnEntry: (key) => isCertainlyOwn(key, realm.value) };
}

/**
 * Why a command may not even look at the keyring: each look would send requests to a server that an
 * untrusted file names. Undefined if it may.
 */
export function findContactRefusal(
  plan: Pick<AuthPlan, 'config' | 'keyring'>,
  host: Host,
): AtmosError | undefined {
  const { config, keyring } = plan;
  const remote = usableBackends(keyring).filter(({ isRemote }) => isRemote);
  if (config === undefined || remote.length === 0) return undefined;
  return keyringNeeds(plan, host, undefined, remote)
    .map((need) => findRefusal(config, need, host))
    .find((refusal) => refusal !== undefined);
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
