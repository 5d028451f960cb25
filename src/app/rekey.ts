import { findConcernedStores, type ConcernedStore } from '../auth/keychain-stores.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import { requireTrust } from '../config/trust.ts';
import { AtmosError } from '../core/errors.ts';
import { setVariable } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type {
  KeyringCaller,
  NewPasswordSource,
  PasswordSources,
  PromptPassword,
  RekeyResult,
} from '../keyring/contract.ts';
import {
  locationOf,
  rekey,
  settleCapable,
  usableTypes,
  type SettledBackend,
} from '../keyring/registry.ts';
import type { Progress, StartProgress } from './copy-entries.ts';
import { keyringContext } from './keyring-context.ts';

export type { ConcernedStore } from '../auth/keychain-stores.ts';

export interface RekeyOptions {
  /** Undefined: the password is not changed, and only weak entries are encrypted again. */
  readonly newPassword: NewPasswordSource | undefined;
  /** Whether weak entries of other programs are encrypted again as well. */
  readonly includesOthers: boolean;
  readonly isDryRun: boolean;
}

export interface RekeyServices {
  readonly host: Host;
  readonly promptPassword: PromptPassword;
  readonly warn: NonNullable<KeyringCaller['warn']>;
  /** Called before anything changes for each store of Atmos that a new password affects. */
  concern(store: ConcernedStore): Promise<void>;
  readonly startProgress: StartProgress;
}

export interface Rekeyed {
  readonly result: RekeyResult;
  readonly stores: readonly ConcernedStore[];
  /** The keyring's directory. */
  readonly location: string;
  /** Where its password comes from. */
  readonly passwordSources: PasswordSources | undefined;
}

/**
 * Changes the password of the file keyring, of all entries or none. SIGINT, SIGTERM and SIGHUP
 * cancel the change until it is committed; after that it is completed.
 *
 * @throws ERR_USAGE for a keyring that is not a file keyring; ERR_CONFIG_UNTRUSTED; ERR_KEYRING_*
 */
export async function rekeyKeyring(
  plan: AuthPlan,
  { newPassword, includesOthers, isDryRun }: RekeyOptions,
  services: RekeyServices,
): Promise<Rekeyed> {
  const { host } = services;
  const settled = settleRekeyed(plan, host);
  const { backend, context } = settled;
  const stores = newPassword === undefined ? [] : await findConcernedStores(plan, settled, host);
  for (const store of stores) await services.concern(store);
  const leaving = new AbortController();
  const stopListening = host.onSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => leaving.abort());
  let progress: Progress | undefined;
  const { promptPassword, warn } = services;
  try {
    const result = await rekey(
      { backend, context: { ...context, promptPassword, warn } },
      {
        isDryRun,
        includesOthers,
        signal: leaving.signal,
        onProgress(done, total) {
          progress ??= services.startProgress({ doing: 're-encrypting', total });
          void progress.tell(done).catch(() => {});
        },
        ...(newPassword === undefined ? {} : { newPassword }),
      },
    );
    return {
      result,
      stores,
      location: locationOf(settled),
      passwordSources: backend.passwordSources?.(context.settings, host),
    };
  } finally {
    stopListening();
    await progress?.end();
  }
}

/** @throws ERR_USAGE, ERR_CONFIG_UNTRUSTED */
function settleRekeyed(plan: AuthPlan, host: Host): SettledBackend {
  const { keyring, config } = plan;
  const settled = settleCapable(keyringContext(plan, host), 'rekey');
  const { backend } = settled;
  if (!usableTypes(keyring).includes(backend.type)) {
    const { value: type, source } = keyring.type;
    throw new AtmosError(
      'ERR_USAGE',
      `the keyring type is ${type} (from ${source}), but only the password of a ${backend.type} keyring can be changed`,
      { hints: [setVariable('ATMOS_KEYRING_TYPE', backend.type)] },
    );
  }
  for (const occasion of [undefined, 'storing'] as const) {
    const needs = keyringNeeds(plan, host, occasion, [backend]);
    for (const need of needs) requireTrust(config, need, host);
  }
  return settled;
}
