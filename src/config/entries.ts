import { dirname, isAbsolute, join } from 'node:path';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { Spec, SpecSchema } from '../core/keyring-spec.ts';
import type { Identity, Provider } from '../core/kind-config.ts';
import { describedKeys, isMap } from '../core/validate.ts';
import { shownAsWritten } from './check.ts';
import { fileSaying, placeOf, sourceOf, tagAt, valueAt, type ConfigFile } from './config-file.ts';
import { isEmpty, specPath } from './keyring-spec.ts';
import type { Settings } from './schema.ts';

type Auth = NonNullable<Settings['auth']>;
type Files = readonly ConfigFile[];

/** What the files say of the keyring. */
export interface KeyringEntry {
  readonly type?: Sourced<string>;
  readonly fallback?: Sourced<readonly string[]>;
  /** Relative paths are made absolute: see {@link pathBesideFile}. They may begin with `~`. */
  readonly spec: Spec;
}

/** The log settings in the files: `auth.logs`, or else `logs`. */
export interface LogsEntry {
  readonly level?: Sourced<string>;
  /** Absolute: see {@link besideFile}. May begin with `~`. */
  readonly file?: Sourced<string>;
}

/** A service that Atmos logs in to with an identity, such as a container registry. Not checked. */
export interface IntegrationEntry extends Provider {
  readonly via: { readonly provider?: string; readonly identity?: string };
}

export function keyringEntry(auth: Auth, files: Files, schema: SpecSchema): KeyringEntry {
  const { type, spec = {}, fallback } = auth.keyring ?? {};
  const at = (key: string) => ['auth', 'keyring', key];
  return withoutAbsent({
    type: sourcedText(type, at('type'), files),
    spec: specEntry(spec, files, schema),
    fallback: fallback && sourced(fallback, at('fallback'), files),
  });
}

/** The settings of backends, each with its place. What is empty says nothing. */
function specEntry(
  spec: Readonly<Record<string, unknown>>,
  files: Files,
  schema: SpecSchema,
): Spec {
  const said = Object.entries(describedKeys(schema)).flatMap(([key, { isPath }]) => {
    const keys = key.split('.');
    const value = valueAt(spec, keys);
    if (isEmpty(value)) return [];
    const path = [...specPath, ...keys];
    const whole = isPath ? pathBesideFile(String(value), path, files) : value;
    return [[key, Object.assign(sourced(whole, path, files), { path })] as const];
  });
  return Object.fromEntries(said);
}

export function logsEntry(
  { auth = {}, top = {} }: { auth: Settings['logs']; top: Settings['logs'] },
  files: Files,
): LogsEntry {
  const said = (key: 'level' | 'file') => {
    const path = auth[key] ? ['auth', 'logs', key] : ['logs', key];
    return { value: sourcedText(auth[key] || top[key], path, files), path };
  };
  const [level, file] = [said('level'), said('file')];
  return withoutAbsent({ level: level.value, file: besideFile(file.value, file.path, files) });
}

/** The file of `auth.audit`. A missing or empty one was reported by `checkAudit`. */
export function auditFileEntry({ audit }: Auth, files: Files): Sourced<string> | undefined {
  const path = ['auth', 'audit', 'file'];
  return besideFile(sourcedText(audit?.file, path, files), path, files);
}

export function identityEntries(auth: Auth, files: Files): Identity[] {
  return sortedByName(auth.identities).map(([name, said]) => {
    const via = withoutAbsent({
      provider: said.via?.provider || undefined,
      identity: said.via?.identity || undefined,
    });
    const duration = String(said.session?.duration ?? '');
    return {
      name,
      kind: said.kind ?? '',
      isDefault: said.default ?? false,
      ...(Object.keys(via).length > 0 ? { via } : {}),
      principal: said.principal ?? {},
      spec: said.spec ?? {},
      credentials: said.credentials ?? {},
      session: duration === '' ? {} : { duration },
      env: said.env ?? [],
      ...withoutAbsent({ alias: said.alias || undefined, tags: said.tags }),
      locate: (path = []) => placeOf(files, ['auth', 'identities', name, ...path]),
      tagAt: (path) => tagAt(files, ['auth', 'identities', name, ...path]),
      writtenAt: (path) => shownAsWritten(['auth', 'identities', name, ...path], files),
      besideFile: (written, path) =>
        pathBesideFile(written, ['auth', 'identities', name, ...path], files),
    };
  });
}

export function providerEntries(auth: Auth, files: Files): Provider[] {
  return sortedByName(auth.providers).map(([name, settings]) =>
    looseEntry('providers', name, settings, files),
  );
}

export function integrationEntries(auth: Auth, files: Files): IntegrationEntry[] {
  return sortedByName(auth.integrations).map(([name, settings]) => {
    const { provider, identity } = isMap(settings['via']) ? settings['via'] : {};
    const via = withoutAbsent({ provider: textOf(provider), identity: textOf(identity) });
    return { ...looseEntry('integrations', name, settings, files), via };
  });
}

function looseEntry(
  list: 'providers' | 'integrations',
  name: string,
  settings: Readonly<Record<string, unknown>>,
  files: Files,
): Provider {
  const at = ['auth', list, name];
  return {
    name,
    kind: textOf(settings['kind']) ?? '',
    settings,
    locate: (path = []) => placeOf(files, [...at, ...path]),
    tagAt: (path) => tagAt(files, [...at, ...path]),
    writtenAt: (path) => shownAsWritten([...at, ...path], files),
    besideFile: (said, path) => pathBesideFile(said, [...at, ...path], files),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Text with its source, or undefined if it is empty: an unset `!env` gives empty text. */
export function sourcedText(
  value: string | undefined,
  path: readonly string[],
  files: Files,
): Sourced<string> | undefined {
  return value ? sourced(value, path, files) : undefined;
}

/** Source and tag are computed on access, because most runs never need them. */
export function sourced<T>(value: T, path: readonly string[], files: Files): Sourced<T> {
  return {
    value,
    get source() {
      return sourceOf(files, path);
    },
    get tag() {
      return tagAt(files, path);
    },
  };
}

/** As {@link pathBesideFile}, with its source. */
function besideFile(
  said: Sourced<string> | undefined,
  path: readonly string[],
  files: Files,
): Sourced<string> | undefined {
  return said && sourced(pathBesideFile(said.value, path, files), path, files);
}

/**
 * A relative path starts from the directory of the file that contains it, not from the working
 * directory: docs/adr/0024. `~` is expanded later, and a trailing slash is kept.
 */
export function pathBesideFile(said: string, path: readonly string[], files: Files): string {
  if (isAbsolute(said) || said.startsWith('~')) return said;
  return join(dirname(fileSaying(files, path).path), said);
}

function sortedByName<T>(entries: Readonly<Record<string, T>> = {}): [string, T][] {
  return Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
