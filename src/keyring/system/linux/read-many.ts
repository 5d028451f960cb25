import type { Batch } from '../../bulk.ts';
import { isBusError } from './dbus/bus-error.ts';
import { itemsByKey } from './items.ts';
import { openSecret, secretsOf } from './read.ts';
import type { Place } from './runtime-environment.ts';
import type { SecretService } from './service.ts';
import type { Session } from './session.ts';

/**
 * In one reply. With the largest values that we store, 64 KiB as base64, that is below 6 MiB, and a
 * message may have 8.
 */
const maxItems = 64;

/** Runs one operation of the keyring, within its time limit and with its errors. */
type Operation = <T>(run: () => Promise<T>) => Promise<T>;

export interface ManyReader {
  readonly operation: Operation;
  open(): Promise<Place | undefined>;
  withSession<T>(run: (session: Session) => Promise<T>): Promise<T>;
}

/**
 * Reads entries that are there once and are not locked one by one: the items of all keys are looked up
 * together, and then the secrets of many with each call.
 */
export async function* readInBatches({
  operation,
  open,
  withSession,
}: ManyReader): AsyncGenerator<Batch> {
  const found = await operation(async () => {
    const place = await open();
    return place && { ...place, items: await itemsByKey(place.service, place.collection) };
  });
  if (found === undefined) return;
  const { service, items } = found;
  const keys = [...items.keys()].sort();
  for (let start = 0; start < keys.length; start += maxItems) {
    const some = keys.slice(start, start + maxItems);
    const single = new Map(some.flatMap((key) => onlyItem(key, items)));
    const values = await operation(() =>
      withSession((session) => readValues(service, session, single)),
    );
    yield { keys: some, values };
  }
}

/** None for a key that is there twice: which of them counts is not decided here. */
function onlyItem(
  key: string,
  items: ReadonlyMap<string, readonly string[]>,
): [item: string, key: string][] {
  const [item, ...others] = items.get(key) ?? [];
  return item === undefined || others.length > 0 ? [] : [[item, key]];
}

/** By key, without what must be read by itself. */
async function readValues(
  service: SecretService,
  session: Session,
  keys: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  if (keys.size === 0) return values;
  for (const [item, secret] of await secretsTogether(service, [...keys.keys()], session)) {
    const key = keys.get(item);
    const value = unlessUnreadable(() => openSecret(session, secret));
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  return values;
}

/** None where a provider refuses them together, or its reply is larger than a message may be. */
async function secretsTogether(
  ...args: Parameters<typeof secretsOf>
): ReturnType<typeof secretsOf> {
  try {
    return await secretsOf(...args);
  } catch (error) {
    if (isBusError(error, 'answered') || isBusError(error, 'malformed')) return new Map();
    throw error;
  }
}

/** A value that does not open: read by itself, it gets another session, or its error. */
function unlessUnreadable<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isBusError(error, 'malformed') || isBusError(error, 'session')) return undefined;
    throw error;
  }
}
