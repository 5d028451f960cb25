import { formatStored } from './collection.ts';
import { BusError } from './dbus/bus-error.ts';
import { isGone } from './failures.ts';
import { attributesFor, findItems, labelFor, newestFirst } from './items.ts';
import { readValues, unlockItems } from './read.ts';
import type { Place } from './runtime-environment.ts';
import { followPrompt, type Secret } from './service.ts';
import type { Session } from './session.ts';

/** Runs with a session, and again with a new one if the provider does not have its key. */
export type WithSession = <T>(run: (session: Session) => Promise<T>) => Promise<T>;

const maxTries = 5;
const firstPauseMs = 10;

/** An entry as it was read back after it was written. */
interface Written {
  readonly item: string;
  /** Undefined if the item no longer exists. */
  readonly value: string | undefined;
}

/**
 * Stores the value under the entry name and reads it back. Then deletes all other items of that
 * entry name, such as those of python-keyring.
 *
 * Another process may write at the same time, so that we read back its value. We then write again.
 * If the value keeps changing, our value was stored in between. If it stays the same, the provider
 * does not keep what it receives.
 *
 * @throws BusError
 */
export async function storeVerified(
  place: Place,
  withSession: WithSession,
  key: string,
  value: string,
): Promise<void> {
  const { service, collection, host } = place;
  const before = await newestFirst(service, await findItems(service, collection, key));
  if (before.length > 0) await unlockItems(service, host, before, 'to write to the keyring');
  const seen = new Set<string | undefined>();
  let written: Written;
  for (let tries = 1; ; tries++) {
    written = await withSession((session) => writeItem(place, session, key, value, before[0]));
    if (written.value === value) break;
    seen.add(written.value);
    if (tries === maxTries) {
      if (seen.size > 1) break;
      throw new BusError('malformed', 'it returned a different value than the one stored');
    }
    await host.sleep(Math.random() * firstPauseMs * 2 ** tries);
  }
  for (const item of before) if (item !== written.item) await deleteItem(place, item);
}

async function writeItem(
  place: Place,
  session: Session,
  key: string,
  value: string,
  existing: string | undefined,
): Promise<Written> {
  const secret = session.seal(formatStored(value));
  const item = (await overwrite(place, existing, secret)) ?? (await create(place, key, secret));
  const [back] = await readValues(place.service, place.host, session, [item]);
  return { item, value: back };
}

/**
 * Sets the secret of an existing item. Creating the item again should have the same effect, but
 * KeePassXC 2.7 never answers that for an item of another program.
 *
 * @returns undefined if the item does not exist, or no longer exists
 */
async function overwrite(
  { service }: Place,
  item: string | undefined,
  secret: Secret,
): Promise<string | undefined> {
  if (item === undefined) return undefined;
  try {
    await service.overwriteItem(item, secret);
    return item;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function create(
  { service, host, collection }: Place,
  key: string,
  secret: Secret,
): Promise<string> {
  const attributes = attributesFor(key);
  const created = await service.createItem({
    collection,
    label: labelFor(key),
    attributes,
    secret,
  });
  if (!(await followPrompt(service.bus, host, created, 'to write to the keyring'))) {
    throw new BusError('locked', 'the prompt to write to the keyring was dismissed');
  }
  const item =
    created.item ?? (await newestFirst(service, await findItems(service, collection, key)))[0];
  if (item === undefined)
    throw new BusError('malformed', 'the entry is missing after it was written');
  return item;
}

/** @returns whether the item existed; @throws BusError */
export async function deleteItem({ service, host }: Place, item: string): Promise<boolean> {
  try {
    const prompted = await service.deleteItem(item);
    if (await followPrompt(service.bus, host, prompted, 'to delete an entry')) return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  throw new BusError('locked', 'the prompt to delete an entry was dismissed');
}
