import { once } from 'node:events';
import { identityNamed } from './app/identity-named.ts';
import type { RemovedItem } from './app/logout.ts';
import type { ListedLink } from './app/list-links.ts';
import { openAuth, type SignIn } from './app/open.ts';
import type { RemovedFile } from './app/session-files.ts';
import type { Whoami } from './app/whoami.ts';
import { planAuth } from './auth/plan.ts';
import { configFromObject, loadConfig } from './auth/load-config.ts';
import type { Config } from './config/load.ts';
import { withoutAbsent } from './core/json.ts';
import type { Identity } from './core/kind-config.ts';
import type { Host } from './host/host.ts';
import { realHost } from './host/real.ts';
import { loadWindows } from './host/windows/load.ts';
import type { Keyring, PromptPassword } from './keyring/contract.ts';

export interface CreateAuthOptions {
  /**
   * The path of an atmos.yaml, or its content as an object. Without it, atmos.yaml is searched for
   * as on the command line.
   */
  readonly config?: string | object;
  /** A keyring of your own, or from `openKeyring`. Without it, the configured one. */
  readonly keyring?: Keyring;
  /** Gives the password of a file keyring, when no other source has it. */
  readonly promptPassword?: PromptPassword;
  /** Gives a code of an MFA device. Without it, identities with MFA need a session that is stored. */
  readonly mfaCode?: (request: { device: string; isRetry: boolean }) => Promise<string | undefined>;
  /**
   * Lets a person sign in on a page of a service. Without it no one is asked, and what needs a person
   * fails with ERR_AUTH_SIGN_IN_REQUIRED while no token is stored.
   */
  readonly signIn?: SignInCallbacks;
  /** Called with each warning. Default: warnings are dropped. */
  readonly onWarning?: (message: string) => void;
}

/** How a program lets a person sign in. The error of a rejected promise ends the sign-in. */
export interface SignInCallbacks {
  /**
   * Shows the page until the signal aborts. May resolve earlier.
   *
   * @param page with `code`, the person must compare it with the page before continuing; `named` is the
   *   provider: `provider corp`
   */
  showPage(
    page: {
      readonly url: URL;
      readonly code?: string;
      readonly named: string;
      readonly expiresAt: Date;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Opens the page in a browser on this machine, which can return to 127.0.0.1. Resolves to false if
   * none could be started. Without it, the person signs in with a code, unless the configuration says
   * otherwise.
   */
  openPage?(url: URL): Promise<boolean>;
  /**
   * Resolves to the address of the last page, which the person copies from a browser that cannot return
   * to 127.0.0.1. Rejects when the signal aborts. May be called again.
   */
  pasteAddress?(signal: AbortSignal): Promise<string>;
  /** The same for the code that the last page of an `aws/user` shows. */
  pasteCode?(signal: AbortSignal): Promise<string>;
}

/** A session in the form the AWS SDKs take as credentials. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Absent for credentials that do not expire. */
  readonly expiration?: Date;
}

export interface Auth {
  /** Opens a session where the stored one has little left, or always with `force`. */
  login(identity?: string, options?: { force?: boolean }): Promise<SessionCredentials>;
  /**
   * The same as `login` without options: what a credential provider of an SDK calls. Of the chain of an
   * identity, only the links are opened whose sessions have expired.
   */
  credentials(identity?: string): Promise<SessionCredentials>;
  /**
   * The providers and identities of the configuration, with the state of their sessions. Never prompts
   * and sends no request.
   */
  list(): Promise<readonly ListedLink[]>;
  whoami(identity?: string): Promise<Whoami>;
  /**
   * Removes the session, also where Atmos has it in plain files; with `includeKeys` the long-lived key
   * too.
   */
  logout(
    identity?: string,
    options?: { includeKeys?: boolean },
  ): Promise<(RemovedItem | RemovedFile)[]>;
  /** Forgets what is held in memory. A keyring that was given stays open. */
  close(): Promise<void>;
}

/**
 * Authentication for a program, without the command line. An identity that is not named is the
 * default one.
 *
 * @example
 * const auth = await createAuth({
 *   config: { auth: { identities: { deploy: { kind: 'aws/user', default: true } } } },
 *   keyring: await openKeyring({ type: 'file' }),
 * });
 * const s3 = new S3Client({ credentials: () => auth.credentials() });
 *
 * @throws ERR_CONFIG_* and ERR_KEYRING_UNKNOWN_TYPE; its methods throw the errors of the operations
 *   that they call, and a TypeError for an identity that is not text
 */
export async function createAuth(options: CreateAuthOptions = {}): Promise<Auth> {
  await loadWindows();
  const host = realHost();
  const { keyring, promptPassword, mfaCode, signIn, onWarning } = options;
  const config = await configOf(options, host);
  for (const warning of config.warnings) onWarning?.(warning);
  const plan = { ...planAuth(config, host), config };
  const opened = await openAuth(plan, {
    host,
    warn: (message) => onWarning?.(message),
    ask: {
      ...(mfaCode && { mfaCode: (request) => request.program?.() ?? mfaCode(request) }),
      ...(signIn && { signIn: signInOf(signIn) }),
    },
    ...withoutAbsent({ keyring, promptPassword }),
  });
  const { manager } = opened;

  function identityOf(name: string | undefined): Identity {
    // A program in JavaScript may pass anything.
    if (name !== undefined && typeof name !== 'string')
      throw new TypeError('identity must be text');
    return identityNamed(config, name);
  }

  async function login(name?: string, { force = false } = {}): Promise<SessionCredentials> {
    const { session, storeFailure } = await manager.login(identityOf(name), { force });
    if (storeFailure) onWarning?.(`the session could not be stored: ${storeFailure.message}`);
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = session.credentials;
    return {
      accessKeyId,
      secretAccessKey,
      ...withoutAbsent({ sessionToken, expiration: expiresAt }),
    };
  }

  return {
    login,
    credentials: (name) => login(name),
    list: () => manager.list(),
    whoami: async (name) => manager.whoami(identityOf(name)),
    async logout(name, { includeKeys = false } = {}) {
      // Most programs never log out.
      const { logoutIdentities } = await import('./app/logout-identities.ts');
      const names = [identityOf(name).name];
      const services = { host, confirm: async () => true };
      const request = { includeKeys, isDryRun: false, isLocal: false };
      const done = await logoutIdentities(plan, opened, names, request, services);
      if (done?.failure !== undefined) throw done.failure;
      const items = done?.removed.map(({ key, identity, item }) => ({ key, identity, item })) ?? [];
      return [...items, ...(done?.files.removed ?? [])];
    },
    async close() {
      if (keyring === undefined) await opened.keyring.close();
    },
  };
}

function signInOf(callbacks: SignInCallbacks): SignIn {
  const { openPage, pasteAddress, pasteCode } = callbacks;
  return {
    // A callback that never settles must not hold a sign-in that has ended.
    showPage: (page, signal) =>
      Promise.race([callbacks.showPage(page, signal), once(signal, 'abort').then(() => {})]),
    // The command of the configuration is for the command line.
    ...(openPage && { openPage: (url) => openPage.call(callbacks, url) }),
    ...(pasteAddress && { pasteAddress: (signal) => pasteAddress.call(callbacks, signal) }),
    ...(pasteCode && { pasteCode: (signal) => pasteCode.call(callbacks, signal) }),
  };
}

async function configOf({ config }: CreateAuthOptions, host: Host): Promise<Config> {
  if (typeof config === 'object') return configFromObject(config, host);
  if (config === undefined) return loadConfig({}, host);
  return loadConfig({ configFiles: [{ value: config, source: 'options.config' }] }, host);
}
