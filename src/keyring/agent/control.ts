import { rmSync } from 'node:fs';
import {
  AtmosError,
  KeyringError,
  systemErrorCode,
  type KeyringErrorCode,
} from '../../core/errors.ts';
import { run, showPermissions, unlockHints, unsetVariable, type Hint } from '../../core/hint.ts';
import { parseTimestamp } from '../../core/time.ts';
import { systemName, type Host } from '../../host/host.ts';
import type { AgentControl, AgentOrder, BackendContext, Terms, Unlocked } from '../contract.ts';
import { findAgent, type AgentConnection } from './connection.ts';
import type { AgentStarter, AgentSubject } from './held.ts';
import { hasAgents, isAgentOff } from './presence.ts';
import { AgentError, noAnswer, type AgentFailure, type Request } from './protocol.ts';
import { agentPlaces, faultOf, look, makePlace, type KeyringId } from './socket-path.ts';
import { formatStartMessage, parseOutcome } from './start-message.ts';

const lookLimitMs = 2_000;

/** The agent of one keyring. */
interface Target {
  readonly host: Host;
  readonly id: KeyringId | undefined;
  /** Of the keyring, for messages. */
  readonly location: string;
}

/** @param loadStarter imports what only the start of an agent needs */
export function createAgentControl<S>(
  { identify, locationOf }: AgentSubject<S>,
  loadStarter: () => Promise<AgentStarter<S>>,
): AgentControl<S> {
  function targetOf({ settings, host }: BackendContext<S>): Target {
    return { host, id: identify(settings), location: locationOf(settings) };
  }

  return {
    locationOf,

    async unlock(context, terms) {
      const { host, settings } = context;
      requireAgents(context);
      requireUse(host);
      const starter = await loadStarter();
      starter.prepare(context);
      const target = targetOf(context);
      if (target.id === undefined) throw vanished(target);
      const place = await makePlace(target.id, host);
      const { socket } = place;
      const renewed = await renew(target, terms);
      if (renewed) return { ...renewed, socket, isRenewed: true, isNew: false };
      const { secret, isNew } = await starter.proveSecret(context);
      const { type } = starter;
      const order = { type, settings: starter.settingsFor(settings), place, terms };
      const env = pick(host.env, starter.variables);
      const started = await startAgent({ order, secret, env }, host);
      const unlocked = await renew(target, terms);
      if (unlocked === undefined) throw vanished(target);
      return { ...unlocked, socket, isRenewed: started === 'taken', isNew };
    },

    async lock(context) {
      requireAgents(context);
      const target = targetOf(context);
      try {
        return await withAgent(target, async (agent) => {
          if (agent === undefined) return { kind: 'none' };
          const { warning } = await agent.ask({ op: 'lock' });
          const { processId } = agent;
          return { kind: 'locked', processId, ...(typeof warning === 'string' && { warning }) };
        });
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        if (error.failure === 'gone') return { kind: 'locked', processId: error.processId };
        const terminated = error.failure === 'silent' && (await terminate(target, error));
        await cutOff(target, error);
        if (terminated) return { kind: 'terminated', processId: terminated };
        if (error.failure !== 'version') throw translate(target, error, 'lock');
        return { kind: 'cut-off', processId: error.processId };
      }
    },

    async look(context) {
      if (!hasAgents(context.host)) return { kind: 'impossible' };
      if (isAgentOff(context.host)) return { kind: 'off' };
      try {
        const unlocked = await withAgent(
          targetOf(context),
          async (agent) => agent && ask(agent, { op: 'look' }, lookLimitMs),
          lookLimitMs,
        );
        return unlocked ? { kind: 'unlocked', ...unlocked } : { kind: 'none' };
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        const { message: reason, processId } = error;
        return isEnding(error) ? { kind: 'none' } : { kind: 'unusable', reason, processId };
      }
    },
  };
}

/** Gives a running agent new terms. Undefined if no agent is running. */
async function renew(target: Target, terms: Terms): Promise<Unlocked | undefined> {
  try {
    return await withAgent(target, async (agent) => agent && ask(agent, { op: 'renew', ...terms }));
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    if (isEnding(error)) return undefined;
    throw translate(target, error);
  }
}

async function withAgent<T>(
  { id, host }: Target,
  use: (agent: AgentConnection | undefined) => Promise<T>,
  limitMs?: number,
): Promise<T> {
  // These commands show the process and may terminate it.
  const options = { limitMs, isPeerChecked: true };
  const agent = await findAgent(id, host, options);
  try {
    return await use(agent);
  } finally {
    agent?.close();
  }
}

async function ask(agent: AgentConnection, request: Request, limitMs?: number): Promise<Unlocked> {
  const fields = await agent.ask(request, limitMs);
  return {
    processId: agent.processId,
    expiresAt: dateOf(fields['expires_at']),
    idleExpiresAt: dateOf(fields['idle_expires_at']),
  };
}

function dateOf(text: unknown): Date {
  const date = typeof text === 'string' ? parseTimestamp(text) : undefined;
  if (date === undefined) throw noAnswer();
  return date;
}

