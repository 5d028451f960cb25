import type { Config } from '../config/config.ts';
import type { TrustNeed } from '../config/trust-need.ts';
import { isAtmosError } from '../core/errors.ts';
import type { Identity } from '../core/identity.ts';
import { isLogDevice } from '../core/log-level.ts';
import type { Sourced } from '../core/sourced.ts';
import { needsTrust, type Variable } from '../core/variables.ts';
import { strategyOf } from './registry.ts';

/**
 * All that a configuration makes us do when every command is tried on it, whoever says so. Of kinds of
 * identities that this version does not know it cannot be told, but they are not used either: a record
 * of trust names what was shown, so a later version asks again.
 */
export async function findNeeds(config: Config): Promise<TrustNeed[]> {
  const { keyring, logs, env, identities } = config;
  const needs = [
    ...(keyring.passwordCommand ? [passwordCommandNeed(keyring.passwordCommand)] : []),
    ...logFileNeeds(logs.file),
    ...env.flatMap((variable) => variableNeeds(['env', variable.key], variable)),
  ];
  for (const identity of identities) {
    const list = ['auth', 'identities', identity.name, 'env'];
    needs.push(...(await identityNeeds(identity).catch(noneOfUnknown)));
    needs.push(...identity.env.flatMap((one, at) => variableNeeds([...list, String(at)], one)));
  }
  return needs;
}

export function passwordCommandNeed({ value }: Sourced<string>): TrustNeed {
  const path = ['auth', 'keyring', 'spec', 'password_command'];
  return { path, what: `runs the password command ${value}` };
}

/** @param file what `auth.logs.file` or `logs.file` says */
export function logFileNeeds(file: Sourced<string> | undefined): TrustNeed[] {
  if (file === undefined || isLogDevice(file.value)) return [];
  // Which of the two has said it, its source begins with.
  const path = file.source.startsWith('auth.') ? ['auth', 'logs', 'file'] : ['logs', 'file'];
  return [{ path, what: `writes a log to ${file.value}` }];
}

/** Of a variable for programs: what picks them, or sends what they say elsewhere. */
export function variableNeeds(path: readonly string[], { key, value }: Variable): TrustNeed[] {
  if (!needsTrust(key)) return [];
  const shown = JSON.stringify(value.replaceAll(/\/\/[^/@\s]*@/g, '//…@'));
  return [{ path, what: `sets ${key} to ${shown} for programs` }];
}

/** What using the identity does. @throws ERR_IDENTITY_UNSUPPORTED */
export async function identityNeeds(identity: Identity): Promise<TrustNeed[]> {
  const { trustNeeds } = await strategyOf(identity);
  const whole = ['auth', 'identities', identity.name];
  return trustNeeds(identity).map(({ path, what }) => ({ path: [...whole, ...path], what }));
}

function noneOfUnknown(error: unknown): TrustNeed[] {
  if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return [];
  throw error;
}
