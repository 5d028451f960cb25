import { unusedSpecProblems } from '../auth/keyring-spec.ts';
import type { IdentityStrategy } from '../clouds/contract.ts';
import { identityKinds, otherIdentityKinds, strategyOf } from '../clouds/registry.ts';
import { loadConfig, type Config, type LoadOptions } from '../config/load.ts';
import { formatNotice, sortProblems, type LocatedProblem } from '../config/problems.ts';
import { remoteImportNote } from '../config/remote-imports.ts';
import type { ErrorCode } from '../core/errors.ts';
import { IdentityError } from '../core/identity-error.ts';
import { quoteValue } from '../core/json.ts';
import { identityParts, type Identity } from '../core/kind-config.ts';
import { lowerCase, nearestName } from '../core/names.ts';
import { parseDuration } from '../core/time.ts';
import { findUnknownPaths } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import {
  invalidAt,
  reportErrorAt,
  warningAt,
  type ConfigProblem,
  type ReportProblem,
} from './config-problem.ts';
import { checkSettings, checkVariables } from './validate-settings.ts';

/** Something that is wrong with the configuration, or doubtful, and where. */
export type ValidationProblem = Omit<LocatedProblem, 'code'> &
  Pick<ConfigProblem, 'severity'> & {
    /** Of the error that using it gives. Null where nothing fails. */
    readonly code: ErrorCode | null;
  };

export interface Validation {
  readonly config: Config;
  /** In the order of the files, and of the lines in each. */
  readonly findings: readonly ValidationProblem[];
  /** Warnings that are about no place in a file. */
  readonly warnings: readonly string[];
}

/**
 * Loads the configuration and gathers all that is wrong with it: what loading finds, and then kinds
 * and what is theirs, references between identities and providers, the realm, the keyring, the level
 * of the log. Runs nothing, opens nothing.
 *
 * @throws what loading gives but problems of the files: ERR_CONFIG_NOT_FOUND, ERR_CONFIG_UNREADABLE,
 * ERR_CONFIG_UNTRUSTED, ERR_PROFILE_UNKNOWN, ERR_USAGE
 */
export async function validate(
  options: Omit<LoadOptions, 'isStatic' | 'report'>,
  host: Host,
): Promise<Validation> {
  const problems: LocatedProblem[] = [];
  const report = (problem: LocatedProblem) => void problems.push(problem);
  const config = await loadConfig({ ...options, isStatic: true, report }, host);
  // What follows from a value that is wrong, or that only a command knows, is no news.
  const known = [...problems.map(({ path }) => path), ...config.leftOut];
  const isNew = ({ path }: Pick<LocatedProblem, 'path'>) =>
    !known.some((other) => isAbout(other, path));
  const more = (await checkConfig(config, host)).filter(isNew);
  const unused = unusedSpecProblems(config, host).filter(isNew);
  const findings: ValidationProblem[] = [
    ...[...problems, ...unused].map((problem) => ({ ...problem, severity: 'error' as const })),
    ...config.notices.map((notice) => ({ ...notice, severity: 'warning' as const, code: null })),
    ...more.map((finding) => located(finding, config)),
  ];
  const placed = new Set(config.notices.map(formatNotice));
  const warnings = config.warnings.filter((warning) => !placed.has(warning));
  return { config, warnings, findings: sortProblems(findings, config.files) };
}

async function checkConfig(config: Config, host: Host): Promise<ConfigProblem[]> {
  const findings: ConfigProblem[] = [];
  const report = (finding: ConfigProblem) => void findings.push(finding);
  checkSettings(config, host, report);
  checkReferences(config, report);
  checkVariables(config, report);
  for (const identity of config.identities) await checkKind(identity, report);
  return findings;
}

/** Whether one of the paths leads through the other. A file that cannot be read has an empty one. */
function isAbout(one: readonly string[], other: readonly string[]): boolean {
  const depth = Math.min(one.length, other.length);
  return depth > 0 && one.slice(0, depth).every((key, at) => key === other[at]);
}

function located({ severity, code, path, message, isWhole, hints }: ConfigProblem, config: Config) {
  const at = config.locate({ path, message });
  return { ...at, ...(isWhole ? { message, text: message } : {}), severity, code, hints };
}

/** Checks the kind of an identity, and what is that kind's own. */
async function checkKind(identity: Identity, report: ReportProblem): Promise<void> {
  checkDuration(identity, report);
  if (!identityKinds.includes(identity.kind)) reportKind(identity, report);
  else checkParts(identity, await strategyOf(identity), report);
}

function reportKind({ name, kind, tagAt }: Identity, report: ReportProblem): void {
  const path = ['auth', 'identities', name, 'kind'];
  if (kind === '') {
    // A profile, or another file, may give it one.
    report({ ...warningAt(path, 'is missing'), code: 'ERR_CONFIG_INVALID' });
  } else if (otherIdentityKinds.includes(kind)) {
    const message = `is ${kind}, which this version cannot use yet`;
    report({ ...warningAt(path, message), code: 'ERR_IDENTITY_UNSUPPORTED' });
  } else {
    const nearest = nearestName(kind, [...identityKinds, ...otherIdentityKinds]);
    const hint = nearest
      ? `did you mean ${nearest}?`
      : `kinds that work: ${identityKinds.join(', ')}`;
    const message = `is unknown: ${quoteValue({ value: kind, tag: tagAt?.(['kind']) })}`;
    report({ ...invalidAt(path, message, hint), code: 'ERR_IDENTITY_UNSUPPORTED' });
  }
}

