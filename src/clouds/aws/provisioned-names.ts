// The names of identities that are made of accounts and permission sets: `<account>/<permission set>`.
// Pure.

import type { ProvisionedGroup } from '../../core/provisioned.ts';
import { wordOf } from '../../core/provisioned.ts';
import { foldName } from '../../core/names.ts';
import { sha256 } from '../../core/sha256.ts';
import type { PortalAccount } from './portal.ts';

interface Named {
  /** Tells it apart from all others. */
  readonly key: string;
  readonly word: string;
  /** Follows the word where it alone is not enough. */
  readonly mark: string;
}

/**
 * The first words of the names, by the id of the account: its name, with the id if another account has
 * the same name. An account whose name has not changed keeps its word, so that another account that is
 * added or removed renames none.
 */
export function nameAccounts(
  accounts: readonly PortalAccount[],
  before: readonly ProvisionedGroup[],
): ReadonlyMap<string, string> {
  const known = new Map(before.map((group) => [group.id, group]));
  const kept = accounts.flatMap(({ id, name }) => {
    const group = known.get(id);
    return group !== undefined && group.label === name ? [[id, group.word] as const] : [];
  });
  const named = accounts.map(({ id, name = '' }) => ({ key: id, word: wordOf(name), mark: id }));
  return assignWords(named, new Map(kept));
}

/**
 * The last words of the names, by the permission set: its name, with six digits of the SHA-256 of the
 * name if another one has the same word. A permission set keeps its word.
 */
export function nameRoles(
  roles: readonly string[],
  { word: account, identities }: Pick<ProvisionedGroup, 'word' | 'identities'>,
): ReadonlyMap<string, string> {
  const start = `${account}/`;
  const present = new Set(roles);
  const kept = identities.flatMap(({ name, principal }) => {
    const role = principal['name'];
    const isKept = typeof role === 'string' && present.has(role) && name.startsWith(start);
    return isKept ? [[role, name.slice(start.length)] as const] : [];
  });
  const named = roles.map((role) => ({
    key: role,
    word: wordOf(role),
    mark: sha256(role).slice(0, 6),
  }));
  return assignWords(named, new Map(kept));
}

/** @param kept the words that some have already, no two of them the same */
function assignWords(
  items: readonly Named[],
  kept: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const { word } of items) counts.set(foldName(word), (counts.get(foldName(word)) ?? 0) + 1);
  const words = new Map(kept);
  const taken = new Set([...kept.values()].map(foldName));
  for (const { key, word, mark } of items.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    if (words.has(key)) continue;
    const marked = word === '' ? mark : `${word}-${mark}`;
    let chosen = word !== '' && counts.get(foldName(word)) === 1 ? word : marked;
    // Another one may be called like a word with a mark.
    while (taken.has(foldName(chosen))) chosen = `${chosen}-${mark}`;
    taken.add(foldName(chosen));
    words.set(key, chosen);
  }
  return words;
}