/** An agent that exits during a request is treated as not running. */
function isEnding({ failure }: AgentError): boolean {
  return failure === 'gone' || failure === 'leaving';
}

/**
 * Terminates an agent that does not answer. The operating system reported its process id, and that
 * this user started it, when we connected.
 *
 * @returns the process id; undefined if it is unknown or if the process is still running
 */
async function terminate({ host }: Target, { processId }: AgentError): Promise<number | undefined> {
  if (processId === undefined) return undefined;
  const { terminateProcess } = await import('../../host/terminate-process.ts');
  const expected = { processId, userId: host.userId, lastArgument: agentCommand };
  return (await terminateProcess(expected, host)) ? processId : undefined;
}

/** Removes the socket of our own agent that does not accept the request to stop: it then stops by itself. */
async function cutOff({ id, host }: Target, { failure }: AgentError): Promise<void> {
  if (id === undefined || failure === 'foreign') return;
  for (const { directory, socket } of await agentPlaces(id, host)) {
    const isOurs = [directory, socket].every((path) => faultOf(path, host) === undefined);
    if (isOurs && look(socket)?.isSocket()) rmSync(socket, { force: true });
  }
}

const codes: Partial<Record<AgentFailure, KeyringErrorCode>> = {
  foreign: 'ERR_KEYRING_PERMISSIONS',
  version: 'ERR_KEYRING_VERSION',
  silent: 'ERR_KEYRING_TIMEOUT',
};

function translate({ location }: Target, error: AgentError, tried?: 'lock'): KeyringError {
  const { failure, processId } = error;
  const id = processId === undefined ? '' : ` (process ${processId})`;
  return new KeyringError(
    codes[failure] ?? 'ERR_KEYRING_IO',
    `the unlock agent of the keyring ${location}${id} cannot be used: ${error.message}`,
    { hints: hintsFor(error, tried), cause: error },
  );
}

function hintsFor({ failure, path, processId }: AgentError, tried?: 'lock'): Hint[] {
  if (failure === 'foreign') return path === undefined ? [] : [showPermissions(path)];
  const end = processId === undefined ? [] : [run(['kill', '-KILL', String(processId)])];
  const lock = tried === 'lock' ? [] : [run(['atmos', 'auth', 'keyring', 'lock'])];
  return [...lock, ...(failure === 'version' ? [] : end)];
}

function requireAgents({ host }: Pick<BackendContext, 'host'>): void {
  if (hasAgents(host)) return;
  throw new KeyringError(
    'ERR_KEYRING_UNAVAILABLE',
    `the unlock agent does not run on ${systemName(host)}: sockets there do not report the user of the other process`,
    {
      hints: unlockHints(false),
    },
  );
}

function requireUse(host: Host): void {
  if (!isAgentOff(host)) return;
  throw new AtmosError(
    'ERR_USAGE',
    'ATMOS_KEYRING_AGENT is off, so no command would use the agent',
    {
      hints: [unsetVariable('ATMOS_KEYRING_AGENT')],
    },
  );
}

function vanished({ location }: Target): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_IO',
    `the keyring ${location} was removed while it was used`,
  );
}

const startLimitMs = 30_000;
/** Keeps the memory of the agent small. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=64'];
/** The hidden command that runs the agent. */
const agentCommand = '__keyring-agent';

function pick(env: Host['env'], names: readonly string[]): Record<string, string> {
  const set = names.map((name) => [name, env[name]] as const);
  return Object.fromEntries(set.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

interface AgentStart {
  readonly order: AgentOrder;
  /** Is overwritten with zeros. */
  readonly secret: Buffer;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts an agent. The secret is sent through a pipe.
 *
 * @returns `taken` if another agent started first
 * @throws ERR_KEYRING_IO, ERR_KEYRING_TIMEOUT, and the error that the agent reported
 */
async function startAgent(
  { order, secret, env }: AgentStart,
  host: Host,
): Promise<'started' | 'taken'> {
  const input = formatStartMessage(order, secret);
  const args = [...nodeOptions, host.scriptPath, agentCommand];
  const endWait = host.waiting('the new agent to open the keyring', startLimitMs);
  try {
    const options = { env, input, timeoutMs: startLimitMs };
    const { said, timedOut } = await host.startDetached(host.nodePath, args, options);
    if (timedOut) {
      const seconds = startLimitMs / 1000;
      throw startFailure('ERR_KEYRING_TIMEOUT', `was not ready within ${seconds} seconds`);
    }
    const outcome = parseOutcome(said);
    if (outcome === undefined) throw startFailure('ERR_KEYRING_IO', 'exited immediately');
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.kind;
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof KeyringError || code === undefined) throw error;
    throw startFailure('ERR_KEYRING_IO', `could not be started: ${code}`);
  } finally {
    endWait?.();
    input.fill(0);
    secret.fill(0);
  }
}

function startFailure(code: 'ERR_KEYRING_IO' | 'ERR_KEYRING_TIMEOUT', what: string): KeyringError {
  return new KeyringError(code, `the unlock agent ${what}`);
}
