// The identities that providers offer (`auto_provision_identities`), as a part of the configuration. Loaded
// only if a provider asks for it.

import { formatHint, posixSyntax } from '../core/format-hint.ts';
import { run } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { foldName } from '../core/names.ts';
import { wordOf, type ProvisionedIdentity, type ProvisionedSource } from '../core/provisioned.ts';
import { isMap } from '../core/validate.ts';
import { valueAt, type ConfigFile } from './config-file.ts';
import { atmosProvisionedPath, isListOfAtmos } from './atmos-list.ts';
import { mergeMaps } from './merge.ts';
import { listsIdentities, readProvisioned, type Where } from './provisioned-file.ts';

/** A configuration with the lists of its providers. */
export interface ProvisionedPart {
  readonly sources: readonly ProvisionedSource[];
  /** In the order merged: those that the configuration adds to, then the files of the configuration. */
  readonly files: readonly ConfigFile[];
  /** The files of the configuration, without those of Atmos for which there is a list of our own. */
  readonly others: readonly ConfigFile[];
  /** Those of which the configuration says nothing. They need no check, and no merging. */
  readonly identities: readonly Identity[];
  readonly warnings: readonly string[];
}

/**
 * Reads the lists of all providers that ask for it. An identity that the configuration has, with a kind,
 * is left out: it wins as a whole. Without a kind it adds to the one that is listed. A list of our own
 * wins over the files of Atmos, which do not say whose list they are.
 */
export function provisionedPart(files: readonly ConfigFile[], host: Where): ProvisionedPart {
  const providers = mapAt(mergedOf(files), 'providers');
  const sources = providers
    .filter(([, settings]) => listsIdentities(settings))
    .map(([name, settings]) => readProvisioned({ name, settings }, host));
  const replaced = new Set(
    sources.flatMap(({ provider, list }) =>
      list === undefined ? [] : (atmosProvisionedPath(provider, host) ?? []),
    ),
  );
  const kept = files.filter(({ path }) => !replaced.has(path));
  const written = kept.filter(({ path }) => !isListOfAtmos(path, host));
  const configured = new Map(
    mapAt(mergedOf(written), 'identities').map(([name, { kind }]) => [
      foldName(name),
      Boolean(kind),
    ]),
  );
  const added: ConfigFile[] = [];
  const identities: Identity[] = [];
  const ours = new Set<string>();
  for (const { name, listed, source } of offeredBy(sources)) {
    ours.add(foldName(name));
    const hasKind = configured.get(foldName(name));
    if (hasKind === true) continue;
    if (hasKind === undefined) identities.push(identityOf(name, listed, source));
    else added.push(fileOf(name, listed, source));
  }
  const others = kept.map((file) =>
    isListOfAtmos(file.path, host) ? withoutIdentities(file, ours) : file,
  );
  return {
    sources,
    files: [...added, ...others],
    others,
    identities,
    warnings: sources.flatMap(warningsOf),
  };
}

/** A list of Atmos says nothing of an identity that a list of our own has. */
function withoutIdentities(file: ConfigFile, names: ReadonlySet<string>): ConfigFile {
  const { auth } = file.settings;
  if (!isMap(auth) || !isMap(auth['identities'])) return file;
  const left = Object.entries(auth['identities']).filter(([name]) => !names.has(foldName(name)));
  return {
    ...file,
    settings: { ...file.settings, auth: { ...auth, identities: Object.fromEntries(left) } },
  };
}

/** A list that can be used. */
type UsableSource = ProvisionedSource & Required<Pick<ProvisionedSource, 'path' | 'list'>>;

interface Offered {
  readonly name: string;
  readonly listed: ProvisionedIdentity;
  readonly source: UsableSource;
}

/** What the lists have, each under a name of its own. */
function offeredBy(sources: readonly ProvisionedSource[]): Offered[] {
  const taken = new Set<string>();
  return sources.filter(isUsable).flatMap((source) =>
    source.list.groups.flatMap(({ identities }) =>
      identities.map((listed) => {
        const name = freeName(listed.name, source.provider, taken);
        taken.add(foldName(name));
        return { name, listed, source };
      }),
    ),
  );
}

function isUsable(source: ProvisionedSource): source is UsableSource {
  return source.path !== undefined && source.list !== undefined;
}

function mergedOf(files: readonly ConfigFile[]): Record<string, unknown> {
  return files.reduce((merged, { settings }) => mergeMaps(merged, settings), {});
}

function mapAt(
  merged: Readonly<Record<string, unknown>>,
  key: 'providers' | 'identities',
): (readonly [string, Readonly<Record<string, unknown>>])[] {
  const map = valueAt(merged, ['auth', key]);
  if (!isMap(map)) return [];
  return Object.entries(map).flatMap(([name, value]) =>
    isMap(value) ? [[name, value] as const] : [],
  );
}

/** One that is as it was listed. */
function identityOf(
  name: string,
  { principal }: ProvisionedIdentity,
  { provider, path, list }: UsableSource,
): Identity {
  return {
    name,
    kind: list.kind,
    isDefault: false,
    via: { provider },
    principal,
    spec: {},
    credentials: {},
    session: {},
    env: [],
    // The file is not written by hand: a position in it would help no one.
    locate: () => path,
    besideFile: (said) => said,
  };
}

/** One to which the configuration adds, as a file under all others. */
function fileOf(
  name: string,
  { principal }: ProvisionedIdentity,
  { provider, path, list }: UsableSource,
): ConfigFile {
  const identity = { kind: list.kind, via: { provider }, principal };
  const settings = { auth: { identities: { [name]: identity } } };
  return {
    path,
    text: '',
    origin: 'user',
    written: settings,
    settings,
    commands: [],
    tagged: [],
    included: [],
    root: () => ({ start: 0 }),
  };
}

/** With the name of the provider before it if another provider offers the same name. */
function freeName(name: string, provider: string, taken: ReadonlySet<string>): string {
  if (!taken.has(foldName(name))) return name;
  return freeName(`${wordOf(provider) || 'provider'}/${name}`, provider, taken);
}

function warningsOf({ provider, path, fault, remedy }: ProvisionedSource): readonly string[] {
  if (fault === undefined) return [];
  const help = remedy ?? run(['atmos', 'auth', 'list', '--refresh']);
  const what = `the identities that provider ${provider} offers are not known: ${path} ${fault}`;
  return [`${what}: ${formatHint(help, posixSyntax)}`];
}
