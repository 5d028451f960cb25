import { isAtmosError, systemErrorCode, type ErrorCode } from '../../core/errors.ts';
import { reasonOf } from '../../host/denial.ts';
import { readRegularFile } from '../../host/read-files.ts';
import {
  createClient,
  dataOf,
  type JsonObject,
  type Reply,
  type RequestOptions,
  type VaultClient,
} from './client.ts';
import { createAgentTokens } from './agent-tokens.ts';
import { conditionOf, errorsIn } from './conditions.ts';
import { createErrors, type VaultErrors } from './errors.ts';
import { openConnection, type ServerConnection, type ServerRequest } from './http.ts';
import { createTokens, inNamespace, type Tokens } from './login.ts';
import type { VaultContext } from './settings.ts';

// The server with a token: what a backend and an inspector ask of it.

/**
 * Errors whose reason may be the state of the server: a server that is not initialized says that it is
 * sealed, and without a token nothing was asked of it.
 */
const mayBeOfServer: ReadonlySet<ErrorCode> = new Set([
  'ERR_KEYRING_LOCKED',
  'ERR_KEYRING_PASSWORD_REQUIRED',
]);

/** A bundle of all public authorities is 0.2 MB. */
const maxCertificateBytes = 10 * 1024 * 1024;

export interface VaultServer {
  readonly errors: VaultErrors;
  /** Without a token and without the namespace. */
  readonly anonymous: VaultClient;
  readonly tokens: Tokens;
  /**
   * @param what the request, for the message about missing permission: `reading an entry`
   * @throws as {@link VaultClient.request}; ERR_KEYRING_PERMISSIONS, ERR_KEYRING_PASSWORD_REQUIRED
   */
  request(request: ServerRequest, what: string, options?: RequestOptions): Promise<Reply>;
  /**
   * What the server says of the token. Undefined if the token may not ask, as one without the policy
   * `default`.
   */
  lookUpToken(): Promise<JsonObject | undefined>;
  close(): void;
}

/** Only the first request accesses the machine. The address must not be missing. */
export function openServer(context: VaultContext): VaultServer {
  const { settings, host } = context;
  const errors = createErrors(settings);
  const url = settings.address?.value ?? '';
  const anonymous = createClient(url, createLazyConnection(context, errors), errors, host);
  const own = createTokens(context, anonymous, errors);
  // An existing token needs no login.
  const tokens = settings.login.method === 'token' ? own : createAgentTokens(context, own, errors);
  const namespace = settings.namespace?.value;

  /** Why a request was denied: its token is refused, or may not do that. */
  async function isTokenRefused(token: string, reply: Reply): Promise<boolean> {
    if (isAboutPolicies(reply)) return false;
    const path = 'auth/token/lookup-self';
    const lookUp = await anonymous.request(
      { method: 'GET', path, token, ...inNamespace(namespace) },
      { allowed: ['denied'] },
    );
    return conditionOf(lookUp.answer) === 'denied' && !isAboutPolicies(lookUp);
  }

  async function requestWithToken(
    request: ServerRequest,
    what: string,
    options: RequestOptions,
  ): Promise<Reply> {
    const allowed = [...(options.allowed ?? []), 'denied' as const];
    for (let isRepeated = false; ; isRepeated = true) {
      const token = await tokens.current();
      const whole = { ...request, token, ...inNamespace(namespace) };
      const reply = await anonymous.request(whole, { ...options, allowed });
      if (conditionOf(reply.answer) !== 'denied') return reply;
      if (!(await isTokenRefused(token, reply))) throw errors.denied(what);
      if (isRepeated) throw tokens.refusal();
      await tokens.replace(token);
    }
  }

  const server: VaultServer = {
    errors,
    anonymous,
    tokens,
    async request(request, what, options = {}) {
      try {
        return await requestWithToken(request, what, options);
      } catch (error) {
        if (isAtmosError(error) && mayBeOfServer.has(error.code)) await requireHealth(server);
        throw error;
      }
    },
    async lookUpToken() {
      try {
        const request = { method: 'GET', path: 'auth/token/lookup-self' } as const;
        return dataOf(await server.request(request, 'looking up the token'));
      } catch (error) {
        if (isAtmosError(error, 'ERR_KEYRING_PERMISSIONS')) return undefined;
        throw error;
      }
    },
    close() {
      tokens.forget();
      anonymous.close();
    },
  };
  return server;
}

/**
 * A server that knows the token says so in the form of a list of errors. For an unknown token both
 * servers answer with the bare words, and newer versions of HashiCorp Vault add "invalid token".
 */
export function isAboutPolicies({ answer: { text = '' } }: Reply): boolean {
  const said = errorsIn(text).join('\n');
  return (
    /^\d+ errors? occurred|preflight capability check/.test(said) && !/invalid token/.test(said)
  );
}

export interface Health {
  /** `2.7.2` */
  readonly version: string;
}

/**
 * The state of the server, without a token.
 *
 * @throws ERR_KEYRING_LOCKED if it is sealed; ERR_KEYRING_UNAVAILABLE if it is not initialized or
 *   cannot be reached; ERR_KEYRING_TIMEOUT; ERR_KEYRING_IO if it is another kind of server
 */
export async function requireHealth({ anonymous, errors }: VaultServer): Promise<Health> {
  const states = ['standbyok=true', 'perfstandbyok=true', 'sealedcode=200', 'uninitcode=200'];
  const path = `sys/health?${states.join('&')}`;
  const { body, answer } = await anonymous.request({ method: 'GET', path }, { isTriedOnce: true });
  const { initialized, sealed, version } = body;
  if (typeof initialized !== 'boolean' || typeof sealed !== 'boolean') {
    throw errors.unreadable('an answer without its state');
  }
  if (!initialized) throw errors.ofCondition('uninitialized', answer, 0);
  if (sealed) throw errors.ofCondition('sealed', answer, 0);
  return { version: typeof version === 'string' ? version : 'unknown' };
}

function createLazyConnection(context: VaultContext, errors: VaultErrors): ServerConnection {
  const { settings, host } = context;
  let connection: ServerConnection | undefined;
  function open(): ServerConnection {
    const { address, caCert, tlsServerName } = settings;
    return openConnection({
      url: new URL(address?.value ?? ''),
      host,
      ...(caCert === undefined ? {} : { certificates: readCertificates(caCert.value, errors) }),
      ...(tlsServerName === undefined ? {} : { serverName: tlsServerName.value }),
    });
  }
  return {
    async send(request) {
      connection ??= open();
      return connection.send(request);
    },
    close: () => connection?.close(),
  };
}

/** @throws ERR_KEYRING_IO */
function readCertificates(path: string, errors: VaultErrors): string {
  let text: string | undefined;
  try {
    text = readRegularFile(path, { maxBytes: maxCertificateBytes });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw errors.certificates(path, `cannot be read: ${reasonOf(code, path)}`);
  }
  if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw errors.certificates(path, 'are not a PEM file');
}
