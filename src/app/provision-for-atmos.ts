// Writes the identities of a provider to the file from which Go Atmos reads them. Loaded only if
// `spec.write_identities_for_atmos` asks for it.

import { dirname } from 'node:path';
import { formatMap, type YamlValue } from '../config/format-yaml.ts';
import { atmosProvisionedPath } from '../config/atmos-list.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import type { YamlMap } from '../core/imported-config.ts';
import { isObject } from '../core/json.ts';
import { titleOf, type Provider } from '../core/kind-config.ts';
import type { ProvisionedList } from '../core/provisioned.ts';
import { reasonOf } from '../host/denial.ts';
import { replacePrivately } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';

/**
 * The names have no dot, at which Atmos would split them, and are different also in lower case.
 *
 * @throws ERR_USAGE for a provider whose file Atmos would not read; ERR_IO
 */
export function writeProvisionedForAtmos(
  provider: Provider,
  list: ProvisionedList,
  host: Host,
): void {
  const path = atmosProvisionedPath(provider.name, host);
  if (path === undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      `the identities of ${titleOf(provider)} cannot be written for Atmos, which reads no file for a provider of this name`,
    );
  }
  try {
    makeOwnDirectories(dirname(path), host);
    replacePrivately(path, `${formatMap(contentOf(provider, list)).join('\n')}\n`);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || error instanceof AtmosError) throw error;
    throw new AtmosError('ERR_IO', `cannot write ${path}: ${reasonOf(code, path)}`, {
      cause: error,
    });
  }
}

/** As Atmos writes it, without its counts, which it does not read. */
function contentOf({ name: provider }: Provider, list: ProvisionedList) {
  const { kind, groups, startedAt } = list;
  const identities = groups
    .flatMap((group) => group.identities)
    .map(({ name, principal }): readonly [string, YamlMap] => [
      name,
      { kind, provider, via: { provider }, principal: textsIn(principal) },
    ]);
  const metadata = { provisioned_at: startedAt, source: 'atmos-auth', provider };
  const auth: YamlValue = [
    ['_metadata', metadata],
    ['identities', identities],
  ];
  return [['auth', auth] as const];
}

/** Of a principal, the texts and the maps of texts. */
function textsIn(map: Readonly<Record<string, unknown>>): YamlMap {
  const entries = Object.entries(map).flatMap(
    ([key, value]): (readonly [string, string | YamlMap])[] => {
      if (typeof value === 'string') return [[key, value]];
      return isObject(value) ? [[key, textsIn(value)]] : [];
    },
  );
  return Object.fromEntries(entries);
}
