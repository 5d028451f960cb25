import { say, type Hint } from '../../core/hint.ts';
import { isObject, withoutAbsent } from '../../core/json.ts';
import { sha256 } from '../../core/sha256.ts';
import type { KeyringError } from '../../core/errors.ts';
import { identifyLogin } from './agent-subject.ts';
import { baoCommand } from './bao-command.ts';
import type { JsonObject, Reply, VaultClient } from './client.ts';
import { conditionOf } from './conditions.ts';
import { type VaultErrors } from './errors.ts';
import { recentRefusal, rememberRefusal } from './refused-logins.ts';
import type { VaultContext, VaultSettings } from './settings.ts';
import { findToken, isSendable, secretFile, secretVariable } from './token-sources.ts';

// The token of this process: an existing one, or that of a login, which is kept in memory and renewed.

/** A token of a login is renewed when less than this part of its life is left. */
const renewalPart = 1 / 3;

interface Token {
  readonly value: string;
  readonly from: string;
  readonly renewal: readonly Hint[];
  /** Of a login with an end, on the monotonic clock. */
  readonly life?: {
    readonly ttlMs: number;
    readonly endsAtMs: number;
    readonly isRenewable: boolean;
  };
}

export interface Tokens {
  /** The token for a request, after a login or a renewal if one is due. */
  current(): Promise<string>;
  /**
   * Gets another token after the server refused this one: by a new login, or from the same source.
   *
   * @throws ERR_KEYRING_PASSWORD_REQUIRED if the source still has the same one
   */
  replace(refused: string): Promise<void>;
  /** The token, if there is one already. */
  held(): string | undefined;
  /** In how many milliseconds it has to be renewed. Undefined for a token that is missing or does not end. */
  dueInMs(): number | undefined;
  /** The error for a token that the server refused. */
  refusal(): KeyringError;
  forget(): void;
}

export function createTokens(
  context: VaultContext,
  client: VaultClient,
  errors: VaultErrors,
): Tokens {
  const { host, settings } = context;
  const { method, mount } = settings.login;
  const namespace = settings.namespace?.value;
  let token: Token | undefined;
  let pending: Promise<Token> | undefined;

  async function obtain(): Promise<Token> {
    if (method !== 'token') return logIn();
    const found = await findToken(context, errors);
    host.log('keyring.token', { outcome: 'read', ttl_seconds: undefined });
    return found;
  }

  async function logIn(): Promise<Token> {
    const body = loginBody(context, errors);
    const { name } = identifyLogin(settings);
    const sent = sha256(JSON.stringify(body));
    const earlier = recentRefusal(name, sent, host);
    if (earlier !== undefined) throw earlier;
    const reply = await client.request(
      { method: 'POST', path: `auth/${encodePath(mount)}/login`, body, ...inNamespace(namespace) },
      { allowed: ['denied', 'refused', 'no-mount'] },
    );
    const named = `by ${method} at auth/${mount}`;
    if (conditionOf(reply.answer) !== undefined || reply.status === 404) {
      const secrets = [body.secret_id, body.jwt].filter((one) => one !== undefined);
      const error = errors.loginRefused(reply.answer, secrets);
      rememberRefusal(name, { error, sent }, host);
      throw error;
    }
    const granted = tokenIn(reply, host.monotonicMs());
    if (granted === undefined)
      throw errors.unreadable('an answer to the login without a token that can be sent');
    logToken('logged_in', granted);
    return {
      ...granted,
      from: `the login ${named}`,
      renewal: [say('check the token_ttl of the role on the server')],
    };
  }

  /** Undefined if the server does not renew it: then its end has come. */
  async function renew(old: Token): Promise<Token | undefined> {
    const reply = await client.request(
      {
        method: 'POST',
        path: 'auth/token/renew-self',
        token: old.value,
        ...inNamespace(namespace),
      },
      { allowed: ['denied', 'refused'] },
    );
    const granted = tokenIn(reply, host.monotonicMs());
    if (conditionOf(reply.answer) !== undefined || granted === undefined) return undefined;
    logToken('renewed', granted);
    return { ...old, ...granted };
  }

  function logToken(outcome: 'logged_in' | 'renewed', { life }: Pick<Token, 'life'>): void {
    const ttl_seconds = life && Math.round(life.ttlMs / 1000);
    host.log('keyring.token', { outcome, ttl_seconds });
  }

  async function refresh(): Promise<Token> {
    const old = token;
    const renewed = old?.life?.isRenewable ? await renew(old) : undefined;
    return renewed ?? obtain();
  }

  /** Requests that need a token at the same time share one login. */
  async function shared(get: () => Promise<Token>): Promise<Token> {
    pending ??= get().finally(() => (pending = undefined));
    token = await pending;
    return token;
  }

  function dueInMs({ life }: Token): number | undefined {
    return life && life.endsAtMs - host.monotonicMs() - life.ttlMs * renewalPart;
  }

  const isDue = (one: Token) => (dueInMs(one) ?? 0) < 0;

  const refusal = () => {
    const { from, renewal } = token ?? { from: 'nowhere', renewal: [] };
    return errors.tokenRefused(from, renewal);
  };

  return {
    async current() {
      if (token !== undefined && !isDue(token)) return token.value;
      return (await shared(refresh)).value;
    },
    async replace(refused) {
      if (token !== undefined && token.value !== refused) return;
      const { value } = await shared(obtain);
      if (value === refused) throw refusal();
    },
    held: () => token?.value,
    dueInMs: () => token && dueInMs(token),
    refusal,
    forget() {
      token = undefined;
    },
  };
}

