import type { Identity } from '../core/identity.ts';
import type { Sourced } from '../core/sourced.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import type { Owner } from '../store/key.ts';
import { strategyOf } from './registry.ts';
import type { MfaRequest, PreparedIdentity } from './strategy.ts';

/** What every operation of the manager works with. */
export interface AuthContext {
  readonly host: Host;
  readonly keyring: Keyring;
  readonly store: CredentialStore;
  readonly realm: Sourced<string>;
  /** Refuses an endpoint that nobody trusted. @throws ERR_CONFIG_UNTRUSTED */
  checkEndpoint(endpoint: { readonly url: string; readonly source: string }): void;
  /** A code of an MFA device; undefined when there is no other one to be had. */
  readonly mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
  /** For what a person should know, one line each. */
  warn(message: string): void;
}

/** Reads and checks an identity, its keys included. */
export async function prepareIdentity(context: AuthContext, identity: Identity): Promise<PreparedIdentity> {
  const { host, store } = context;
  const strategy = await strategyOf(identity);
  const prepared = await strategy.prepare({
    identity,
    host,
    readStoredKeys: async () => (await store.read(identity.name, 'key'))?.credentials ?? null,
    warn: (message) => context.warn(message),
  });
  if (prepared.endpoint) context.checkEndpoint(prepared.endpoint);
  return prepared;
}

export function ownerOf({ realm }: AuthContext, identity: Identity): Owner {
  return { realm: realm.value, alias: identity.name };
}
