import { planTrusted, type AuthContext } from '../auth/context.ts';
import {
  login,
  signIn,
  type LoginOptions,
  type LoginResult,
  type SignInResult,
} from '../auth/login.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { sessionFilesOf } from '../auth/shared-session.ts';
import { createProjectPlace } from '../auth/project-place.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import type { MfaRequest, SignIn } from '../clouds/contract.ts';
import { requireTrust } from '../config/trust.ts';
import type { AwsCredentials } from '../core/credentials.ts';
import type { Hint } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity, Provider } from '../core/kind-config.ts';
import type { Pace } from '../core/pace.ts';
import { ownSecretVariables } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import { beforeSet } from '../keyring/bulk.ts';
import type { Keyring, KeyringCaller, PromptPassword } from '../keyring/contract.ts';
import { secretVariablesOf, settleBackend, usableBackends } from '../keyring/registry.ts';
import { createCredentialStore } from '../store/credential-store.ts';
import { openKeyrings, type OpenedKeyrings } from '../store/sessions-keyring.ts';
import { checkConfigurable, saveKeys, verifyKeys } from './configure-key.ts';
import { keyringContext, otherOwners } from './keyring-context.ts';
import type { ListedLink } from './list-links.ts';
import type { ProvisionOptions, ProvisionResult } from './provision.ts';
import { logout, type LogoutOptions, type LogoutResult } from './logout.ts';
import type { SignOutOptions, SignOutResult } from './sign-out.ts';
import { describeIdentity, whoami, type IdentityDescription, type Whoami } from './whoami.ts';

export type { MfaRequest, SignIn };

export interface OpenAuthOptions {
  readonly host: Host;
  /** For callers that bring their own. */
  readonly keyring?: Keyring;
  readonly promptPassword?: PromptPassword;
  readonly passwordTyped?: NonNullable<KeyringCaller['passwordTyped']>;
  readonly canUnlock?: boolean;
  /** Spreads the calls of many logins over time. Default: each is sent at once. */
  readonly pace?: Pace;
  /** The command that uses identities, for `auth.audit`: `exec`. Absent: a Node program. */
  readonly command?: string;
  /** Prompts for the user. Default: no prompts. */
  readonly ask?: AuthContext['ask'];
  /** @param hints commands that fix it. Default: none */
  warn(message: string, hints?: readonly Hint[]): void;
}

export interface OpenAuth extends OpenedKeyrings {
  readonly plan: AuthPlan;
  readonly manager: AuthManager;
  /**
   * For a command that stores, before it asks for anything. `keyring.set` checks the same.
   *
   * @throws ERR_CONFIG_UNTRUSTED for a file keyring whose password the author of a project's file can know
   */
  requireStorable(): void;
}

/**
 * Opens the planned keyring or its fallback, and creates the manager for it.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, ERR_CONFIG_UNTRUSTED (a password command that is not trusted)
 */
export async function openAuth(plan: AuthPlan, options: OpenAuthOptions): Promise<OpenAuth> {
  const { host, ask = {} } = options;
  const opened = options.keyring ? { keyring: options.keyring } : await openPlanned(plan, options);
  const requireStorable = options.keyring ? () => {} : storingGuard(plan, opened, options);
  const keyring = beforeSet(opened.keyring, requireStorable);
  const store = createCredentialStore({
    keyring,
    realm: plan.realm.value,
    otherOwners: otherOwners(plan, host),
    host,
  });
  const manager = createAuthManager({
    host,
    commandEnv: commandEnvironment(plan, host),
    keyring,
    store,
    realm: plan.realm,
    requireTrust: (need) => requireTrust(plan.config, need, host),
    requireStorable,
    warn: (message) => options.warn(message),
    ask,
    ...withoutAbsent({
      configured: plan.config,
      sessionFiles: sessionFilesOf(plan.config),
      pace: options.pace,
    }),
  });
  return {
    ...opened,
    keyring,
    plan,
    manager: await recorded(manager, plan, options),
    requireStorable,
  };
}

/** With `auth.audit`, the manager records each use of an identity. */
async function recorded(
  manager: AuthManager,
  { config }: AuthPlan,
  { host, command }: OpenAuthOptions,
): Promise<AuthManager> {
  const said = config?.auditFile;
  if (config === undefined || said === undefined) return manager;
  // Loaded lazily, because few configurations have it.
  const { recordUses } = await import('./audit.ts');
  return { ...manager, login: recordUses(manager.login, { config, said, command, host }) };
}

