import { resolve, sep } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { placeholder, say, setVariable } from '../core/hint.ts';
import {
  describeEmptyTag,
  environmentSetting,
  quoteValue,
  variableOfTag,
  type Sourced,
} from '../core/json.ts';
import { lowerCase } from '../core/names.ts';
import { sha256 } from '../core/sha256.ts';
import type { Host } from '../host/host.ts';
import type { Config } from './load.ts';
import { quote } from './yaml-position.ts';

const longest = 64;

/**
 * The realm, which keeps the credentials of one project apart from those of another:
 * `ATMOS_AUTH_REALM` of the environment or of the top-level `env:`, then `auth.realm`, then a name made
 * from the directory of the configuration, or `default` without one. Text that is empty as written names
 * none; a tag that gives nothing is an error.
 *
 * @throws ERR_REALM_INVALID naming what is wrong with it, and where it was set
 */
export function resolveRealm(
  config: Pick<Config, 'realm' | 'directory' | 'environment'> | undefined,
  host: Pick<Host, 'env'>,
): Sourced<string> {
  const named = namedRealm(config, host);
  if (named) return checked(named);
  // With a profile of the person's alone there is no directory either.
  if (!config?.directory) return { value: 'default', source: 'default' };
  return { value: defaultRealm(config.directory), source: `the directory ${config.directory}` };
}

/**
 * Whether the realm has a configured name, which does not change when the configuration is moved.
 */
export function isRealmNamed(
  config: Pick<Config, 'realm' | 'environment'> | undefined,
  host: Pick<Host, 'env'>,
): boolean {
  return namedRealm(config, host) !== undefined;
}

function namedRealm(
  config: Pick<Config, 'realm' | 'environment'> | undefined,
  host: Pick<Host, 'env'>,
): Sourced<string> | undefined {
  return environmentSetting('ATMOS_AUTH_REALM', host.env, config?.environment) ?? config?.realm;
}

/**
 * The name Atmos gives the realm of a configuration in this directory: 16 hex digits. Links in the
 * path are not followed.
 *
 * @param directory absolute
 */
export function defaultRealm(directory: string): string {
  const normal = lowerCase(resolve(directory).replaceAll(sep, '/'));
  return sha256(normal).slice(0, 16);
}

/** The first of these texts that can be made the name of a realm. */
export function suggestRealm(texts: readonly string[]): string | undefined {
  const names = texts.map((text) =>
    lowerCase(text)
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, longest)
      .replaceAll(/^-|-$/g, ''),
  );
  return names.find((name) => name !== '');
}

function checked(realm: Sourced<string>): Sourced<string> {
  if (realm.value === '') throw emptyRealm(realm);
  return checkRealm(realm);
}

/** @throws ERR_REALM_INVALID for a name that a realm cannot have */
export function checkRealm(realm: Sourced<string>): Sourced<string> {
  const fault = findRealmFault(realm);
  if (fault === undefined) return realm;
  throw new AtmosError(
    'ERR_REALM_INVALID',
    `realm ${quoteValue(realm)} (from ${realm.source}) ${fault}`,
    { hints: [say(`use 1 to ${longest} of the characters a-z 0-9 - _, such as my-project`)] },
  );
}

/** A tag gave an empty realm. The default realm would select other credentials than intended. */
function emptyRealm({ source, tag = '' }: Sourced<string>): AtmosError {
  const variable = variableOfTag(tag);
  return new AtmosError('ERR_REALM_INVALID', `${source} ${describeEmptyTag(tag)}`, {
    hints: variable === undefined ? [] : [setVariable(variable, placeholder('realm'))],
  });
}

/** Why a realm cannot have this name, by the rules of Atmos. Completes a message after the name. */
export function findRealmFault({
  value: realm,
  tag,
}: Pick<Sourced<string>, 'value' | 'tag'>): string | undefined {
  if (realm === '') return 'is empty';
  const strange = new Set(realm.match(/[^a-z0-9_-]/gu));
  if (strange.size > 0) {
    const shown = tag === undefined ? `: ${[...strange].map(quote).join(' ')}` : '';
    return `contains invalid characters${shown}`;
  }
  if (realm.length > longest) return `is longer than ${longest} characters`;
  if (/^[-_]|[-_]$/.test(realm)) return 'begins or ends with - or _';
  if (/[-_]{2}/.test(realm)) return 'contains two of - and _ in a row';
  return undefined;
}
