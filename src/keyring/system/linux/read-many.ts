import type { Batch } from '../../bulk.ts';
import { isBusError } from './dbus/bus-error.ts';
import { itemsByKey } from './items.ts';
import { openSecret, secretsOf } from './read.ts';
import type { Place } from './runtime-environment.ts';
import type { SecretService } from './service.ts';
import type { Session } from './session.ts';

/**
 * Maximum number of items in one reply. 64 items with the largest values that we store (64 KiB as
 * base64) take less than 6 MiB; a message may have 8 MiB.
 */
const maxItems = 64;

/** Runs one operation of the keyring, with its time limit and its error conversion. */
type Operation = <T>(run: () => Promise<T>) => Promise<T>;

export interface ManyReader {
  readonly operation: Operation;
  open(): Promise<Place | undefined>;
  withSession<T>(run: (session: Session) => Promise<T>): Promise<T>;
}

/**
 * Reads the unlocked entries that exist once: searches the items of all entry names together, then
 * reads many secrets with each call.
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

/** Undefined for an entry with duplicates: the caller decides which one counts. */
function onlyItem(
  key: string,
  items: ReadonlyMap<string, readonly string[]>,
): [item: string, key: string][] {
  const [item, ...others] = items.get(key) ?? [];
  return item === undefined || others.length > 0 ? [] : [[item, key]];
}

/** Values by entry name, without the entries that must be read one by one. */
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

/** Empty if a provider refuses to return them together, or if the reply would be too long. */
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

/** Undefined for a value that cannot be decrypted; it is read again with another session. */
function unlessUnreadable<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isBusError(error, 'malformed') || isBusError(error, 'session')) return undefined;
    throw error;
  }
}