/** A command of an administrator: the name of the role is not in the settings. */
export function newSecretId(settings: VaultSettings): Hint {
  const { mount } = settings.login;
  return baoCommand(
    settings,
    ['write', '-force', '-field=secret_id'],
    'as an administrator of the server, to create one for the role',
    [`auth/${mount}/role/NAME/secret-id`],
  );
}

const newJwt = say(
  'the issuer of the token writes this file; on Kubernetes the pod needs a service account',
);

type LoginBody = Readonly<Partial<Record<'role' | 'jwt' | 'role_id' | 'secret_id', string>>>;

/** @throws ERR_KEYRING_PASSWORD_REQUIRED for a secret that is missing */
function loginBody(context: VaultContext, errors: VaultErrors): LoginBody {
  const { settings } = context;
  const { method, role, roleId, secretIdFile, tokenFile } = settings.login;
  if (method === 'jwt') {
    const jwt = tokenFile && secretFile(tokenFile, 'token', errors, [newJwt]).value;
    return withoutAbsent({ role: role?.value, jwt });
  }
  const sources = [newSecretId(settings)];
  const secretId =
    secretIdInVariable(context, sources, errors) ??
    (secretIdFile && secretFile(secretIdFile, 'secret id', errors, sources).value);
  return withoutAbsent({ role_id: roleId?.value, secret_id: secretId });
}

/** Undefined if no variable is configured. An agent has no variables, but holds what that one had. */
function secretIdInVariable(
  { host, settings, heldPassword }: VaultContext,
  sources: readonly Hint[],
  errors: VaultErrors,
): string | undefined {
  const { secretIdEnv } = settings.login;
  if (secretIdEnv === undefined) return undefined;
  if (heldPassword === undefined) return secretVariable(secretIdEnv, host, errors, sources).value;
  const held = heldPassword();
  const secretId = held.toString();
  held.fill(0);
  return secretId;
}

/** Undefined without a token that can be sent. */
function tokenIn({ body }: Reply, nowMs: number): Pick<Token, 'value' | 'life'> | undefined {
  const auth = body['auth'];
  if (!isObject(auth)) return undefined;
  const { client_token: value } = auth;
  return isSendable(value) ? { value, ...lifeOf(auth, nowMs) } : undefined;
}

/** A duration of 0 means that the token does not expire. */
function lifeOf(auth: JsonObject, nowMs: number): Pick<Token, 'life'> {
  const seconds = auth['lease_duration'];
  if (typeof seconds !== 'number' || seconds <= 0) return {};
  const ttlMs = seconds * 1000;
  return { life: { ttlMs, endsAtMs: nowMs + ttlMs, isRenewable: auth['renewable'] === true } };
}

/** A path on the server in a URL. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export function inNamespace(namespace: string | undefined) {
  return namespace === undefined ? {} : { namespace };
}
