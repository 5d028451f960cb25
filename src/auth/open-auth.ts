import { requireTrust } from '../config/trust.ts';
import { withoutAbsent } from '../core/without-absent.ts';
import type { Host } from '../host/host.ts';
import type { Keyring, PromptPassword } from '../keyring/contract.ts';
import { openWithFallback, type OpenedKeyring } from '../keyring/fallback.ts';
import { mayUseFile } from '../keyring/settings.ts';
import { createCredentialStore } from '../store/credential-store.ts';
import type { Owner } from '../store/key.ts';
import type { AuthContext } from './context.ts';
import { createAuthManager, type AuthManager } from './manager.ts';
import type { AuthPlan } from './plan.ts';
import { passwordCommandNeed } from './trust-needs.ts';

export interface OpenAuthOptions {
  readonly host: Host;
  /** For callers that bring their own. */
  readonly keyring?: Keyring;
  readonly promptPassword?: PromptPassword;
  readonly mfaCode?: AuthContext['mfaCode'];
  warn(message: string): void;
}

export interface OpenAuth extends OpenedKeyring {
  readonly plan: AuthPlan;
  readonly manager: AuthManager;
}

/**
 * Opens the planned keyring, or its fallback, and puts the manager on top.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, ERR_CONFIG_UNTRUSTED (a password command nobody trusted)
 */
export async function openAuth(plan: AuthPlan, options: OpenAuthOptions): Promise<OpenAuth> {
  const { host, mfaCode } = options;
  const opened = options.keyring ? { keyring: options.keyring } : await openPlanned(plan, options);
  const { keyring } = opened;
  const store = createCredentialStore({
    keyring,
    realm: plan.realm.value,
    otherOwners: otherOwners(plan, host),
    host,
  });
  const manager = createAuthManager({
    host,
    keyring,
    store,
    realm: plan.realm,
    requireTrust: (need) => requireTrust(plan.config, need, host),
    warn: (message) => options.warn(message),
    ...withoutAbsent({ mfaCode }),
  });
  return { ...opened, plan, manager };
}

function openPlanned(
  { config, keyring: settings }: AuthPlan,
  { host, promptPassword, warn }: OpenAuthOptions,
): Promise<OpenedKeyring> {
  if (settings.passwordCommand && mayUseFile(settings)) {
    requireTrust(config, passwordCommandNeed(settings.passwordCommand), host);
  }
  return openWithFallback({ settings, host, warn, ...withoutAbsent({ promptPassword }) });
}

/** Identities under a realm that is configured as well, but not the one in force. */
function otherOwners({ config, realm }: AuthPlan, host: Host): Owner[] {
  const realms = [config?.realm?.value, host.env['ATMOS_AUTH_REALM']].filter(
    (other) => other !== undefined && other !== realm.value,
  );
  const names = [...(config?.identities ?? []), ...(config?.providers ?? [])].map(
    ({ name }) => name,
  );
  return realms.flatMap((other) => names.map((alias) => ({ realm: other ?? '', alias })));
}
