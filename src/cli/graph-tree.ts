import type { AuthGraph, ListedIdentity, ListedProvider } from '../app/auth-graph.ts';
import type { LocalClock } from '../core/time.ts';
import { formatSession } from './session-text.ts';

type Listed = ListedProvider | ListedIdentity;

/** Providers and identities, each identity below the link before it. */
export function formatTree(graph: AuthGraph, clock: LocalClock): string[] {
  const { providers, identities } = graph;
  const all: readonly Listed[] = [...providers, ...identities];
  const childrenOf = (parent: Listed) => identities.filter((one) => isBelow(one, parent));
  const isRoot = (one: Listed) =>
    !all.some((other) => isBelow(one, other)) || isInCycle(one, identities);

  function branch(one: Listed): string[] {
    const children = childrenOf(one).filter((child) => !isRoot(child));
    return [
      describe(one, clock, isRoot(one)),
      ...children.flatMap((child, at) => {
        const [first = '', ...rest] = branch(child);
        const isLast = at === children.length - 1;
        return [
          `${isLast ? '└── ' : '├── '}${first}`,
          ...rest.map((line) => `${isLast ? '    ' : '│   '}${line}`),
        ];
      }),
    ];
  }
  return all.filter(isRoot).flatMap(branch);
}

function isBelow(one: Listed, parent: Listed): boolean {
  const via = one.type === 'identity' ? one.via : undefined;
  return via?.type === parent.type && via.name === parent.name && !via.isMissing;
}

/** Following `via` leads back to it. */
function isInCycle(one: Listed, identities: readonly ListedIdentity[]): boolean {
  const seen: Listed[] = [];
  let current: Listed | undefined = one;
  while (current !== undefined && !seen.includes(current)) {
    seen.push(current);
    const below: Listed = current;
    current = identities.find((other) => isBelow(below, other));
  }
  return current === one;
}

function describe(one: Listed, clock: LocalClock, isRoot: boolean): string {
  const marks = [
    `${one.name} (${one.kind === '' ? 'no kind' : one.kind})`,
    ...(one.isDefault ? ['[default]'] : []),
    ...(one.type === 'identity' && one.alias !== undefined ? [`[alias: ${one.alias}]`] : []),
  ].join(' ');
  const details =
    one.type === 'identity'
      ? [
          // The link before it is not above it.
          isRoot && one.via !== undefined ? `via ${formatVia(one)}` : undefined,
          one.session && formatSession(one.session, clock),
          one.problem === undefined ? undefined : `broken: ${one.problem}`,
        ]
      : [one.region, one.url, one.session && formatSession(one.session, clock)];
  return [marks, ...details.filter((detail) => detail !== undefined)].join('  ');
}

/** `identity hub`. Empty without a link before it. */
export function formatVia({ via }: Pick<ListedIdentity, 'via'>): string {
  return via === undefined ? '' : `${via.type} ${via.name}${via.isMissing ? ' (missing)' : ''}`;
}
