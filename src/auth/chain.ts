import type { LinkPlan } from '../clouds/contract.ts';
import { kindOf, linkKindOf } from '../clouds/registry.ts';
import { remoteImportNote, type WithRemoteImports } from '../config/remote-imports.ts';
import { ConfigurationError } from '../core/configuration-error.ts';
import { AtmosError } from '../core/errors.ts';
import { didYouMean, edit, say, type Hint } from '../core/hint.ts';
import { quoteValue, withoutAbsent } from '../core/json.ts';
import {
  isProvider,
  titleOf,
  type Identity,
  type LinkConfig,
  type Provider,
} from '../core/kind-config.ts';
import { foldName, isSameName, nearestName, someNames } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import { endpointVariables, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { ChainSettings } from '../store/envelope.ts';

/** The identities and providers in which the `via` of an identity is looked up. */
export interface Configured extends Partial<WithRemoteImports> {
  readonly identities: readonly Identity[];
  readonly providers: readonly Provider[];
  /** The top-level `env:`. Absent: empty. */
  readonly env?: readonly Variable[];
  /** The tag that produced the value at a path of the whole configuration. Absent: none. */
  readonly tagAt?: (path: readonly string[]) => string | undefined;
}

/** One link of a chain with everything on which a session of it depends. */
export interface ChainLink {
  readonly config: LinkConfig;
  readonly plan: LinkPlan;
  /** The SHA-256 over the settings of the link and the fingerprint of the link before it. */
  readonly chainFingerprint: string;
  /** The settings of the link and of the links before it, by the names that messages use. */
  readonly chainSettings: ChainSettings;
}

/** The links from the first one, which needs no other, to the identity that is wanted. */
export interface Chain {
  readonly links: readonly ChainLink[];
  readonly target: ChainLink;
}

/**
 * Follows the `via` of an identity and plans every link; a provider is a chain of its own. Reads
 * nothing. Of the `env:` of the
 * configuration, the variables that determine an endpoint apply to the links as well: see
 * {@link endpointEnvironment}.
 *
 * @param env the real environment, for variables that change where requests go
 * @throws ERR_CONFIG_INVALID for a `via` that leads nowhere, to itself, or to something that the
 *   kind cannot use, naming the whole path; ERR_IDENTITY_UNSUPPORTED; as `Kind.plan`
 */
export async function planChain(
  config: LinkConfig,
  configured: Configured,
  env: Host['env'],
): Promise<Chain> {
  const configs = isProvider(config) ? [config] : await resolveChain(config, configured);
  const links = await planLinks(configs, env, configured.env);
  const target = links.at(-1);
  if (target === undefined) throw new TypeError('a chain has at least the identity itself');
  return { links, target };
}

export function linkAt({ links }: Chain, at: number): ChainLink {
  const link = links[at];
  if (link === undefined) throw new RangeError(`a chain of ${links.length} has no link ${at}`);
  return link;
}

/** The link whose long-lived key opens this link: it is this link itself, or the one before it. */
export function keyLinkOf(chain: Chain, at: number): ChainLink {
  return linkAt(chain, linkAt(chain, at).plan.opensWithKey ? at - 1 : at);
}

/** Plans links, each on the one before it. @throws as `Kind.plan` */
export async function planLinks(
  configs: readonly LinkConfig[],
  env: Host['env'],
  shared: readonly Variable[] = [],
): Promise<readonly ChainLink[]> {
  const links: ChainLink[] = [];
  for (const config of configs) {
    links.push(await planOn(links.at(-1), config, endpointEnvironment(config, env, shared)));
  }
  return links;
}

/**
 * The environment that determines the endpoint of a link: the real one, with the variables for this from
 * `env:`, which override it as they do in Atmos. The caller has checked that they are trusted.
 *
 * @param shared the top-level `env:`, which that of an identity overrides
 */
function endpointEnvironment(
  config: LinkConfig,
  env: Host['env'],
  shared: readonly Variable[],
): Host['env'] {
  const set = [...shared, ...(isProvider(config) ? [] : config.env)]
    .filter(({ key }) => endpointVariables.includes(key))
    .map(({ key, value }) => [key, value] as const);
  return set.length === 0 ? env : { ...env, ...Object.fromEntries(set) };
}

async function planOn(
  base: ChainLink | undefined,
  config: LinkConfig,
  env: Host['env'],
): Promise<ChainLink> {
  const plan = (await linkKindOf(config)).plan(config, { base: base?.plan, env });
  return { config, plan, ...termsOf(plan, base) };
}

/** What a session of a link depends on. */
export function termsOf(
  { kind, fingerprint }: Pick<LinkPlan, 'kind' | 'fingerprint'>,
  base?: ChainLink,
): Pick<ChainLink, 'chainFingerprint' | 'chainSettings'> {
  const settings = Object.entries(fingerprint).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = settings.map(([name, { value }]) => [name, value]);
  const own = { kind: { value: kind }, ...Object.fromEntries(settings) };
  // Two links before it can have equal settings and different keys.
  const before = base === undefined ? [] : [foldName(titleOf(base.config)), base.chainFingerprint];
  return {
    chainFingerprint: sha256(JSON.stringify([kind, values, ...before])),
    chainSettings: { ...own, ...settingsOfBase(base) },
  };
}

/** The settings of the links before, each with the name of its link. */
function settingsOfBase(base: ChainLink | undefined): ChainSettings {
  if (base === undefined) return {};
  const title = titleOf(base.config);
  const via: ChainSettings = { via: { value: title } };
  const named = Object.entries(base.chainSettings).map(([name, setting]) => [
    / of (identity|provider) /.test(name) ? name : `${name} of ${title}`,
    setting,
  ]);
  return { ...via, ...Object.fromEntries(named) };
}

/** More than anyone needs. A hostile project could otherwise make every command slow. */
const maxLinks = 32;

function tooLong(identity: Identity): ConfigurationError {
  const message = `is the end of a chain of more than ${maxLinks} links`;
  return new ConfigurationError(identity, [{ path: ['via', 'identity'], message }]);
}

/**
 * The links of the chain that ends with the identity, from the first one.
 *
 * @throws a `ConfigurationError` for the identity whose `via` is wrong; ERR_IDENTITY_UNSUPPORTED
 */
export async function resolveChain(
  identity: Identity,
  configured: Configured,
): Promise<readonly LinkConfig[]> {
  const links: LinkConfig[] = [identity];
  let current = identity;
  for (;;) {
    const base = await baseOf(current, links, configured);
    if (base === undefined) return links;
    links.unshift(base);
    if (links.length > maxLinks) throw tooLong(identity);
    if (isProvider(base)) return links;
    current = base;
  }
}

/** The link before an identity. Undefined for an identity that starts a chain. */
async function baseOf(
  identity: Identity,
  links: readonly LinkConfig[],
  configured: Configured,
): Promise<LinkConfig | undefined> {
  const kind = await kindOf(identity);
  const fault = (path: readonly string[], message: string, hint?: Hint) =>
    chainError(identity, path, `${message}${chainNote(links)}`, hint);
  const base = findBase(identity, configured, fault);
  if (base === undefined) {
    if (kind.takes.length === 0) return undefined;
    throw fault(
      [],
      `has no via, which the kind ${identity.kind} needs`,
      edit(identity.locate(), 'add via.identity or via.provider'),
    );
  }
  if (kind.takes.length === 0) {
    throw fault(
      ['via'],
      `must not be set, because the kind ${identity.kind} needs no other identity`,
    );
  }
  if (links.includes(base)) {
    const cycle = `leads back to itself: ${pathOf([base, ...links])}`;
    throw chainError(identity, ['via', 'identity'], cycle);
  }
  const { gives } = await linkKindOf(base);
  if (!kind.takes.includes(gives)) {
    throw fault(
      ['via'],
      `names ${titleOf(base)} of kind ${base.kind}, whose credentials the kind ${identity.kind} cannot use`,
    );
  }
  return base;
}

type Fault = (path: readonly string[], message: string, hint?: Hint) => ConfigurationError;

function findBase(
  { name, via = {}, tagAt }: Identity,
  { identities, providers, remoteImports = [] }: Configured,
  fault: Fault,
): LinkConfig | undefined {
  const { provider, identity } = via;
  if (provider !== undefined && identity !== undefined) {
    throw fault(['via'], 'names both a provider and an identity, but only one is allowed');
  }
  const find = <T extends LinkConfig>(
    key: 'provider' | 'identity',
    wanted: string,
    all: readonly T[],
  ) => {
    const found = all.find((one) => isSameName(one.name, wanted));
    if (found !== undefined) return found;
    const shown = quoteValue({ value: wanted, tag: tagAt?.(['via', key]) });
    const known = all.map((one) => one.name).filter((one) => one !== name);
    const others = say(known.length > 0 ? `defined: ${someNames(known)}` : `no ${key} is defined`);
    const [hint = others] = didYouMean(nearestName(wanted, known));
    throw fault(
      ['via', key],
      `is not ${key === 'identity' ? 'an identity' : 'a provider'}: ${shown}${remoteImportNote({ remoteImports })}`,
      hint,
    );
  };
  if (provider !== undefined) return find('provider', provider, providers);
  if (identity !== undefined) return find('identity', identity, identities);
  return undefined;
}

function chainError(
  identity: Identity,
  path: readonly string[],
  message: string,
  hint?: Hint,
): ConfigurationError {
  return new ConfigurationError(identity, [{ path, message, ...withoutAbsent({ hint }) }]);
}

/** Names the whole path if the fault is not in the identity that was asked for. */
function chainNote(links: readonly LinkConfig[]): string {
  return links.length > 1 ? ` (chain: ${pathOf(links)})` : '';
}

/** A chain in a message: `provider github → identity deploy → identity prod`. */
export function pathOf(links: readonly LinkConfig[]): string {
  return links.map(titleOf).join(' → ');
}

/**
 * The names of the identities whose chains contain this identity or provider; of an identity, its own
 * name is the first. An identity whose chain is broken has no session that could be used.
 */
export async function dependentsOf(
  config: LinkConfig,
  configured: Configured,
): Promise<readonly string[]> {
  const names = isProvider(config) ? [] : [config.name];
  const isIt = (link: LinkConfig) =>
    isProvider(link) === isProvider(config) && isSameName(link.name, config.name);
  for (const other of configured.identities) {
    if (isIt(other)) continue;
    const links = await resolveChain(other, configured).catch(noneOfBroken);
    if (links.some(isIt)) names.push(other.name);
  }
  return names;
}

function noneOfBroken(error: unknown): readonly LinkConfig[] {
  if (error instanceof AtmosError) return [];
  throw error;
}
