import type { AuthGraph, ListedIdentity, ListedProvider } from '../app/auth-graph.ts';
import type { LocalClock } from '../core/time.ts';
import { formatProvisioned, formatSession } from './session-text.ts';

type Listed = ListedProvider | ListedIdentity;

/** Providers and identities, each identity below the link before it. */
export function formatTree(graph: AuthGraph, clock: LocalClock): string[] {
  const { providers, identities } = graph;
  const all: readonly Listed[] = [...providers, ...identities];
  // By their links, because a portal may offer thousands of identities.
  const listed = new Map(all.map((one) => [keyOf(one), one]));
  const children = new Map<string, ListedIdentity[]>();
  for (const identity of identities) {
    const above = keyAbove(identity);
    if (above === undefined) continue;
    const siblings = children.get(above) ?? [];
    siblings.push(identity);
    children.set(above, siblings);
  }
  const isRoot = (one: Listed) => {
    const above = keyAbove(one);
    return above === undefined || !listed.has(above) || isInCycle(one, listed);
  };

  function branch(one: Listed): string[] {
    const below = (children.get(keyOf(one)) ?? []).filter((child) => !isRoot(child));
    return [
      describe(one, clock, isRoot(one)),
      ...below.flatMap((child, at) => {
        const [first = '', ...rest] = branch(child);
        const isLast = at === below.length - 1;
        return [
          `${isLast ? '└── ' : '├── '}${first}`,
          ...rest.map((line) => `${isLast ? '    ' : '│   '}${line}`),
        ];
      }),
    ];
  }
  return all.filter(isRoot).flatMap(branch);
}

function keyOf({ type, name }: Pick<Listed, 'type' | 'name'>): string {
  return `${type} ${name}`;
}

/** Of the link before it. Undefined for the first link of a chain, and if that link is missing. */
function keyAbove(one: Listed): string | undefined {
  const via = one.type === 'identity' ? one.via : undefined;
  return via === undefined || via.isMissing ? undefined : keyOf(via);
}

/** Following `via` leads back to it. */
function isInCycle(one: Listed, listed: ReadonlyMap<string, Listed>): boolean {
  const seen = new Set<Listed>();
  let current: Listed | undefined = one;
  while (current !== undefined && !seen.has(current)) {
    seen.add(current);
    current = listed.get(keyAbove(current) ?? '');
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
        ]
      : [
          one.region,
          one.url,
          one.session && formatSession(one.session, clock),
          one.provisioned && formatProvisioned(one.provisioned, clock),
        ];
  const problem = one.problem === undefined ? undefined : `broken: ${one.problem}`;
  return [marks, ...[...details, problem].filter((detail) => detail !== undefined)].join('  ');
}

/** `identity hub`. Empty without a link before it. */
export function formatVia({ via }: Pick<ListedIdentity, 'via'>): string {
  return via === undefined ? '' : `${via.type} ${via.name}${via.isMissing ? ' (missing)' : ''}`;
}
