import { linkKindOf } from '../clouds/registry.ts';
import type { Config } from '../config/config.ts';
import { isAtmosError } from '../core/errors.ts';
import { showForConsent, type Sourced } from '../core/json.ts';
import { isProvider, type LinkConfig, type Occasion, type TrustNeed } from '../core/kind-config.ts';
import { isLogDevice } from '../core/log-level.ts';
import { withoutUrlUser } from '../core/url-user.ts';
import { classOf } from '../core/variable-class.ts';
import { endpointUrlVariables, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { allBackends, usableBackends } from '../keyring/registry.ts';
import { sessionsNeeds } from '../keyring/sessions-settings.ts';
import { environmentChoices, resolveKeyringSettings } from '../keyring/settings.ts';
import type { AuthPlan } from './plan.ts';
import { createProjectPlace } from './project-place.ts';

/**
 * Every action of any command that the configuration determines and that needs trust. Unknown kinds
 * of identities are skipped because this version does not use them. A trust record names what was
 * shown, so a later version asks again.
 */
export async function findNeeds(config: Config, host: Host): Promise<TrustNeed[]> {
  const { logs, auditFile, env, identities, providers } = config;
  const ofVariable = (path: readonly string[], variable: Variable) =>
    variableNeeds(path, variable, config, host);
  const { spec } = keyringOfFiles(config);
  const place = createProjectPlace(config, host);
  const needs = [
    ...allBackends().flatMap(
      ({ trustNeeds }) => trustNeeds?.(spec, place, { ...host, env: {} }) ?? [],
    ),
    ...sessionsNeeds(spec),
    ...logFileNeeds(logs.file),
    ...auditNeeds(auditFile),
    ...env.flatMap((variable) => ofVariable(['env', variable.key], variable)),
  ];
  for (const provider of providers) {
    needs.push(...(await linkNeeds(provider).catch(noneOfUnknown)));
  }
  for (const identity of identities) {
    const list = ['auth', 'identities', identity.name, 'env'];
    needs.push(...(await linkNeeds(identity).catch(noneOfUnknown)));
    needs.push(
      ...identity.env.flatMap((one, at) => ofVariable([...list, String(at), 'value'], one)),
    );
  }
  return needs;
}

/** What the files say of the keyring, whatever the environment of this moment says. */
export function keyringOfFiles({
  keyring,
  environment,
}: Pick<Config, 'keyring' | 'environment'>): KeyringSettings {
  return resolveKeyringSettings([environmentChoices({ env: {} }, environment), keyring]);
}

/**
 * What using the keyring needs trust for: of the backends that may be used, or of one.
 *
 * @param occasion what is about to be done. Default: what is done in any case
 */
export function keyringNeeds(
  { config, keyring }: Pick<AuthPlan, 'config' | 'keyring'>,
  host: Host,
  occasion?: Occasion,
  backends = usableBackends(keyring),
): TrustNeed[] {
  const place = createProjectPlace(config, host);
  const ofBackends = backends.flatMap(
    ({ trustNeeds }) => trustNeeds?.(keyring.spec, place, host) ?? [],
  );
  return [...ofBackends, ...sessionsNeeds(keyring.spec)].filter(
    (need) => need.occasion === occasion,
  );
}

/** @param file what `auth.logs.file` or `logs.file` says */
export function logFileNeeds(file: Sourced<string> | undefined): TrustNeed[] {
  if (file === undefined || isLogDevice(file.value)) return [];
  // Which of the two has said it, its source begins with.
  const path = file.source.startsWith('auth.') ? ['auth', 'logs', 'file'] : ['logs', 'file'];
  return [{ path, what: `writes a log to ${showForConsent(file)}` }];
}

/** @param file what `auth.audit.file` says */
export function auditNeeds(file: Sourced<string> | undefined): TrustNeed[] {
  if (file === undefined) return [];
  const what = `writes a line for each use of an identity to ${showForConsent(file)}`;
  return [{ path: ['auth', 'audit', 'file'], what }];
}

/**
 * Of a variable for programs: that it is set, unless it is one that needs no trust, or has that value
 * in our own environment already. The value is shown as {@link showForConsent} says, and so trust in
 * one value of `!git.branch` is not trust in another.
 *
 * @param path of the value
 */
export function variableNeeds(
  path: readonly string[],
  { key, value }: Variable,
  { tagAt }: Pick<Config, 'tagAt'>,
  { env }: Pick<Host, 'env'>,
): TrustNeed[] {
  if (classOf(key, value) !== 'trusted' || env[key] === value) return [];
  const written = JSON.stringify(withoutUrlUser(value));
  const shown = showForConsent({ value: written, tag: tagAt(path) });
  const sent = sentBy(key);
  const also = sent === undefined ? '' : `, and sends ${sent} there`;
  return [{ path, what: `sets ${key} to ${shown} for programs${also}` }];
}

/** What this program itself sends to the endpoint that the variable names. */
function sentBy(name: string): string | undefined {
  const { sts, sso, 'sso-oidc': oidc, signin } = endpointUrlVariables;
  const isOf = (names: readonly string[]) => names.includes(name);
  if (isOf(sts)) return isOf(sso) ? 'signed requests and tokens' : 'signed requests';
  return [sso, oidc, signin].some(isOf) ? 'tokens' : undefined;
}

/** What using the identity or provider does, without its base. @throws ERR_IDENTITY_UNSUPPORTED */
export async function linkNeeds(config: LinkConfig): Promise<TrustNeed[]> {
  const kind = await linkKindOf(config);
  const whole = ['auth', isProvider(config) ? 'providers' : 'identities', config.name];
  return kind.trustNeeds(config).map((need) => ({ ...need, path: [...whole, ...need.path] }));
}

function noneOfUnknown(error: unknown): TrustNeed[] {
  if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return [];
  throw error;
}
