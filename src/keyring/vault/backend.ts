import { KeyringError } from '../../core/errors.ts';
import type { Keyring, Probe } from '../contract.ts';
import { checkKey, checkReadKey, checkValue, maxSystemValueBytes } from '../key.ts';
import { createEntries } from './entries.ts';
import { formatLocation, requireAddress } from './location.ts';
import { openServer, requireHealth, type VaultServer } from './server.ts';
import type { VaultContext, VaultSettings } from './settings.ts';
import { isFromCommand } from './token-sources.ts';

/**
 * Entries in a KV secrets engine of version 2, one secret for each, with one field `value`. A value has
 * at most 64 KiB, so that every storage of a server takes it.
 *
 * @throws ERR_CONFIG_INVALID if the address is missing
 */
export function openVaultKeyring(context: VaultContext): Keyring {
  requireAddress(context);
  const { settings } = context;
  const server = openServer(context);
  const entries = createEntries(server, settings, context.host);
  return {
    info: { type: 'vault', persistent: true, location: formatLocation(settings) },
    probe: () => probe(context, server),
    async get(key) {
      checkReadKey(key);
      return (await entries.read(key)).value;
    },
    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      await inTurn(settings, () => entries.write(key, value));
    },
    async delete(key) {
      checkReadKey(key);
      return inTurn(settings, () => entries.remove(key));
    },
    keys: () => entries.keys(),
    async close() {
      server.close();
    },
  };
}

/** Logs in nowhere and runs no command: a login would create a token. */
async function probe(context: VaultContext, server: VaultServer): Promise<Probe> {
  try {
    await requireHealth(server);
    const { method } = context.settings.login;
    if (method !== 'token' || server.tokens.held() !== undefined) return { state: 'ready' };
    if (isFromCommand(context)) {
      return { state: 'locked', reason: 'the token command has not been run yet' };
    }
    await server.lookUpToken();
    return { state: 'ready' };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    const { code, message } = error;
    if (code === 'ERR_KEYRING_UNAVAILABLE') return { state: 'unavailable', reason: message };
    const isLocked = code === 'ERR_KEYRING_LOCKED' || code === 'ERR_KEYRING_PASSWORD_REQUIRED';
    if (isLocked) return { state: 'locked', reason: message };
    throw error;
  }
}

/**
 * Writes of this process to one server wait for each other: a lost race is retried only once, and the
 * state of the cluster after the last write includes the earlier ones.
 */
const turns = new Map<string, Promise<unknown>>();

async function inTurn<T>({ address }: VaultSettings, act: () => Promise<T>): Promise<T> {
  const server = address?.value ?? '';
  const mine = (turns.get(server) ?? Promise.resolve()).then(act, act);
  turns.set(server, mine);
  try {
    return await mine;
  } finally {
    if (turns.get(server) === mine) turns.delete(server);
  }
}
