import { createTurns } from '../../../core/turns.ts';
import type { Host } from '../../../host/host.ts';
import { createChunkedKeyring, type OnStep, type ChunkedKeyring } from '../../chunked-store.ts';
import type { BackendContext, Keyring, Probe } from '../../contract.ts';
import { checkKey, checkValue, maxSystemValueBytes } from '../../key.ts';
import type { Failure } from './failures.ts';
import { openKeychainStore } from './items.ts';
import { findDefaultKeychain } from './keychain.ts';
import { childEnvironment, createSecurity } from './security.ts';

/**
 * The keychain of macOS, through `security`. Its items have the format of go-keyring, as in Atmos.
 */
export function openKeychainKeyring(context: BackendContext, onStep?: OnStep): Keyring {
  const { host } = context;
  let path: string | undefined;
  const inTurn = createTurns();

  /** One operation has one time limit, so each operation opens its own store. */
  function operate<T>(
    doing: string,
    use: (keyring: ChunkedKeyring) => Promise<T>,
    mayReplace = false,
  ): Promise<T> {
    const run = createSecurity(host);
    const store = openKeychainStore(context, {
      run,
      doing,
      mayReplace,
      async defaultKeychain() {
        if (path !== undefined) return { path };
        const found = await findDefaultKeychain(run);
        if (found.failure === undefined) path = found.path;
        return found;
      },
    });
    return use(createChunkedKeyring(store, { host, named: 'the macOS keychain', onStep }));
  }

  /** Changes run one after the other. The time limit of each starts when its turn comes. */
  function change<T>(doing: string, use: (keyring: ChunkedKeyring) => Promise<T>): Promise<T> {
    return inTurn(() => operate(doing, use, true));
  }

  return {
    get info() {
      const location = path === undefined ? 'macOS keychain' : `macOS keychain ${path}`;
      return { type: 'system', persistent: true, location };
    },

    async probe() {
      const found = await probeKeychain(host);
      path = found.probe.state === 'unavailable' ? undefined : found.path;
      return found.probe;
    },

    async get(key) {
      checkKey(key);
      return operate('read from', (keyring) => keyring.get(key));
    },

    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      await change('write to', (keyring) => keyring.set(key, value));
    },

    async delete(key) {
      checkKey(key);
      return change('delete from', (keyring) => keyring.delete(key));
    },

    keys: () => operate('list', (keyring) => keyring.keys()),

    async close() {},
  };
}

export interface KeychainProbe {
  readonly probe: Probe;
  readonly path: string | undefined;
}

/** Sessions of launchd without a display: macOS cannot show a prompt there. */
const withoutDisplay = ['Background', 'StandardIO', 'System'];

/**
 * Probes without a prompt. `show-keychain-info` reports whether a keychain is locked, but in a
 * session with a display it prompts for the password if it is. There the keychain is reported as
 * ready: the login has unlocked it, and if the user has locked it, macOS prompts at the first use.
 */
export async function probeKeychain(host: Host): Promise<KeychainProbe> {
  const run = createSecurity(host);
  const { path, failure } = await findDefaultKeychain(run);
  if (failure !== undefined) return { probe: describe(failure), path };
  if (!(await isWithoutDisplay(host))) return { probe: { state: 'ready' }, path };
  const answer = await run(['show-keychain-info', path]);
  const probe: Probe = answer.failure === undefined ? { state: 'ready' } : describe(answer.failure);
  return { probe, path };
}

/** A keychain that does not answer may be waiting for a prompt. */
function describe({ code, reason }: Failure): Probe {
  const isThere = code === 'ERR_KEYRING_LOCKED' || code === 'ERR_KEYRING_TIMEOUT';
  return { state: isThere ? 'locked' : 'unavailable', reason };
}

async function isWithoutDisplay(host: Host): Promise<boolean> {
  try {
    const { exitCode, stdout } = await host.runProgram('/bin/launchctl', ['managername'], {
      env: childEnvironment(host.env),
      timeoutMs: 5000,
      maxBytes: 1024,
    });
    return exitCode === 0 && withoutDisplay.includes(stdout.toString('latin1').trim());
  } catch {
    return false;
  }
}
