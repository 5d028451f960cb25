import { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { createAgentAccess, type AgentAccess } from '../agent/access.ts';
import type { AgentConnection } from '../agent/connection.ts';
import type { AgentSubject } from '../agent/held.ts';
import { createAgentPresence, hasAgents, isAgentOff } from '../agent/presence.ts';
import { AgentError, noAnswer, parseStored } from '../agent/protocol.ts';
import { identifyKeyring } from '../agent/socket-path.ts';
import type { Keyring, Probe } from '../contract.ts';
import { checkKey, checkReadKey, checkValue } from '../key.ts';
import { prepareToWrite, prepareWrite, type PreparedKeyring } from '../prepare.ts';
import type { FileContext, FileSettings } from './settings.ts';

/** A write in the agent waits as long for the keyring's lock as a write in this process. */
const writeLimitMs = 40_000;

/**
 * The file keyring, accessed through its unlock agent if one is running. The agent needs no
 * password. Without an agent, or when it fails, this process opens the keyring itself. A failure of
 * the agent is an error only if a change may have been made that must not be repeated.
 *
 * @param load imports the file keyring, which is not needed while an agent is running
 * @throws ERR_USAGE for an invalid value of `ATMOS_KEYRING_AGENT`
 */
export function createAgentClientKeyring(load: () => Promise<OpenFileKeyring>): OpenFileKeyring {
  return (context) => {
    const { host } = context;
    const location = context.settings.directory.value;
    const agent = createAgentAccess({
      context,
      location,
      identify: () => identifyKeyring(location),
    });
    const canUnlock = context.canUnlock ?? (!isAgentOff(host) && hasAgents(host));
    const openFile = async () => (await load())({ ...context, canUnlock });
    return createClientKeyring(location, agent, openFile);
  };
}

/** How the agents of file keyrings are found. */
export const fileSubject: AgentSubject<FileSettings> = {
  identify: ({ directory }) => identifyKeyring(directory.value),
  locationOf: ({ directory }) => directory.value,
};

/** Looks for the agent of a file keyring. */
export const filePresence = createAgentPresence(fileSubject.identify);

type OpenFileKeyring = (context: FileContext) => Keyring;

type Ask<T> = (agent: AgentConnection) => Promise<T>;
type Use<T> = (keyring: Keyring) => Promise<T>;
/**
 * Whether the requested change may be done or may still happen, so that it must not be repeated.
 */
type IsUnclear = (error: AgentError) => boolean;

const never: IsUnclear = () => false;
/** A slow agent may write later and overwrite newer values. An agent that exited cannot. */
const mayBeAtWork: IsUnclear = ({ failure }) => failure === 'silent' || failure === 'unusable';
/** A repeated delete would report that the entry did not exist. */
const mayHaveDone: IsUnclear = (error) => error.failure === 'gone' || mayBeAtWork(error);

function createClientKeyring(
  location: string,
  agent: AgentAccess,
  openFile: () => Promise<Keyring>,
): PreparedKeyring {
  let here: Promise<Keyring> | undefined;

  async function attempt<T>(ask: Ask<T>, use: Use<T>, isUnclear: IsUnclear = never): Promise<T> {
    let asked = false;
    try {
      const connection = await agent.connect();
      if (connection !== undefined) {
        asked = true;
        return await ask(connection);
      }
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (asked && isUnclear(error)) throw unknownOutcome(error, agent);
      agent.passOver(error);
    }
    return use(await (here ??= openFile()));
  }

  return {
    info: { type: 'file', persistent: true, location },

    probe: () =>
      attempt(
        async (connection) => parseProbe(await connection.ask({ op: 'probe' })),
        (keyring) => keyring.probe(),
      ),

    [prepareWrite]: () => attempt(async () => {}, prepareToWrite),

    async get(key) {
      checkReadKey(key);
      return attempt(
        async (connection) => parseStored((await connection.ask({ op: 'get', key }))['value']),
        (keyring) => keyring.get(key),
      );
    },

    async set(key, value) {
      checkKey(key);
      checkValue(key, value);
      await attempt(
        async (connection) => void (await connection.ask({ op: 'set', key, value }, writeLimitMs)),
        (keyring) => keyring.set(key, value),
        mayBeAtWork,
      );
    },

    async delete(key) {
      checkReadKey(key);
      return attempt(
        async (connection) =>
          parseDeleted((await connection.ask({ op: 'delete', key }, writeLimitMs))['deleted']),
        (keyring) => keyring.delete(key),
        mayHaveDone,
      );
    },

    keys: () =>
      attempt(
        async (connection) => parseKeys((await connection.ask({ op: 'keys' }))['keys']),
        (keyring) => keyring.keys(),
      ),

    async close() {
      await agent.close();
      await (await here)?.close();
    },
  };
}

function unknownOutcome(error: AgentError, agent: AgentAccess): KeyringError {
  const isSilent = error.failure === 'silent';
  return new KeyringError(
    isSilent ? 'ERR_KEYRING_TIMEOUT' : 'ERR_KEYRING_IO',
    `${agent.named(error)} received a change, and ${error.message}: the change may or may not be done`,
    {
      hints: [
        ...(isSilent ? [run(['atmos', 'auth', 'keyring', 'lock'])] : []),
        run(['atmos', 'auth', 'keyring', 'list'], 'to check whether the change is done'),
      ],
    },
  );
}

function parseDeleted(deleted: unknown): boolean {
  if (typeof deleted !== 'boolean') throw noAnswer();
  return deleted;
}

function parseKeys(keys: unknown): string[] {
  if (!Array.isArray(keys)) throw noAnswer();
  return keys.map((key: unknown) => {
    if (typeof key !== 'string') throw noAnswer();
    return key;
  });
}

function parseProbe({ state, reason }: Readonly<Record<string, unknown>>): Probe {
  if (state !== 'ready' && state !== 'locked' && state !== 'unavailable') throw noAnswer();
  return typeof reason === 'string' ? { state, reason } : { state };
}
