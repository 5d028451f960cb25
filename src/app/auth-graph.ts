import { planChain, type Chain, type Configured } from '../auth/chain.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import type { Config } from '../config/config.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { showValue, withoutAbsent } from '../core/json.ts';
import { isProvider, type Identity, type LinkConfig, type Provider } from '../core/kind-config.ts';
import { isSameName, nearestName } from '../core/names.ts';
import { provisionedSourceOf } from '../core/provisioned.ts';
import { parseTimestamp } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import { unknownName } from './provider-named.ts';
import { openStoredSessions, type SessionState, type StoredSessions } from './stored-sessions.ts';

export type LinkType = 'provider' | 'identity';

/** A provider or an identity. Contains no secret: a value that a tag gave is shown as the tag. */
interface ListedLink {
  readonly type: LinkType;
  /** As written in atmos.yaml. */
  readonly name: string;
  /** Empty if missing. */
  readonly kind: string;
  readonly isDefault: boolean;
  readonly tags: readonly string[];
  readonly region?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

export interface ListedProvider extends ListedLink {
  readonly type: 'provider';
  /** The page at which a person logs in. */
  readonly url?: string;
  /** Absent for a provider whose tokens are not kept, and if there is a problem. */
  readonly session?: SessionState;
  /** The identities that it has listed. Absent for a provider that lists none. */
  readonly provisioned?: ListedIdentities;
}

/** What is known of the identities that a provider offers. */
export interface ListedIdentities {
  /** Absent: they were never listed, or the list cannot be used. */
  readonly at?: Date;
  /** Whether every account was listed then. */
  readonly isComplete: boolean;
  readonly identities: number;
}

export interface ListedIdentity extends ListedLink {
  readonly type: 'identity';
  readonly alias?: string;
  /** The link before it. The name is that of the target, or as configured if the target is missing. */
  readonly via?: { readonly type: LinkType; readonly name: string; readonly isMissing: boolean };
  /** From the first link to the identity. Empty if the chain is broken. */
  readonly chain: readonly Pick<ListedLink, 'type' | 'name' | 'kind'>[];
  /** Absent if there is a problem. */
  readonly session?: SessionState;
}

/** Providers and identities, each sorted by name, with the links between them. */
export interface AuthGraph {
  readonly providers: readonly ListedProvider[];
  readonly identities: readonly ListedIdentity[];
}

/** Which providers and identities to list. */
export interface GraphFilter {
  /** Only providers: all, or those with these names. */
  readonly providers?: 'all' | readonly string[];
  /** Only identities: all, or those with these names. */
  readonly identities?: 'all' | readonly string[];
  /** Only those that have any of these tags. */
  readonly tags?: readonly string[];
}

export interface Listing {
  readonly graph: AuthGraph;
  /** Why sessions are not known. */
  readonly notRead?: string;
}

/**
 * Lists what is configured. Runs nothing, sends no request and reads the keyring only if that
 * prompts for nothing. A broken chain is listed with its problem.
 *
 * @throws ERR_USAGE and ERR_IDENTITY_UNKNOWN for a name that is not configured; ERR_USAGE for
 *   contradicting filters, or tags that nothing has; ERR_KEYRING_UNKNOWN_TYPE
 */
export async function listGraph(
  plan: ProjectPlan,
  filter: GraphFilter,
  host: Host,
): Promise<Listing> {
  const selected = select(plan.config, filter);
  const sessions = await openStoredSessions(plan, host);
  try {
    const graph = await graphOf(selected, { config: plan.config, sessions, host });
    return { graph, ...withoutAbsent({ notRead: sessions.reason }) };
  } finally {
    await sessions.close();
  }
}

/** A configuration, also one that is written in code. */
type Graphed = Configured & Partial<Pick<Config, 'provisioned' | 'leftOut'>>;

/** What {@link graphOf} looks things up in. */
export interface GraphSource {
  readonly config: Graphed;
  readonly sessions: StoredSessions;
  readonly host: Host;
}

/** What is known of some of the providers and identities of a configuration. */
export async function graphOf(
  { providers, identities }: Entries,
  source: GraphSource,
): Promise<AuthGraph> {
  const graph = { providers: [] as ListedProvider[], identities: [] as ListedIdentity[] };
  for (const provider of providers) graph.providers.push(await listedProvider(provider, source));
  for (const identity of identities) graph.identities.push(await listedIdentity(identity, source));
  return graph;
}

type Entries = Pick<Config, 'providers' | 'identities'>;

function select(config: Entries, { providers, identities, tags }: GraphFilter): Entries {
  if (providers !== undefined && identities !== undefined) {
    throw new AtmosError('ERR_USAGE', '--providers and --identities cannot be combined', {
      hints: [say('use one of them, or neither to list both')],
    });
  }
  const named = {
    providers: identities === undefined ? byName('provider', config.providers, providers) : [],
    identities: providers === undefined ? byName('identity', config.identities, identities) : [],
  };
  if (tags === undefined) return named;
  checkTags([...config.providers, ...config.identities], tags);
  return {
    providers: named.providers.filter((one) => hasAnyTag(one, tags)),
    identities: named.identities.filter((one) => hasAnyTag(one, tags)),
  };
}

function byName<T extends LinkConfig>(
  type: LinkType,
  all: readonly T[],
  names: GraphFilter['providers'] = 'all',
): readonly T[] {
  if (names === 'all') return all;
  for (const name of names) {
    if (!all.some((other) => isSameName(other.name, name))) throw unknownName(type, name, all);
  }
  return all.filter((one) => names.some((name) => isSameName(one.name, name)));
}

/**
 * The identities that have at least one of the tags.
 *
 * @throws ERR_USAGE if no identity has one of them, with the tags that exist
 */
export function identitiesWithTags(
  { identities }: Pick<Config, 'identities'>,
  tags: readonly string[],
): readonly Identity[] {
  checkTags(identities, tags);
  return identities.filter((identity) => hasAnyTag(identity, tags));
}

function checkTags(links: readonly LinkConfig[], tags: readonly string[]): void {
  if (links.some((link) => hasAnyTag(link, tags))) return;
  const known = [...new Set(links.flatMap(shownTags))].toSorted();
  const list = known.length === 0 ? 'no identity has tags' : `the tags are ${known.join(', ')}`;
  const [first = ''] = tags;
  throw new AtmosError(
    'ERR_USAGE',
    `no identity has ${tags.length === 1 ? 'the tag' : 'one of the tags'} ${tags.map((tag) => JSON.stringify(tag)).join(', ')}: ${list}`,
    { hints: didYouMean(nearestName(first, known)) },
  );
}

/** Whether the identity or provider has at least one of the tags. */
function hasAnyTag(config: LinkConfig, tags: readonly string[]): boolean {
  return tagsOf(config).some((tag) => tags.includes(tag));
}

/** The tags of an identity or provider, as configured. */
function tagsOf(config: LinkConfig): readonly string[] {
  const tags: unknown = isProvider(config) ? config.settings['tags'] : config.tags;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

function shownTags(config: LinkConfig): readonly string[] {
  return tagsOf(config).map((value, at) => shown(config, ['tags', String(at)], value));
}

/** A value without what a tag gave, which may be a secret. */
function shown({ tagAt }: LinkConfig, path: readonly string[], value: string): string {
  return showValue({ value, tag: tagAt?.(path) });
}

async function listedProvider(provider: Provider, source: GraphSource): Promise<ListedProvider> {
  const { name, kind, settings } = provider;
  const text = (key: string) => {
    const value = settings[key];
    return typeof value === 'string' && value !== '' ? shown(provider, [key], value) : undefined;
  };
  return {
    type: 'provider',
    name,
    kind: shown(provider, ['kind'], kind),
    isDefault: settings['default'] === true,
    tags: shownTags(provider),
    ...withoutAbsent({
      region: text('region'),
      url: text('start_url') ?? text('url'),
      provisioned: provisionedOf(provider, source.config),
    }),
    ...(await stateOf(provider, source)),
  };
}

function provisionedOf(
  { name }: Provider,
  { provisioned = [] }: Graphed,
): ListedIdentities | undefined {
  const source = provisionedSourceOf(provisioned, name);
  if (source === undefined) return undefined;
  const { isComplete = false, groups = [], startedAt = '' } = source.list ?? {};
  const identities = groups.reduce((count, group) => count + group.identities.length, 0);
  return { isComplete, identities, ...withoutAbsent({ at: parseTimestamp(startedAt) }) };
}

async function stateOf(
  provider: Provider,
  { config, sessions, host }: GraphSource,
): Promise<Pick<ListedProvider, 'session' | 'problem'>> {
  const chain = await chainOrProblem(provider, config, host);
  if (typeof chain === 'string') return isPartial(config) ? {} : { problem: chain };
  if (chain.target.plan.slot === 'nothing') return {};
  return { session: await sessions.of(chain.target, chain) };
}

async function listedIdentity(
  identity: Identity,
  { config, sessions, host }: GraphSource,
): Promise<ListedIdentity> {
  const { name, kind, isDefault, alias } = identity;
  const known = {
    type: 'identity' as const,
    name,
    kind: shown(identity, ['kind'], kind),
    isDefault,
    tags: shownTags(identity),
    ...withoutAbsent({
      alias: alias && shown(identity, ['alias'], alias),
      via: viaOf(identity, config),
    }),
  };
  const chain = await chainOrProblem(identity, config, host);
  if (typeof chain === 'string') {
    return {
      ...known,
      chain: [],
      ...(isPartial(config) ? { session: notRun } : { problem: chain }),
    };
  }
  const { plan } = chain.target;
  const session = await sessions.of(chain.target, chain);
  return {
    ...known,
    chain: chain.links.map(({ config: link }) => ({
      type: isProvider(link) ? 'provider' : 'identity',
      name: link.name,
      kind: link.kind,
    })),
    session: session.kind === 'changed' && isPartial(config) ? notRun : session,
    ...withoutAbsent({ region: plan.shownRegion ?? plan.region }),
  };
}

const notRun: SessionState = {
  kind: 'unknown',
  reason: 'commands of the configuration were not run',
};

/** Whether the values of commands are missing, so that it is not known what is wrong. */
function isPartial({ leftOut = [] }: Graphed): boolean {
  return leftOut.some(
    ([top, list = '']) => top === 'auth' && /^(identities|providers)$/.test(list),
  );
}

async function chainOrProblem(
  link: LinkConfig,
  config: Graphed,
  { env }: Host,
): Promise<Chain | string> {
  try {
    return await planChain(link, config, env);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return error.lines.join('; ');
  }
}

function viaOf(identity: Identity, config: Entries): ListedIdentity['via'] {
  const { via = {}, tagAt } = identity;
  const type = via.identity === undefined ? 'provider' : 'identity';
  const wanted = via[type];
  if (wanted === undefined) return undefined;
  const all: readonly LinkConfig[] = type === 'provider' ? config.providers : config.identities;
  const found = all.find((one) => isSameName(one.name, wanted));
  const name = found?.name ?? showValue({ value: wanted, tag: tagAt?.(['via', type]) });
  return { type, name, isMissing: found === undefined };
}
