import type { MfaRequest, PreparedIdentity } from '../clouds/contract.ts';
import { strategyOf } from '../clouds/registry.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { adoptFrom } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Identity, Occasion, TrustNeed } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import type { ConfiguredNames } from '../store/inventory.ts';
import { otherRealmsOf, type Owner } from '../store/key.ts';
import { identityNeeds } from './trust-needs.ts';

/** What every operation of the manager works with. */
export interface AuthContext {
  readonly host: Host;
  readonly keyring: Keyring;
  readonly store: CredentialStore;
  readonly realm: Sourced<string>;
  /** The names that the configuration has. */
  readonly configured?: ConfiguredNames;
  /** Refuses what a project's file asks for, as long as nobody trusts it. @throws ERR_CONFIG_UNTRUSTED */
  requireTrust(need: TrustNeed): void;
  /** Refuses to store anything under a password that a project's file has chosen. @throws as above */
  requireStorable(): void;
  /** A code of an MFA device; undefined when there is no other one to be had. */
  readonly mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
  /** For what a person should know, one line each. */
  warn(message: string): void;
}

/**
 * Reads and checks an identity, its keys included.
 *
 * @throws ERR_CONFIG_UNTRUSTED before anything is read, and what preparing gives
 */
export async function prepareIdentity(
  context: AuthContext,
  identity: Identity,
): Promise<PreparedIdentity> {
  const { host, store, keyring } = context;
  await checkTrust(context, identity);
  const strategy = await strategyOf(identity);
  const readStoredKeys = async () => (await store.read(identity.name, 'key'))?.credentials ?? null;
  const isStoreLasting = keyring.info.persistent;
  const warn = (message: string) => context.warn(message);
  try {
    return await strategy.prepare({ identity, host, readStoredKeys, isStoreLasting, warn });
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_MISSING')) throw error;
    throw await withOtherRealms(context, identity, error);
  }
}

/**
 * Whether all that using the identity does is trusted.
 *
 * @param occasion what it is about to do. Default: what it does in any case
 * @throws ERR_CONFIG_UNTRUSTED
 */
export async function checkTrust(
  { requireTrust }: Pick<AuthContext, 'requireTrust'>,
  identity: Identity,
  occasion?: Occasion,
): Promise<void> {
  const needs = await identityNeeds(identity);
  for (const need of needs) if (need.occasion === occasion) requireTrust(need);
}

/**
 * A checkout that was moved has another realm, and so has every checkout and machine that shares a
 * keyring: the keys are there, but under another one.
 */
async function withOtherRealms(
  { keyring, store }: AuthContext,
  { name }: Identity,
  error: AtmosError,
): Promise<AtmosError> {
  const realms = otherRealmsOf(name, await keyring.keys(), store.realm);
  if (realms.length === 0) return error;
  const found = realms.map((realm) => `realm ${realm}`).join(', ');
  return new AtmosError(
    error.code,
    `${error.message} in realm ${store.realm}; credentials exist under ${found}`,
    { hints: [...realms.map((realm) => adoptFrom([name], realm)), ...error.hintValues] },
  );
}

export function ownerOf({ realm }: AuthContext, identity: Identity): Owner {
  return { realm: realm.value, alias: identity.name };
}
