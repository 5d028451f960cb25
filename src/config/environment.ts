import type { Sourced } from '../core/json.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { describedKeys, isMap, type About } from '../core/validate.ts';
import type { Variable } from '../core/variables.ts';
import { valueAt, type ConfigFile } from './config-file.ts';
import { pathBesideFile, sourced } from './entries.ts';
import type { Problem } from './problems.ts';

/**
 * The atmos-auth settings that a top-level `env:` may set. The real environment overrides them.
 * Atmos accepts every name that begins with `ATMOS_`; atmos-auth accepts no password, no trust and
 * which files there are. The variables of keyring backends are among them: see {@link About}.
 */
const settable: ReadonlySet<string> = new Set([
  'ATMOS_AUTH_REALM',
  'ATMOS_IDENTITY',
  'ATMOS_KEYRING_TYPE',
  'ATMOS_LOGS_LEVEL',
  'ATMOS_PROFILE',
]);

/** Settings of atmos-auth that only the real environment can set. */
const refused: ReadonlySet<string> = new Set([
  'ATMOS_AUTH_TRUST',
  'ATMOS_CONFIG',
  'ATMOS_CONFIG_PATH',
  'ATMOS_CLI_CONFIG_PATH',
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_LOGS_FILE',
  'ATMOS_MFA_TOKEN',
]);

type Settings = Readonly<Record<string, unknown>>;
type Files = readonly ConfigFile[];

/**
 * The top-level `env:`, sorted by name. The schema reports values that are not scalars. Relative
 * paths in `ATMOS_` settings are made absolute, so that an atmos that a program starts in another
 * directory uses the same path.
 */
export function environmentEntries(merged: Settings, files: Files, spec: SpecSchema): Variable[] {
  const ofBackends = variablesOf(spec);
  const said = valueAt(merged, ['env']);
  const entries = isMap(said) ? Object.entries(said) : [];
  return entries
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => ({ key, value: valueFor(key, String(value), files, ofBackends) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** As docs/adr/0024 says. */
function valueFor(key: string, value: string, files: Files, ofBackends: Variables): string {
  const isPath = ofBackends.get(key)?.isPath === true;
  return isPath && value !== '' ? pathBesideFile(value, ['env', key], files) : value;
}

type Variables = ReadonlyMap<string, About>;

/** The variables of keyring backends. */
function variablesOf(spec: SpecSchema): Variables {
  const described = Object.values(describedKeys(spec));
  return new Map(
    described.flatMap((about) =>
      about.environment === undefined ? [] : [[about.environment, about] as const],
    ),
  );
}

/** The variables that are settings of atmos-auth. An empty value counts as missing. */
export function environmentSettings(
  merged: Settings,
  files: Files,
  spec: SpecSchema,
): Readonly<Record<string, Sourced<string>>> {
  const ofBackends = variablesOf(spec);
  const entries = environmentEntries(merged, files, spec)
    .filter(({ key, value }) => (settable.has(key) || ofBackends.has(key)) && value !== '')
    .map(({ key, value }) => [key, sourced(value, ['env', key], files)] as const);
  return Object.fromEntries(entries);
}

/** Warns about variables that have no effect in a file. */
export function environmentWarnings(merged: Settings, files: Files, spec: SpecSchema): Problem[] {
  const message = 'is ignored: only the environment can set it';
  return environmentEntries(merged, files, spec)
    .filter(({ key }) => refused.has(key))
    .map(({ key }) => ({ path: ['env', key], message }));
}