/**
 * Opens a session. If it cannot be stored, it is still returned, with a warning. Closes the
 * keyring: the program that gets the session may run for a long time, and the password must not
 * stay in memory.
 */
export async function sessionOf(
  { keyring, manager }: Pick<OpenAuth, 'keyring' | 'manager'>,
  identity: Identity,
  options: LoginOptions,
  warn: (message: string) => Promise<void>,
): Promise<LoginResult> {
  try {
    const result = await manager.login(identity, options);
    const { storeFailure } = result;
    if (storeFailure)
      await warn(`the session is used, but could not be stored: ${storeFailure.message}`);
    return result;
  } finally {
    await keyring.close();
  }
}

function openPlanned(
  plan: AuthPlan,
  { host, promptPassword, passwordTyped, canUnlock, warn }: OpenAuthOptions,
): Promise<OpenedKeyrings> {
  for (const need of keyringNeeds(plan, host)) requireTrust(plan.config, need, host);
  const asking = withoutAbsent({ promptPassword, passwordTyped, canUnlock });
  return openKeyrings({ ...keyringContext(plan, host), warn, ...asking });
}

/** What a command of the configuration gets: no password of the keyring and no MFA code. */
export function commandEnvironment({ keyring }: AuthPlan, { env }: Host): Host['env'] {
  const secret = new Set([...ownSecretVariables, ...secretVariablesOf(keyring)]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secret.has(name)));
}

/** Checks once, at the first call. */
function storingGuard(
  plan: AuthPlan,
  { keyring }: OpenedKeyrings,
  { host, warn }: OpenAuthOptions,
): () => void {
  let isChecked = false;
  return () => {
    if (isChecked) return;
    const { config } = plan;
    const type = { ...plan.keyring.type, value: keyring.info.type };
    const { backend, context } = settleBackend(keyringContext(plan, host), type);
    const { fallback: _, ...settings } = plan.keyring;
    const backends = usableBackends({ ...settings, type });
    for (const need of keyringNeeds(plan, host, 'storing', backends)) {
      requireTrust(config, need, host);
    }
    const notice = backend.storingNotice?.(context.settings, createProjectPlace(config, host));
    if (notice !== undefined) warn(notice);
    isChecked = true;
  };
}

/** What can be done with identities. Each operation documents its own errors. */
export interface AuthManager {
  login(identity: Identity, options?: LoginOptions): Promise<LoginResult>;
  signIn(provider: Provider, options?: Pick<LoginOptions, 'force'>): Promise<SignInResult>;
  /** Lists and keeps the identities that the provider offers. */
  provision(provider: Provider, options: ProvisionOptions): Promise<ProvisionResult>;
  signOut(provider: Provider, options: SignOutOptions): Promise<SignOutResult>;
  /** What is known without its key and its session. */
  describe(identity: Identity): Promise<IdentityDescription>;
  whoami(identity: Identity): Promise<Whoami>;
  list(): Promise<readonly ListedLink[]>;
  /** Takes names of identities and providers, which may no longer be configured. */
  logout(aliases: readonly string[], options: LogoutOptions): Promise<LogoutResult>;
  checkConfigurable(identity: Identity): Promise<void>;
  verifyKeys(
    identity: Identity,
    keys: AwsCredentials,
    timeoutMs: number,
  ): Promise<{ arn: string; account: string }>;
  saveKeys(identity: Identity, keys: Omit<AwsCredentials, 'type'>): Promise<void>;
}

export function createAuthManager(context: AuthContext): AuthManager {
  return {
    login: (identity, options) => login(context, identity, options),
    signIn: (provider, options) => signIn(context, provider, options),
    // Loaded lazily, because few providers list identities.
    provision: async (provider, options) =>
      (await import('./provision.ts')).provision(context, provider, options),
    // Loaded lazily, because most programs do not log out.
    signOut: async (provider, options) =>
      (await import('./sign-out.ts')).signOut(context, provider, options),
    describe: async (identity) => describeIdentity(await planTrusted(context, identity)),
    whoami: (identity) => whoami(context, identity),
    // Loaded lazily, because most programs use one identity that they know.
    list: async () => (await import('./list-links.ts')).listLinks(context),
    logout: (aliases, options) => logout(context, aliases, options),
    checkConfigurable: (identity) => checkConfigurable(context, identity),
    verifyKeys: (identity, keys, timeoutMs) => verifyKeys(context, identity, keys, timeoutMs),
    saveKeys: (identity, keys) => saveKeys(context, identity, keys),
  };
}
