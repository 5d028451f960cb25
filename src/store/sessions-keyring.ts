import { KeyringError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Keyring, KeyringContext, KeyringInfo, Probe } from '../keyring/contract.ts';
import { beforeSet } from '../keyring/bulk.ts';
import { openWithFallback, type OpenedKeyring } from '../keyring/fallback.ts';
import { isPrepared, prepareWrite } from '../keyring/prepare.ts';
import { openBackend, settleBackend, sharedWithSessions } from '../keyring/registry.ts';
import { settleSessions } from '../keyring/sessions-settings.ts';
import { isSessionKey } from './key.ts';

/** The keyring of a command, which may keep its sessions in another one. */
export interface OpenedKeyrings extends OpenedKeyring {
  /** Where the sessions and tokens are. Undefined: with the access keys. Never prompts. */
  readonly sessions?: () => Promise<KeyringInfo>;
}

/**
 * Opens the configured keyring, or its fallback. If several machines or persons share its entries,
 * sessions and tokens are in a keyring of this machine, so that no person uses those of another.
 * Sessions that are in the shared keyring are neither used nor listed nor removed.
 *
 * @throws as {@link openWithFallback}; ERR_CONFIG_INVALID for invalid settings of sessions
 */
export async function openKeyrings(context: KeyringContext): Promise<OpenedKeyrings> {
  const opened = await openWithFallback(context);
  const chosen = chooseSessions(context, opened.keyring.info.type);
  if (chosen === undefined) return opened;
  const local = whenNeeded(() => openSessions(context, chosen));
  return {
    ...opened,
    keyring: splitKeyring(opened.keyring, local),
    sessions: async () => (await local.open()).info,
  };
}

/** Whether sessions would be in another keyring than the access keys. @throws as {@link openKeyrings} */
export function keepsSessionsApart(context: KeyringContext): boolean {
  return chooseSessions(context, context.keyring.type.value) !== undefined;
}

/** The type that is configured, or `ready`: the system's keyring if it is ready, else memory. */
type SessionsChoice = Sourced<string> | 'ready';

/** Undefined: sessions are with the access keys. */
function chooseSessions(context: KeyringContext, type: string): SessionsChoice | undefined {
  const { place, keyring } = settleSessions(context.keyring.spec);
  const { backend, context: settled } = settleBackend(context, {
    ...context.keyring.type,
    value: type,
  });
  const isShared = backend.isShared?.(settled.settings) ?? false;
  if (keyring !== undefined) {
    if (keyring.value !== type) return keyring;
    if (!isShared) return undefined;
    throw sharedWithSessions(keyring);
  }
  const isLocal = place === undefined ? isShared : place.value === 'local';
  return isLocal && type !== 'system' && type !== 'memory' ? 'ready' : undefined;
}

async function openSessions(context: KeyringContext, chosen: SessionsChoice): Promise<Keyring> {
  const { keyring: settings, warn } = context;
  const open = (type: Sourced<string>) =>
    openBackend({ ...context, keyring: { ...settings, type } });
  if (chosen !== 'ready') return open(chosen);
  const system = await open({ value: 'system', source: 'default' });
  const why = await whyNotReady(system);
  if (why === undefined) return system;
  await system.close();
  let isTold = false;
  return beforeSet(await open({ value: 'memory', source: 'default' }), () => {
    if (isTold) return;
    isTold = true;
    warn?.(
      `sessions are kept only until this process exits: the keyring is shared, and the system keyring is not ready: ${why}`,
      [say('choose a keyring for them: auth.keyring.spec.sessions_keyring')],
    );
  });
}

/** Undefined of one that is ready. A system keyring that cannot be looked at must not stop a login. */
async function whyNotReady(keyring: Keyring): Promise<string | undefined> {
  try {
    const { state, reason } = await keyring.probe();
    return state === 'ready' ? undefined : (reason ?? `it is ${state}`);
  } catch (error) {
    if (error instanceof KeyringError) return error.message;
    throw error;
  }
}

/** A keyring that is opened when it is first needed. */
interface LazyKeyring {
  open(): Promise<Keyring>;
  /** Closes it if it was opened. */
  close(): Promise<void>;
}

function whenNeeded(open: () => Promise<Keyring>): LazyKeyring {
  let opening: Promise<Keyring> | undefined;
  return {
    open: () => (opening ??= open()),
    async close() {
      // One that did not open has said so where it was needed.
      const opened = await opening?.catch(() => undefined);
      await opened?.close();
    },
  };
}

/**
 * Sessions and tokens in one keyring, everything else in the other one. The entries of the shared one
 * are the entries of the whole: its `info` is that of the whole.
 */
function splitKeyring(shared: Keyring, local: LazyKeyring): Keyring {
  const keyringOf = (key: string) => (isSessionKey(key) ? local.open() : shared);
  const split: Keyring = {
    get info() {
      return shared.info;
    },
    async probe() {
      const probed = await shared.probe();
      return probed.state === 'ready' ? probeSessions(await local.open()) : probed;
    },
    get: async (key) => (await keyringOf(key)).get(key),
    set: async (key, value) => (await keyringOf(key)).set(key, value),
    delete: async (key) => (await keyringOf(key)).delete(key),
    async keys() {
      const others = (await shared.keys()).filter((key) => !isSessionKey(key));
      const sessions = (await (await local.open()).keys()).filter(isSessionKey);
      return [...others, ...sessions].toSorted();
    },
    async close() {
      await shared.close();
      await local.close();
    },
  };
  // Entries cannot be read many at once: those of two keyrings are in no common order.
  return isPrepared(shared)
    ? Object.assign(split, { [prepareWrite]: () => shared[prepareWrite]() })
    : split;
}

async function probeSessions(local: Keyring): Promise<Probe> {
  const { state, reason } = await local.probe();
  if (state === 'ready') return { state };
  const why = reason === undefined ? '' : `: ${reason}`;
  return { state, reason: `the ${local.info.type} keyring of the sessions is ${state}${why}` };
}