/** The same for every kind. */
function checkDuration(
  { name, session: { duration }, tagAt }: Identity,
  report: ReportProblem,
): void {
  if (duration === undefined) return;
  const path = ['auth', 'identities', name, 'session', 'duration'];
  reportErrorAt(
    path,
    () => void parseDuration(duration, ''),
    ({ hints }) => {
      const message = `is not a duration: ${quoteValue({ value: duration, tag: tagAt?.(['session', 'duration']) })}`;
      report(invalidAt(path, message, hints[0]));
    },
  );
}

function checkParts(identity: Identity, strategy: IdentityStrategy, report: ReportProblem): void {
  const at = (...path: string[]) => ['auth', 'identities', identity.name, ...path];
  for (const part of identityParts) {
    const schema = strategy.schemas[part];
    for (const { path, nearest } of findUnknownPaths(identity[part], schema)) {
      report(warningAt(at(part, ...path), 'is not known', nearest && `did you mean ${nearest}?`));
    }
  }
  try {
    strategy.validate({ ...identity, session: {} });
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    for (const { path, message, hint } of error.problems) {
      report(invalidAt(at(...path), message, hint));
    }
  }
}

type Named = Pick<Config, 'identities' | 'providers' | 'remoteImports'>;

/** Checks what identities say of one another and of providers. */
function checkReferences(config: Named, report: ReportProblem): void {
  for (const identity of config.identities) checkVia(identity, config, report);
  reportSharedNames(config, report);
  reportCycles(config, report);
  reportDefaults(config, report);
}

function checkVia({ name, via = {}, tagAt }: Identity, config: Named, report: ReportProblem): void {
  const at = (...path: string[]) => ['auth', 'identities', name, 'via', ...path];
  const { provider, identity } = via;
  const shown = (key: string, value: string) => quoteValue({ value, tag: tagAt?.(['via', key]) });
  if (provider !== undefined && identity !== undefined) {
    report(
      invalidAt(at(), 'names a provider and an identity, and one is meant', 'drop one of them'),
    );
  }
  const [providers, identities] = [namesOf(config.providers), namesOf(config.identities)];
  // What a remote import says is not known, so it may well be there.
  const missingAt = config.remoteImports.length === 0 ? invalidAt : warningAt;
  const note = remoteImportNote(config);
  if (provider !== undefined && !has(providers, provider)) {
    const hint = has(identities, provider)
      ? 'it is an identity: via.identity'
      : nearHint(provider, providers);
    const message = `is no provider: ${shown('provider', provider)}${note}`;
    report(missingAt(at('provider'), message, hint));
  }
  if (identity !== undefined && !has(identities, identity)) {
    const hint = has(providers, identity)
      ? 'it is a provider: via.provider'
      : nearHint(identity, identities);
    const message = `is no identity: ${shown('identity', identity)}${note}`;
    report(missingAt(at('identity'), message, hint));
  }
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

/** Without regard to case, as everywhere. */
function has(names: readonly string[], name: string): boolean {
  return names.some((other) => lowerCase(other) === lowerCase(name));
}

function nearHint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return known.length > 0 ? `there are ${known.join(', ')}` : 'there are none';
}

/**
 * A provider and an identity may have the same name. Go Atmos keeps a provider's token and the access
 * key of an `aws/user` identity under that name alone, so there one overwrites the other.
 */
function reportSharedNames({ identities, providers }: Named, report: ReportProblem): void {
  for (const { name, locate } of providers) {
    const isSame = (other: Identity) => lowerCase(other.name) === lowerCase(name);
    const identity = identities.find((one) => one.kind === 'aws/user' && isSame(one));
    if (identity === undefined) continue;
    const path = ['auth', 'identities', identity.name];
    const message = `has the name of a provider (${locate()}): Go Atmos stores the token of the provider and the access key of the identity in the same entry`;
    const hint = 'rename one of them where Go Atmos uses the same keyring';
    report(warningAt(path, message, hint));
  }
}

/** Each circle of identities once, at the first of them. */
function reportCycles({ identities }: Named, report: ReportProblem): void {
  const next = new Map(
    identities.map(({ name, via }) => [
      lowerCase(name),
      { name, to: lowerCase(via?.identity ?? '') },
    ]),
  );
  const told = new Set<string>();
  for (const { name } of identities) {
    const chain: string[] = [];
    let key = lowerCase(name);
    for (let step = next.get(key); step && !chain.includes(step.name); step = next.get(key)) {
      chain.push(step.name);
      key = step.to;
    }
    if (next.get(key)?.name !== name || told.has(name)) continue;
    for (const member of chain) told.add(member);
    const path = ['auth', 'identities', name, 'via', 'identity'];
    report(invalidAt(path, `leads back to itself: ${[...chain, name].join(' → ')}`));
  }
}

/** Of several defaults one must be picked each time. */
function reportDefaults({ identities }: Named, report: ReportProblem): void {
  const [first, ...more] = identities.filter(({ isDefault }) => isDefault);
  for (const { name } of more) {
    const message = `is true for another identity too: ${first?.name} (${first?.locate(['default'])})`;
    report({
      ...warningAt(['auth', 'identities', name, 'default'], message),
      code: 'ERR_IDENTITY_REQUIRED',
    });
  }
}
