import { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { createAgentAccess } from '../agent/access.ts';
import { AgentError, noAnswer } from '../agent/protocol.ts';
import { identifyLogin } from './agent-subject.ts';
import type { VaultErrors } from './errors.ts';
import { formatLocation } from './location.ts';
import type { Tokens } from './login.ts';
import { rememberRefusal } from './refused-logins.ts';
import type { VaultContext } from './settings.ts';
import { isSendable } from './token-sources.ts';

/** The agent may have to log in first, and the server may have no leader for 30 seconds. */
const answerLimitMs = 40_000;

/**
 * The token of the agent that keeps the login, if one is running. Without an agent, or when it fails, this
 * process logs in itself, but not if the server has just refused the login of the agent.
 *
 * @param own the tokens of this process
 * @throws ERR_USAGE for an invalid value of `ATMOS_KEYRING_AGENT`
 */
export function createAgentTokens(context: VaultContext, own: Tokens, errors: VaultErrors): Tokens {
  const { settings } = context;
  const agent = createAgentAccess({
    context,
    location: formatLocation(settings),
    identify: () => identifyLogin(settings),
  });
  /** The last one from the agent. */
  let given: string | undefined;

  /** Undefined without an agent. */
  async function ask(refused?: string): Promise<string | undefined> {
    try {
      const connection = await agent.connect();
      if (connection === undefined) return undefined;
      const request = { op: 'token', ...(refused === undefined ? {} : { refused }) } as const;
      given = parseToken((await connection.ask(request, answerLimitMs))['token']);
      return given;
    } catch (error) {
      if (error instanceof KeyringError && error.code === 'ERR_KEYRING_PASSWORD_REQUIRED') {
        rememberRefusal(identifyLogin(settings).name, { error }, context.host);
      }
      if (!(error instanceof AgentError)) throw error;
      agent.passOver(error);
      return undefined;
    }
  }

  return {
    current: async () => (await ask()) ?? own.current(),
    async replace(refused) {
      if (refused !== given) return own.replace(refused);
      // Without an agent by now, the next request logs in.
      await ask(refused);
    },
    held: () => own.held() ?? given,
    dueInMs: () => own.dueInMs(),
    refusal: () =>
      given === undefined ? own.refusal() : errors.tokenRefused('the unlock agent', [lock]),
    forget() {
      given = undefined;
      void agent.close();
      own.forget();
    },
  };
}

const lock = run(['atmos', 'auth', 'keyring', 'lock']);

function parseToken(token: unknown): string {
  if (!isSendable(token)) throw noAnswer();
  return token;
}
