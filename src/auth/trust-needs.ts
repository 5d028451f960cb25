import { kindOf } from '../clouds/registry.ts';
import type { Config } from '../config/config.ts';
import { isAtmosError } from '../core/errors.ts';
import { showForConsent, type Sourced } from '../core/json.ts';
import type { Identity, TrustNeed } from '../core/kind-config.ts';
import { isLogDevice } from '../core/log-level.ts';
import { formatRemaining } from '../core/time.ts';
import { classOf, type Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import { environmentChoices, resolveKeyringSettings } from '../keyring/settings.ts';
import type { AuthPlan } from './plan.ts';
import { storingNeeds } from './storing-needs.ts';

/**
 * Every action of any command that the configuration determines and that needs trust. Unknown kinds
 * of identities are skipped because this version does not use them. A trust record names what was
 * shown, so a later version asks again.
 */
export async function findNeeds(config: Config, host: Host): Promise<TrustNeed[]> {
  const { logs, env, identities } = config;
  const ofVariable = (path: readonly string[], variable: Variable) =>
    variableNeeds(path, variable, config, host);
  const said = saidOf(config, host);
  const needs = [
    ...passwordNeeds({ config, keyring: said }, { ...host, env: {} }),
    ...(said.autoUnlockMs ? [autoUnlockNeed(said.autoUnlockMs)] : []),
    ...logFileNeeds(logs.file),
    ...env.flatMap((variable) => ofVariable(['env', variable.key], variable)),
  ];
  for (const identity of identities) {
    const list = ['auth', 'identities', identity.name, 'env'];
    needs.push(...(await identityNeeds(identity).catch(noneOfUnknown)));
    needs.push(
      ...identity.env.flatMap((one, at) => ofVariable([...list, String(at), 'value'], one)),
    );
  }
  return needs;
}

/** What the files say of the keyring's password, whatever the environment of this moment says. */
function saidOf({ keyring, environment }: Config, host: Host): AuthPlan['keyring'] {
  // A path that cannot be one is not what this is about.
  const { path: _, ...said } = keyring;
  const { path: __, ...saidAsVariables } = environmentChoices({ env: {} }, environment);
  return resolveKeyringSettings([saidAsVariables, said], host);
}

/** What a file keyring does with its password: to open it, and to store something in it. */
export function passwordNeeds(
  { config, keyring }: Pick<AuthPlan, 'config' | 'keyring'>,
  host: Host,
): TrustNeed[] {
  const { passwordCommand } = keyring;
  const needs = passwordCommand ? [passwordCommandNeed(passwordCommand)] : [];
  return [...needs, ...storingNeeds(keyring, config, host)];
}

export function passwordCommandNeed(command: Sourced<string>): TrustNeed {
  const path = ['auth', 'keyring', 'spec', 'password_command'];
  return { path, what: `runs the password command ${showForConsent(command)}` };
}

/** Another process of the user can then read the keyring, which asked for its password before. */
export function autoUnlockNeed({ value }: Sourced<number>): TrustNeed {
  const path = ['auth', 'keyring', 'spec', 'auto_unlock'];
  const what = `keeps the keyring unlocked in the background for ${formatRemaining(value)} after its password is typed`;
  return { path, what };
}

/** @param file what `auth.logs.file` or `logs.file` says */
export function logFileNeeds(file: Sourced<string> | undefined): TrustNeed[] {
  if (file === undefined || isLogDevice(file.value)) return [];
  // Which of the two has said it, its source begins with.
  const path = file.source.startsWith('auth.') ? ['auth', 'logs', 'file'] : ['logs', 'file'];
  return [{ path, what: `writes a log to ${showForConsent(file)}` }];
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
  const written = JSON.stringify(value.replaceAll(/\/\/[^/@\s]*@/g, '//…@'));
  const shown = showForConsent({ value: written, tag: tagAt(path) });
  return [{ path, what: `sets ${key} to ${shown} for programs` }];
}

/** What using the identity does. @throws ERR_IDENTITY_UNSUPPORTED */
export async function identityNeeds(identity: Identity): Promise<TrustNeed[]> {
  const { trustNeeds } = await kindOf(identity);
  const whole = ['auth', 'identities', identity.name];
  return trustNeeds(identity).map((need) => ({ ...need, path: [...whole, ...need.path] }));
}

function noneOfUnknown(error: unknown): TrustNeed[] {
  if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return [];
  throw error;
}
