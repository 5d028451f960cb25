import {
  listGraph,
  type AuthGraph,
  type GraphFilter,
  type ListedIdentities,
  type ListedIdentity,
} from '../../app/auth-graph.ts';
import type { SessionState } from '../../app/stored-sessions.ts';
import type { ProjectPlan } from '../../auth/plan.ts';
import { profilesWith } from '../../config/find-identity.ts';
import { addOptions, optionWords } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { formatTimestamp, type LocalClock } from '../../core/time.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { formatGraphviz, formatMarkdown, formatMermaid } from '../graph-diagram.ts';
import { formatTree, formatVia } from '../graph-tree.ts';
import { listOf, tagsOf } from '../list-option.ts';
import { loadPlan } from '../plan.ts';
import { formatHints, loadWriteHint } from '../report.ts';
import {
  formatProvisioned,
  formatSession,
  sessionJson,
  type SessionJson,
} from '../session-text.ts';
import { formatTable } from '../ui/table.ts';
import { formatYaml } from '../ui/yaml.ts';

/**
 * `atmos auth list`: lists providers and identities with their chains and the expiry of their
 * sessions. Never prompts, runs nothing, sends no request, and prints no secret.
 */
export async function list(context: Context, invocation: Invocation): Promise<void> {
  const { host, print, note, outJson } = context;
  const format = invocation.values['output'] ?? 'tree';
  const plan = await planToList(context, invocation);
  const { graph, notRead } = await listGraph(plan, filterOf(invocation), host);
  if (format === 'json') return outJson(graphJson(graph));
  if (format === 'yaml') return print(...formatYaml(graphJson(graph)));
  const formatDiagram = Object.hasOwn(diagrams, format) ? diagrams[format] : undefined;
  if (formatDiagram !== undefined) return print(...formatDiagram(graph));
  if (graph.providers.length + graph.identities.length === 0) {
    const hints = profilesWith(plan.config).map((profile) =>
      addOptions(optionWords('--profile', profile), `profile ${profile} has identities`),
    );
    return note('no providers or identities', ...formatHints(hints, await loadWriteHint(context)));
  }
  const lines = format === 'table' ? formatTables(graph, host) : formatTree(graph, host);
  await print(...lines.map((line) => abbreviateHome(line, host)));
  if (notRead !== undefined) await note(`note: sessions are not known: ${notRead}`);
}

/** With `--refresh`, what providers offer is listed first. That asks for no sign-in, and opens no page. */
async function planToList(context: Context, invocation: Invocation): Promise<ProjectPlan> {
  if (invocation.flags['refresh'] !== true) return loadPlan(context, { isStatic: true });
  const { refreshIdentities } = await import('../refresh-identities.ts');
  return refreshIdentities(context, filterOf(invocation).providers);
}

const diagrams: Readonly<Record<string, (graph: AuthGraph) => string[]>> = {
  mermaid: formatMermaid,
  graphviz: formatGraphviz,
  dot: formatGraphviz,
  markdown: formatMarkdown,
  md: formatMarkdown,
};

function filterOf({ values, flags }: Invocation): GraphFilter {
  const names = (option: string) =>
    flags[option] === true ? ('all' as const) : listOf(values[option]);
  return withoutAbsent({
    providers: names('providers'),
    identities: names('identities'),
    tags: tagsOf(values['tags']),
  });
}

function formatTables({ providers, identities }: AuthGraph, clock: LocalClock): string[] {
  const yes = (isSet: boolean) => (isSet ? 'yes' : '-');
  const ofProviders = providers.map(
    ({ name, kind, region = '-', url = '-', isDefault, session, problem }) => [
      name,
      kind || '-',
      region,
      url,
      yes(isDefault),
      formatState(session, problem, clock),
    ],
  );
  const ofIdentities = identities.map((one) => [
    one.name,
    one.kind || '-',
    formatVia(one) || '-',
    yes(one.isDefault),
    one.alias ?? '-',
    formatState(one.session, one.problem, clock),
  ]);
  const problems = [...providers, ...identities].flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`${name} is broken: ${problem}`],
  );
  const lists = providers.flatMap(({ name, provisioned }) =>
    provisioned === undefined ? [] : [`${name}: ${formatProvisioned(provisioned, clock)}`],
  );
  return [
    ...section(['PROVIDER', 'KIND', 'REGION', 'URL', 'DEFAULT', 'SESSION'], ofProviders),
    ...(ofProviders.length > 0 && ofIdentities.length > 0 ? [''] : []),
    ...section(['IDENTITY', 'KIND', 'VIA', 'DEFAULT', 'ALIAS', 'SESSION'], ofIdentities),
    ...[lists, problems].flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines])),
  ];
}

/** `-` for a provider that keeps no session. */
function formatState(
  session: SessionState | undefined,
  problem: string | undefined,
  clock: LocalClock,
): string {
  if (problem !== undefined) return 'broken';
  return session === undefined ? '-' : formatSession(session, clock);
}

function section(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : formatTable([head, ...rows]);
}

/**
 * The documented form of `-o json` and `-f yaml`: always every field, null if it is not set. The
 * names are those of atmos.yaml.
 */
interface GraphJson {
  /** By name. */
  providers: Readonly<
    Record<
      string,
      {
        kind: string;
        default: boolean;
        tags: readonly string[];
        region: string | null;
        url: string | null;
        /** Null if its tokens are not kept. */
        session: SessionJson | null;
        /** Null if it lists no identities. */
        provisioned: ProvisionedJson | null;
        /** Why it cannot be used. */
        problem: string | null;
      }
    >
  >;
  /** By name. */
  identities: Readonly<Record<string, IdentityJson>>;
}

interface ProvisionedJson {
  /** When they were listed. Null if they never were, or the list cannot be used. */
  listed_at: string | null;
  /** Whether every account was listed. */
  complete: boolean;
  identities: number;
}

interface IdentityJson {
  kind: string;
  default: boolean;
  alias: string | null;
  tags: readonly string[];
  via: { provider: string } | { identity: string } | null;
  /** From the first link to the identity; empty if the chain is broken. */
  chain: readonly { type: string; name: string; kind: string }[];
  region: string | null;
  /** Null if the chain is broken. */
  session: SessionJson | null;
  /** Why it cannot be used. */
  problem: string | null;
}

function graphJson({ providers, identities }: AuthGraph): GraphJson {
  return {
    providers: Object.fromEntries(
      providers.map(({ name, kind, isDefault, tags, region = null, url = null, ...one }) => [
        name,
        {
          kind,
          default: isDefault,
          tags,
          region,
          url,
          session: one.session === undefined ? null : sessionJson(one.session),
          provisioned: one.provisioned === undefined ? null : provisionedJson(one.provisioned),
          problem: one.problem ?? null,
        },
      ]),
    ),
    identities: Object.fromEntries(identities.map((one) => [one.name, identityJson(one)])),
  };
}

function provisionedJson({ at, isComplete, identities }: ListedIdentities): ProvisionedJson {
  const listedAt = at === undefined ? null : formatTimestamp(at);
  return { listed_at: listedAt, complete: isComplete, identities };
}

function identityJson(one: ListedIdentity): IdentityJson {
  const { kind, isDefault, alias = null, tags, via, chain, region = null, session, problem } = one;
  return {
    kind,
    default: isDefault,
    alias,
    tags,
    via: via === undefined ? null : ofType(via),
    chain,
    region,
    session: session === undefined ? null : sessionJson(session),
    problem: problem ?? null,
  };
}

function ofType({ type, name }: NonNullable<ListedIdentity['via']>) {
  return type === 'provider' ? { provider: name } : { identity: name };
}
