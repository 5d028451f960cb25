import { checkConfigurable, saveKeys, verifyKeys } from '../app/configure-key.ts';
import { logout, type LogoutOptions, type RemovedItem } from '../app/logout.ts';
import { whoami, type Whoami } from '../app/whoami.ts';
import type { AwsCredentials } from '../core/credentials.ts';
import type { Identity } from '../core/kind-config.ts';
import type { AuthContext } from './context.ts';
import { login, type LoginOptions, type LoginResult } from './login.ts';

/** What can be done with identities. Each operation says its own errors. */
export interface AuthManager {
  login(identity: Identity, options?: LoginOptions): Promise<LoginResult>;
  whoami(identity: Identity): Promise<Whoami>;
  /** By the names of identities and providers: they need not be configured any more. */
  logout(aliases: readonly string[], options: LogoutOptions): Promise<RemovedItem[]>;
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
    whoami: (identity) => whoami(context, identity),
    logout: (aliases, options) => logout(context, aliases, options),
    checkConfigurable: (identity) => checkConfigurable(context, identity),
    verifyKeys: (identity, keys, timeoutMs) => verifyKeys(context, identity, keys, timeoutMs),
    saveKeys: (identity, keys) => saveKeys(context, identity, keys),
  };
}
