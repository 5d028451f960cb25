import { expect, test } from 'vitest';
import type { ListedIdentity, ListedProvider } from '../../src/app/auth-graph.ts';
import { formatTree } from '../../src/cli/graph-tree.ts';
import { fakeHost } from '../support/fake-host.ts';

const provider: ListedProvider = {
  type: 'provider',
  name: 'corp',
  kind: 'k',
  isDefault: false,
  tags: [],
};

/** Identities below the provider, whose links are counted when they are looked at. */
function identitiesBelow(count: number, look: () => void): ListedIdentity[] {
  return Array.from({ length: count }, (_, at) => ({
    type: 'identity' as const,
    name: `account-${at}/ReadOnly`,
    kind: 'k',
    isDefault: false,
    tags: [],
    chain: [],
    get via() {
      look();
      return { type: 'provider' as const, name: 'corp', isMissing: false };
    },
  }));
}

test('the work for a tree grows as the number of identities, not as its square', () => {
  const looksAt = (count: number) => {
    let looks = 0;
    const identities = identitiesBelow(count, () => (looks += 1));
    const lines = formatTree({ providers: [provider], identities }, fakeHost());
    expect(lines).toHaveLength(count + 1);
    return looks / count;
  };
  expect(looksAt(2000)).toBe(looksAt(20));
});

test('shows how many identities a provider has listed, and when', () => {
  const lineOf = (provisioned: ListedProvider['provisioned']) =>
    formatTree({ providers: [{ ...provider, provisioned }] as never, identities: [] }, fakeHost());
  const at = new Date('2025-12-31T20:48:00Z');
  expect(lineOf({ at, isComplete: true, identities: 2100 })).toEqual([
    'corp (k)  2100 identities, listed 3h 12m ago',
  ]);
  expect(lineOf({ at, isComplete: false, identities: 1 })).toEqual([
    'corp (k)  1 identity, listed 3h 12m ago, not completely',
  ]);
  expect(lineOf({ isComplete: false, identities: 0 })).toEqual([
    'corp (k)  identities not listed yet',
  ]);
});
