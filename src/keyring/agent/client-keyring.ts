import { KeyringError } from '../../core/errors.ts';
import { run, showPermissions, type Hint } from '../../core/hint.ts';
import type { Keyring, Probe } from '../contract.ts';
import type { FileContext } from '../file/settings.ts';
import { checkKey, checkReadKey, checkValue } from '../key.ts';
import type { AgentConnection } from './connection.ts';
import { hasAgents, isAgentOff, lookForSockets } from './presence.ts';
import { prepareToWrite, prepareWrite, type PreparedKeyring } from '../prepare.ts';
import { AgentError, noAnswer, parseStored } from './protocol.ts';

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
    const { settings, host } = context;
    const isOff = isAgentOff(host);
    const canUnlock = context.canUnlock ?? (!isOff && hasAgents(host));
    return createClientKeyring(context, {
      async find() {
        const directory = settings.directory.value;
        if (isOff || (await lookForSockets(directory, host)).length === 0) return undefined;
        // With node:net it takes longer to load than the file keyring.
        const { findAgent } = await import('./connection.ts');
        return findAgent(directory, host);
      },
      openFile: async () => (await load())({ ...context, canUnlock }),
    });
  };
}

type OpenFileKeyring = (context: FileContext) => Keyring;

interface Ways {
  find(): Promise<AgentConnection | undefined>;
  openFile(): Promise<Keyring>;
}

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

function createClientKeyring(context: FileContext, { find, openFile }: Ways): PreparedKeyring {
  const { settings, host } = context;
  const location = settings.directory.value;
  let here: Promise<Keyring> | undefined;
  let finding: Promise<AgentConnection | undefined> = Promise.resolve(undefined);
  let isPassedOver = false;

  /** Searches again at each call until an agent is found: the user may have unlocked meanwhile. */
  async function agent(): Promise<AgentConnection | undefined> {
    if (isPassedOver) return undefined;
    const latest = finding;
    const found = await latest;
    if (found?.isOpen()) return found;
    // If several callers notice this at once, only one of them searches.
    if (finding === latest) finding = look();
    return finding;
  }

  async function look(): Promise<AgentConnection | undefined> {
    const found = await find();
    if (found) host.log('keyring.agent', { outcome: 'used', process: found.processId });
    return found;
  }

  function passOver(reason: AgentError): void {
    finding = Promise.resolve(undefined);
    if (reason.failure === 'gone' || reason.failure === 'leaving' || isPassedOver) return;
    isPassedOver = true;
    host.log('keyring.agent', { outcome: 'passed_over', process: reason.processId });
    context.warn?.(`${named(location, reason)} is not used: ${reason.message}`, hintsFor(reason));
  }

  async function attempt<T>(ask: Ask<T>, use: Use<T>, isUnclear: IsUnclear = never): Promise<T> {
    let asked = false;
    try {
      const connection = await agent();
      if (connection !== undefined) {
        asked = true;
        return await ask(connection);
      }
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (asked && isUnclear(error)) throw unknownOutcome(error, location);
      passOver(error);
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
      const found = await finding.catch(() => undefined);
      found?.close();
      await (await here)?.close();
    },
  };
}

/** Not for the socket of another user: this user cannot stop that process. */
function hintsFor({ failure, path }: AgentError): Hint[] {
  if (failure !== 'foreign') return [run(['atmos', 'auth', 'keyring', 'lock'])];
  return path === undefined ? [] : [showPermissions(path)];
}

function unknownOutcome(error: AgentError, location: string): KeyringError {
  const isSilent = error.failure === 'silent';
  return new KeyringError(
    isSilent ? 'ERR_KEYRING_TIMEOUT' : 'ERR_KEYRING_IO',
    `${named(location, error)} received a change, and ${error.message}: the change may or may not be done`,
    {
      hints: [
        ...(isSilent ? [run(['atmos', 'auth', 'keyring', 'lock'])] : []),
        run(['atmos', 'auth', 'keyring', 'list'], 'to check whether the change is done'),
      ],
    },
  );
}

function named(location: string, { processId }: AgentError): string {
  const id = processId === undefined ? '' : ` (process ${processId})`;
  return `the unlock agent of the keyring ${location}${id}`;
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
