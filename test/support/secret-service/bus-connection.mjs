// The test's own connection to a bus. Every wait has a time limit.
import { once } from 'node:events';
import { Message, sessionBus } from '@jellybrick/dbus-next';

/**
 * @import { EventEmitter } from 'node:events'
 * @import { BusConnection, CollectionState } from './types.ts'
 */

const limitMs = 10_000;

/**
 * A connection with its unique name. The next call reports later problems.
 *
 * @param {string} busAddress
 */
export async function openConnection(busAddress) {
  const bus = sessionBus({ busAddress });
  await once(bus, 'connect', { signal: AbortSignal.timeout(limitMs) });
  // The library's types do not declare this event.
  /** @type {EventEmitter} */ (bus).on('error', () => {});
  return bus;
}

/**
 * @param {string} busAddress
 * @returns {Promise<BusConnection>}
 */
export async function connectBus(busAddress) {
  const bus = await openConnection(busAddress);
  return {
    async call(call) {
      const answer = await withinLimit(bus.call(new Message(call)), call.member);
      return answer?.body ?? [];
    },
    close: () => bus.disconnect(),
  };
}

/**
 * @param {BusConnection} connection
 * @param {string} name
 */
export async function hasOwner(connection, name) {
  const [owned] = await connection.call({
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
    member: 'NameHasOwner',
    signature: 's',
    body: [name],
  });
  return owned === true;
}

const secrets = { destination: 'org.freedesktop.secrets' };

/**
 * The state of the collection with the alias `default`.
 *
 * @param {BusConnection} connection
 * @returns {Promise<CollectionState>}
 */
export async function readCollectionState(connection) {
  const [path] = await connection.call({
    ...secrets,
    path: '/org/freedesktop/secrets',
    interface: 'org.freedesktop.Secret.Service',
    member: 'ReadAlias',
    signature: 's',
    body: ['default'],
  });
  if (path === '/') return 'none';
  const [locked] = await connection.call({
    ...secrets,
    path: String(path),
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
    body: ['org.freedesktop.Secret.Collection', 'Locked'],
  });
  const { value } = /** @type {{ value: unknown }} */ (locked);
  return value === true ? 'locked' : 'unlocked';
}

/**
 * Polls until the condition is true, because providers send no common signal at their start.
 *
 * @param {() => Promise<boolean>} isSo
 * @param {() => string} describe what is waited for
 */
export async function awaitUntil(isSo, describe) {
  const end = AbortSignal.timeout(limitMs);
  while (!(await isSo())) {
    if (end.aborted) throw new Error(`${describe()}: not after ${limitMs / 1000} s`);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @returns {Promise<T>}
 */
async function withinLimit(promise, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: no answer in ${limitMs / 1000} s`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (limit)]);
  } finally {
    clearTimeout(timer);
  }
}
