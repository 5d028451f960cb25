import { AtmosError } from '../../core/errors.ts';
import { didYouMean, say } from '../../core/hint.ts';
import type { SpecText } from '../../core/keyring-spec.ts';
import { expectedNames, nearestName } from '../../core/names.ts';
import { byDefault, invalid } from './check-settings.ts';

// Which login method the settings of a vault keyring name, and whether the other settings belong to it.

const methods = ['token', 'approle', 'jwt'] as const;
export type LoginMethod = (typeof methods)[number];

const asKubernetes = say('write method: jwt and mount: kubernetes');

/** The login methods that have a setting. The first one is named by a hint. */
const methodsOf: Readonly<Record<string, readonly LoginMethod[]>> = {
  'auth.role_id': ['approle'],
  'auth.secret_id_env': ['approle'],
  'auth.secret_id_file': ['approle'],
  'auth.role': ['jwt'],
  'auth.token_file': ['token', 'jwt'],
  'auth.token_command': ['token'],
};

/**
 * Settings of another method are a mistake: the ambient token could be used instead of a login.
 *
 * @throws ERR_CONFIG_INVALID
 */
export function loginMethod(said: Readonly<Record<string, SpecText>>): LoginMethod {
  const chosen = said['auth.method'];
  const method = chosen === undefined ? 'token' : knownMethod(chosen);
  for (const [key, [own, ...others]] of Object.entries(methodsOf)) {
    const setAnyway = said[key];
    if (setAnyway === undefined || own === undefined) continue;
    if ([own, ...others].includes(method)) continue;
    const instead =
      chosen === undefined
        ? 'no method is configured, and the default is token'
        : `the method is ${method} (from ${chosen.source})`;
    const change = `set auth.keyring.spec.auth.method to ${own}`;
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `${setAnyway.source} is a setting of the login method ${own}, but ${instead}`,
      { hints: [say(chosen === undefined ? change : `remove it, or ${change}`)] },
    );
  }
  return method;
}

function knownMethod(chosen: SpecText): LoginMethod {
  const found = methods.find((method) => method === chosen.value);
  if (found !== undefined) return found;
  const nearest = nearestName(chosen.value, methods);
  throw invalid(
    chosen,
    `is no login method: ${expectedNames(methods)}`,
    ...(chosen.value === 'kubernetes' ? [asKubernetes] : didYouMean(nearest)),
  );
}

/** Without it, no login could succeed. @throws ERR_CONFIG_INVALID */
export function requireRole(method: LoginMethod, said: Readonly<Record<string, SpecText>>): void {
  const key = { token: undefined, approle: 'role_id', jwt: 'role' }[method];
  if (key === undefined || said[`auth.${key}`] !== undefined) return;
  const { source } = said['auth.method'] ?? byDefault(method);
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the login method ${method} (from ${source}) has no ${key}`,
    { hints: [say(`set auth.keyring.spec.auth.${key}`)] },
  );
}
