import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import { withinLimit } from '../../host/time-limit.ts';
import { serveOrder, type Hold } from '../agent/daemon.ts';
import type { Held } from '../agent/held.ts';
import type { AgentOrder } from '../contract.ts';
import { identifyLogin } from './agent-subject.ts';
import { conditionOf } from './conditions.ts';
import { inNamespace, type Tokens } from './login.ts';
import { isAboutPolicies, openServer, type VaultServer } from './server.ts';
import { settleVault, unpinVault, type VaultSettings } from './settings.ts';

// The login that an agent keeps. Clients get its token, and send their requests themselves.

/** Between attempts to renew, for a token that lives only seconds. */
const minPauseMs = 1_000;
/** A timer cannot be as long as a token may live. */
const maxPauseMs = 3_600_000;
/** How long a server that does not answer may delay the end of the agent, for which `lock` waits. */
const revokeLimitMs = 2_000;

/** Logs in, in the process of the agent. Files with secrets are read again at each login. */
export const holdLogin: Hold = async (order, secret, host) => {
  const settings = settleVault(unpinVault(order.settings), host);
  const server = openServer({
    type: { value: 'vault', source: 'agent' },
    settings,
    // Otherwise it would ask itself for the token.
    host: { ...host, env: { ...host.env, ATMOS_KEYRING_AGENT: 'off' } },
    heldPassword: () => Buffer.from(secret),
  });
  await server.tokens.current();
  return createHeldLogin(server, settings, host);
};

/** Is the process of the agent. The secret is overwritten at the end. */
export async function runLoginAgent(host: Host, order: AgentOrder, secret: Buffer): Promise<void> {
  await serveOrder(order, secret, holdLogin, host);
}

function createHeldLogin(
  server: VaultServer,
  settings: VaultSettings,
  host: Pick<Host, 'sleep'>,
): Held {
  const { tokens } = server;
  const closing = new AbortController();
  let isRefused = false;
  keepRenewed(tokens, host, closing.signal).catch((error: unknown) => {
    isRefused = true;
    if (!(error instanceof KeyringError)) throw error;
  });

  return {
    id: identifyLogin(settings),
    async answer(request) {
      if (request.op !== 'token') throw new TypeError('an agent of a login has only its token');
      if (request.refused !== undefined) await tokens.replace(request.refused);
      return { token: await tokens.current() };
    },
    isCurrent: async () => !isRefused,
    async close() {
      closing.abort();
      const why = await revoke(server, settings, host);
      server.close();
      return why && `the token was not revoked, and is valid until it expires: ${why}`;
    },
  };
}

/**
 * Renews the token before it ends, or logs in again, until the signal.
 *
 * @throws ERR_KEYRING_PASSWORD_REQUIRED if the server refuses the login
 */
async function keepRenewed(
  tokens: Tokens,
  host: Pick<Host, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const pauseMs = Math.min(Math.max(tokens.dueInMs() ?? maxPauseMs, minPauseMs), maxPauseMs);
    await host.sleep(pauseMs, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      await tokens.current();
    } catch (error) {
      if (!(error instanceof KeyringError) || error.code === 'ERR_KEYRING_PASSWORD_REQUIRED') {
        throw error;
      }
      // The server cannot be reached now.
    }
  }
}

/**
 * So that a token that a program has read is of no use after the end.
 *
 * @returns why the server did not revoke it. Undefined if the token is no longer valid
 */
async function revoke(
  { anonymous, tokens, errors }: VaultServer,
  { namespace }: VaultSettings,
  host: Pick<Host, 'sleep'>,
): Promise<string | undefined> {
  const token = tokens.held();
  if (token === undefined) return undefined;
  const request = {
    method: 'POST',
    path: 'auth/token/revoke-self',
    token,
    ...inNamespace(namespace?.value),
  } as const;
  const answer = anonymous.request(request, { isTriedOnce: true, allowed: ['denied'] });
  const late = () => errors.late(revokeLimitMs);
  try {
    const reply = await withinLimit(host, revokeLimitMs, answer, late);
    const isDenied = conditionOf(reply.answer) === 'denied' && isAboutPolicies(reply);
    return isDenied ? errors.denied('revoking the token').message : undefined;
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    return error.message;
  }
}
