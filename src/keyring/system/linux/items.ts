import { isKey } from '../../key.ts';
import { isGone } from './failures.ts';
import type { Attributes, SecretService } from './service.ts';

const userName = 'atmos-auth';

/** The attributes that go-keyring gives an item, and that Atmos searches for. */
export function attributesFor(key: string): Attributes {
  return new Map([
    ['username', userName],
    ['service', key],
  ]);
}

/** The label that go-keyring gives an item. */
export function labelFor(key: string): string {
  return `Password for '${userName}' on '${key}'`;
}

/**
 * The items of an entry name, including items of other programs that have further attributes
 * (python-keyring adds `application`). The attributes are compared again, because the search of
 * some providers also matches similar texts.
 */
export async function findItems(
  service: SecretService,
  collection: string,
  key: string,
): Promise<string[]> {
  return itemsNamed(service, await service.search(collection, attributesFor(key)), key);
}

/** The items that have the entry name. */
export async function itemsNamed(
  service: SecretService,
  items: readonly string[],
  key: string,
): Promise<string[]> {
  const found = await attributesOfAll(service, items);
  return found.filter(({ attributes }) => keyOf(attributes) === key).map(({ item }) => item);
}

/** The entry names of all items, sorted. Ignores names that are invalid in Atmos. */
export async function listKeys(service: SecretService, collection: string): Promise<string[]> {
  return [...(await itemsByKey(service, collection)).keys()].sort();
}

/** The items of each entry name. */
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

/** The items, sorted by the time of their last change, newest first. */
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

/** An empty list for an item that another program deletes at the same time. */
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
