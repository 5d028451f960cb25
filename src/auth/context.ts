import type { Ask, KeptSignIn, KeySource, LinkPlan } from '../clouds/contract.ts';
import type { ProgramCredentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { adoptFrom } from '../core/hint.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import {
  isProvider,
  type Identity,
  type LinkConfig,
  type Occasion,
  type TrustNeed,
} from '../core/kind-config.ts';
import type { Pace } from '../core/pace.ts';
import { endpointVariables, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import { otherRealmsOf, type Owner } from '../store/key.ts';
import { planChain, type Chain, type Configured } from './chain.ts';
import { variableNeeds, linkNeeds } from './trust-needs.ts';

export interface SessionFileSettings {
  /** The files from which the configuration was loaded. A session is used only if it is newer. */
  readonly configFiles: readonly string[];
}

/** What every operation of the manager works with. */
export interface AuthContext {
  readonly host: Host;
  /** As in `OpenContext`. */
  readonly commandEnv: Host['env'];
  readonly keyring: Keyring;
  readonly store: CredentialStore;
  readonly realm: Sourced<string>;
  /** The identities and providers of the configuration. Absent without a configuration. */
  readonly configured?: Configured;
  /** Shares sessions with Atmos through its plain files. Absent without `auth.session_files`. */
  readonly sessionFiles?: SessionFileSettings;
  /**
   * Refuses what a project's file asks for until the user trusts it. @throws ERR_CONFIG_UNTRUSTED
   */
  requireTrust(need: TrustNeed): void;
  /** Refuses to store anything under a password that a project's file has chosen. @throws as above */
  requireStorable(): void;
  /** As in `OpenContext`. */
  readonly pace?: Pace;
  /** Prompts for the user, provided by the caller. */
  readonly ask: Ask;
  /** Reports a warning of one line to the user. */
  warn(message: string): void;
}

/**
 * Checks an identity and the links before it, or a provider, and plans how they are opened. Reads
 * nothing.
 *
 * @throws ERR_CONFIG_UNTRUSTED; as {@link planChain}
 */
export async function planTrusted(
  context: Pick<AuthContext, 'configured' | 'host' | 'requireTrust'>,
  config: LinkConfig,
): Promise<Chain> {
  const { configured = nothing, host } = context;
  // First, so that what is wrong in the settings of a file that is not trusted is not shown.
  await checkTrust(context, config);
  const chain = await planChain(config, configured, host.env);
  for (const link of chain.links.slice(0, -1)) await checkTrust(context, link.config);
  for (const need of endpointVariableNeeds(chain, configured, host)) context.requireTrust(need);
  return chain;
}

/** What following the endpoint variables of `env:` needs trust for: that of setting them for programs. */
function endpointVariableNeeds(
  { links }: Chain,
  { env = [], tagAt = () => undefined }: Configured,
  host: Host,
): TrustNeed[] {
  const ofVariable = (path: readonly string[], variable: Variable) =>
    endpointVariables.includes(variable.key) ? variableNeeds(path, variable, { tagAt }, host) : [];
  const ofLink = (config: LinkConfig) =>
    isProvider(config)
      ? []
      : config.env.flatMap((variable, at) => {
          const path = ['auth', 'identities', config.name, 'env', String(at), 'value'];
          return ofVariable(path, variable);
        });
  return [
    ...env.flatMap((variable) => ofVariable(['env', variable.key], variable)),
    ...links.flatMap(({ config }) => ofLink(config)),
  ];
}

const nothing: Configured = { identities: [], providers: [] };

/** The store's long-lived key of a link. It is read when it is first asked for, and once. */
export function keySourceOf({ store, keyring }: AuthContext, { name }: LinkPlan): KeySource {
  let stored: Promise<ProgramCredentials | null> | undefined;
  let signedIn: Promise<KeptSignIn | undefined> | undefined;
  const read = async () => (await store.read(name, 'key'))?.credentials ?? null;
  return {
    storedKey: () => (stored ??= read()),
    keptSignIn: () => (signedIn ??= keptSignInOf(store, name)),
    isStoreLasting: keyring.info.persistent,
  };
}

/** The sign-in that is kept for an identity. */
export async function keptSignInOf(
  store: CredentialStore,
  name: string,
): Promise<KeptSignIn | undefined> {
  const envelope = await store.signIns.read(name);
  if (envelope === null) return undefined;
  const { credentials: token, renewal, clockOffsetMs } = envelope;
  return { token, ...withoutAbsent({ renewal, clockOffsetMs }) };
}

/**
 * The long-lived key that opens a link; undefined for a kind that has none, and if it is opened without.
 *
 * @param isRequired as in {@link LinkPlan.longLivedKey}
 * @throws ERR_AUTH_KEYS_MISSING, which names other realms that have one, and what reading the store gives
 */
export async function longLivedKeyOf(
  context: AuthContext,
  link: LinkPlan,
  source: KeySource = keySourceOf(context, link),
  isRequired = false,
): Promise<ProgramCredentials | undefined> {
  try {
    return await link.longLivedKey?.(source, isRequired);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_KEYS_MISSING')) throw error;
    throw await withOtherRealms(context, link, error);
  }
}

/**
 * Checks that everything that using the identity or provider does is trusted.
 *
 * @param occasion what it is about to do. Default: what it does in any case
 * @throws ERR_CONFIG_UNTRUSTED
 */
export async function checkTrust(
  { requireTrust }: Pick<AuthContext, 'requireTrust'>,
  config: LinkConfig,
  occasion?: Occasion,
): Promise<void> {
  const needs = await linkNeeds(config);
  for (const need of needs) if (need.occasion === occasion) requireTrust(need);
}

/**
 * A moved checkout has another realm, as does each checkout or machine that shares a keyring. The
 * keys may then exist under another realm.
 */
async function withOtherRealms(
  { keyring, store }: AuthContext,
  { name }: LinkPlan,
  error: AtmosError,
): Promise<AtmosError> {
  const realms = otherRealmsOf(name, await keyring.keys(), store.realm);
  if (realms.length === 0) return error;
  const found = realms.map((realm) => `realm ${realm}`).join(', ');
  return new AtmosError(
    error.code,
    `${error.message} in realm ${store.realm}; credentials exist under ${found}`,
    { hints: [...realms.map((realm) => adoptFrom([name], realm)), ...error.hintValues] },
  );
}

export function ownerOf(
  { realm }: Pick<AuthContext, 'realm'>,
  { name }: Pick<Identity, 'name'>,
): Owner {
  return { realm: realm.value, alias: name };
}
