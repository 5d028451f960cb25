import { isKey } from '../../key.ts';
import { isGone } from './failures.ts';
import type { Attributes, SecretService } from './service.ts';

const userName = 'atmos-auth';

/** What go-keyring gives an item, and Atmos so finds it by. */
export function attributesFor(key: string): Attributes {
  return new Map([
    ['username', userName],
    ['service', key],
  ]);
}

/** As go-keyring writes it. */
export function labelFor(key: string): string {
  return `Password for '${userName}' on '${key}'`;
}

/**
 * The items of a key, those of other programs included that have attributes beyond ours
 * (python-keyring adds `application`). A provider's search may take similar texts for equal, so the
 * attributes are compared again.
 */
export async function findItems(
  service: SecretService,
  collection: string,
  key: string,
): Promise<string[]> {
  const found = await attributesOfAll(
    service,
    await service.search(collection, attributesFor(key)),
  );
  return found.filter(({ attributes }) => keyOf(attributes) === key).map(({ item }) => item);
}

/** Every key that an item is stored under, sorted. Names that are no key are not ours. */
export async function listKeys(service: SecretService, collection: string): Promise<string[]> {
  return [...(await itemsByKey(service, collection)).keys()].sort();
}

/** The items that are stored under each key. */
export async function itemsByKey(
  service: SecretService,
  collection: string,
): Promise<Map<string, string[]>> {
  const found = await service.search(collection, new Map([['username', userName]]));
  const items = new Map<string, string[]>();
  for (const { item, attributes } of await attributesOfAll(service, found)) {
    const key = keyOf(attributes);
    if (key !== undefined) items.set(key, [...(items.get(key) ?? []), item]);
  }
  return items;
}

/** The items, the one modified last first. */
export async function newestFirst(
  service: SecretService,
  items: readonly string[],
): Promise<string[]> {
  if (items.length < 2) return [...items];
  const dated = await Promise.all(
    items.map((item) =>
      unlessGone(service.modifiedAt(item).then((modifiedAt) => [{ item, modifiedAt }])),
    ),
  );
  return dated
    .flat()
    .sort((left, right) => Number(right.modifiedAt - left.modifiedAt))
    .map(({ item }) => item);
}

interface FoundItem {
  readonly item: string;
  readonly attributes: Attributes;
}

async function attributesOfAll(
  service: SecretService,
  items: readonly string[],
): Promise<FoundItem[]> {
  const found = await Promise.all(items.map((item) => unlessGone(describeItem(service, item))));
  return found.flat();
}

async function describeItem(service: SecretService, item: string): Promise<FoundItem[]> {
  return [{ item, attributes: await service.attributesOf(item) }];
}

/** None, for an item that somebody else deletes at this moment. */
async function unlessGone<T>(found: Promise<T[]>): Promise<T[]> {
  try {
    return await found;
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function keyOf(attributes: Attributes): string | undefined {
  const name = attributes.get('service');
  if (name === undefined || attributes.get('username') !== userName) return undefined;
  return isKey(name) ? name : undefined;
}
