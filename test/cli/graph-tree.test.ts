import { expect, test } from 'vitest';
import type { AuthGraph, ListedIdentity } from '../../src/app/auth-graph.ts';
import { formatTree } from '../../src/cli/graph-tree.ts';
import { fakeHost } from '../support/fake-host.ts';

const identity = (name: string, via?: string, isMissing = false): ListedIdentity => ({
  type: 'identity',
  name,
  kind: 'k',
  isDefault: false,
  tags: [],
  chain: [],
  session: { kind: 'none' },
  ...(via === undefined ? {} : { via: { type: 'identity', name: via, isMissing } }),
});

const treeOf = (identities: readonly ListedIdentity[], providers: AuthGraph['providers'] = []) =>
  formatTree({ identities, providers }, fakeHost());

test('draws each identity once, below the link before it', () => {
  const provider = {
    type: 'provider',
    name: 'a',
    kind: 'p',
    isDefault: true,
    tags: [],
    region: 'r',
    url: 'u',
  } as const;
  const first = {
    ...identity('a'),
    via: { type: 'provider', name: 'a', isMissing: false } as const,
  };
  expect(
    treeOf([first, identity('b', 'a'), identity('c', 'b'), identity('d', 'a')], [provider]),
  ).toEqual([
    'a (p) [default]  r  u',
    '└── a (k)  no session',
    '    ├── b (k)  no session',
    '    │   └── c (k)  no session',
    '    └── d (k)  no session',
  ]);
});

test('lists each member of a cycle once, with what is below it', () => {
  expect(
    treeOf([identity('a', 'b'), identity('b', 'a'), identity('c', 'a'), identity('d', 'd')]),
  ).toEqual([
    'a (k)  via identity b  no session',
    '└── c (k)  no session',
    'b (k)  via identity a  no session',
    'd (k)  via identity d  no session',
  ]);
});

test('names a link that is missing or not listed', () => {
  expect(treeOf([identity('a', 'gone', true), identity('b', 'filtered')])).toEqual([
    'a (k)  via identity gone (missing)  no session',
    'b (k)  via identity filtered  no session',
  ]);
});
