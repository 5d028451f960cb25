import { askCollection } from './collection.ts';
import { attributesFor, itemsNamed, newestFirst } from './items.ts';
import { openSecret, secretsOf } from './read.ts';
import type { SecretService } from './service.ts';
import type { Session } from './session.ts';

// Reads an entry in two exchanges with the bus, instead of one for each question: every question
// whose answer may be needed is sent at once. Only for an unlocked keyring; whatever needs a prompt,
// or is unclear, is left to the thorough way in read.ts.

/**
 * The values of an entry, the newest first; empty if it does not exist.
 *
 * @returns undefined if the thorough way has to decide: the collection or an item is locked or
 *   missing, or a question was refused
 * @throws BusError
 */
export async function readQuickly(
  service: SecretService,
  withSession: <T>(run: (session: Session) => Promise<T>) => Promise<T>,
  key: string,
): Promise<string[] | undefined> {
  const items = await searchUnlocked(service, key);
  if (items === undefined || items.length === 0) return items;
  return withSession((session) => readUnlocked(service, session, items, key));
}

async function searchUnlocked(service: SecretService, key: string): Promise<string[] | undefined> {
  const found = await askCollection(service, (collection) =>
    Promise.all([service.isLocked(collection), service.search(collection, attributesFor(key))]),
  );
  if (found === undefined) return undefined;
  const [isLocked, items] = found;
  return isLocked ? undefined : items;
}

async function readUnlocked(
  service: SecretService,
  session: Session,
  items: readonly string[],
  key: string,
): Promise<string[] | undefined> {
  const [named, sorted, secrets] = await Promise.all([
    itemsNamed(service, items, key),
    newestFirst(service, items),
    secretsOf(service, items, session),
  ]);
  const wanted = sorted.filter((item) => named.includes(item));
  const found = wanted.map((item) => secrets.get(item)).filter((secret) => secret !== undefined);
  if (found.length < wanted.length) return undefined;
  return found.map((secret) => openSecret(session, secret));
}
