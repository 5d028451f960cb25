import { dependentsOf, planLinks, type Configured } from '../auth/chain.ts';
import { checkTrust, type AuthContext } from '../auth/context.ts';
import type { LinkPlan, SharedSlot } from '../clouds/contract.ts';
import { linkKindOf } from '../clouds/registry.ts';
import { isStoredType } from '../core/credentials.ts';
import { AtmosError, isAtmosError, isEntryError } from '../core/errors.ts';
import { titleOf, type Provider } from '../core/kind-config.ts';
import { itemKey, sharedTokenKey } from '../store/key.ts';
import type { LogoutResult, RemovedEntry } from './logout.ts';

export interface SignOutOptions {
  /** Remove nothing; only list what would be removed. */
  readonly isDryRun: boolean;
  /** Do not end the session at the service. */
  readonly isLocal: boolean;
}

const requestTimeoutMs = 10_000;

/**
 * Signs out of a provider: ends the session at its service, and removes its token and the sessions of
 * the identities that were opened with it. What can be removed is removed, also if the service
 * cannot be reached: this is then one of the failures. Nothing happens for a provider whose tokens
 * are not kept.
 *
 * @throws the keyring's errors, except those about a single entry
 */
export async function signOut(
  context: AuthContext,
  provider: Provider,
  options: SignOutOptions,
): Promise<LogoutResult> {
  const { configured = { identities: [], providers: [] } } = context;
  const failures: AtmosError[] = [];
  const collect = (error: unknown) => {
    if (!(error instanceof AtmosError)) throw error;
    failures.push(error);
  };
  const plan = await planOf(provider, configured, context).catch(collect);
  if (plan === undefined || typeof plan.slot === 'string') return { removed: [], failures };
  if (!options.isDryRun && !options.isLocal) {
    await endAtService(context, provider, { ...plan, slot: plan.slot }).catch(collect);
  }
  const removed = await removeAll(context, provider, plan.slot, options, (error) => {
    if (!isEntryError(error)) throw error;
    failures.push(error);
  });
  return { removed, failures };
}

/** Undefined for a kind that has kept nothing, as one that this version does not support. */
async function planOf(
  provider: Provider,
  { env }: Configured,
  { host }: AuthContext,
): Promise<LinkPlan | undefined> {
  try {
    const { gives } = await linkKindOf(provider);
    if (!isStoredType(gives)) return undefined;
    const [link] = await planLinks([provider], host.env, env);
    return link?.plan;
  } catch (error) {
    if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return undefined;
    throw error;
  }
}

async function endAtService(
  context: AuthContext,
  provider: Provider,
  { revoke, slot, name }: LinkPlan & { readonly slot: SharedSlot },
): Promise<void> {
  const { store, host } = context;
  if (revoke === undefined) return;
  const kept = await store.tokens.read(slot);
  if (kept === null) return;
  await checkTrust(context, provider);
  const { clockOffsetMs = 0 } = kept;
  try {
    await revoke(kept, { host, timeoutMs: requestTimeoutMs, clockOffsetMs });
  } catch (error) {
    if (!(error instanceof AtmosError)) throw error;
    const { code, message, hintValues, cause } = error;
    throw new AtmosError(
      code,
      `${titleOf(provider)}: the session at ${slot.issuer} was not ended: ${message}`,
      { hints: hintValues, cause },
    );
  }
  host.log('session.ended', { provider: name });
}

/** The token last, so that after an interruption the sessions are found again. */
async function removeAll(
  { keyring, store, configured = { identities: [], providers: [] } }: AuthContext,
  provider: Provider,
  slot: SharedSlot,
  { isDryRun }: SignOutOptions,
  onFailure: (error: unknown) => void,
): Promise<RemovedEntry[]> {
  const present = new Set(await keyring.keys());
  const removed: RemovedEntry[] = [];
  const remove = async (item: RemovedEntry, doRemove: () => Promise<boolean>) => {
    if (!present.has(item.key)) return;
    try {
      if (isDryRun || (await doRemove())) removed.push(item);
    } catch (error) {
      onFailure(error);
    }
  };
  for (const identity of await dependentsOf(provider, configured)) {
    const key = itemKey({ realm: store.realm, alias: identity }, 'session');
    const item = { key, realm: store.realm, identity, item: 'session' } as const;
    await remove(item, () => store.remove(identity, 'session'));
  }
  const key = sharedTokenKey(slot.id);
  const token = { key, realm: null, identity: provider.name, item: 'token' } as const;
  await remove(token, () => store.tokens.remove(slot));
  return removed;
}
