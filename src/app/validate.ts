import { unusedSpecProblems } from '../auth/keyring-spec.ts';
import { planLinks, resolveChain } from '../auth/chain.ts';
import type { IdentityKind, LinkPlan, PlanContext } from '../clouds/contract.ts';
import { identityKinds, otherIdentityKinds, kindOf } from '../clouds/registry.ts';
import { loadConfig } from '../auth/load-config.ts';
import { findNeeds } from '../auth/trust-needs.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import { formatNotice, sortProblems, type LocatedProblem } from '../config/problems.ts';
import { findRefusal } from '../config/trust.ts';
import { withAsciiHosts } from '../core/ascii-hosts.ts';
import { isAtmosError, type ErrorCode } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { ConfigurationError } from '../core/configuration-error.ts';
import { quoteValue } from '../core/json.ts';
import { identityParts, titleOf, type Identity } from '../core/kind-config.ts';
import { nearestName } from '../core/names.ts';
import { parseDuration } from '../core/time.ts';
import { findUnknownPaths, keysForAtmos, keysOfNames } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import {
  invalidAt,
  noteAt,
  reportErrorAt,
  warningAt,
  type ConfigProblem,
  type ReportProblem,
} from './config-problem.ts';
import { checkIntegrations, checkProviders } from './validate-providers.ts';
import { checkReferences } from './validate-references.ts';
import {
  checkIdentityNames,
  checkSettings,
  checkSharedRealm,
  checkTags,
  checkVariables,
} from './validate-settings.ts';

/** A finding about the configuration, with its position. */
export type ValidationProblem = Omit<LocatedProblem, 'code'> &
  Pick<ConfigProblem, 'severity'> & {
    /** The code of the error when it is used. Null if nothing fails. */
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
 * Loads the configuration and collects every problem: those of loading, then of kinds and their
 * settings, references between identities and providers, the realm, the keyring and the log level.
 * Runs no command and opens no keyring.
 *
 * @throws the errors of loading, except problems of the files: ERR_CONFIG_NOT_FOUND,
 *   ERR_CONFIG_UNREADABLE, ERR_CONFIG_UNTRUSTED, ERR_PROFILE_UNKNOWN, ERR_USAGE
 */
export async function validate(
  options: Omit<LoadOptions, 'isStatic' | 'report'>,
  host: Host,
): Promise<Validation> {
  const problems: LocatedProblem[] = [];
  const report = (problem: LocatedProblem) => void problems.push(problem);
  const config = await loadConfig({ ...options, isStatic: true, report }, host);
  // Problems caused by an invalid value or by a value from a command are not repeated.
  const known = [...problems.map(({ path }) => path), ...config.leftOut];
  const isNew = ({ path }: Pick<LocatedProblem, 'path'>) =>
    !known.some((other) => isAbout(other, path));
  const more = (await checkConfig(config, host)).filter(isNew);
  const unused = unusedSpecProblems(config, host).filter(isNew);
  const findings: ValidationProblem[] = [
    ...[...problems, ...unused].map((problem) => ({ ...problem, severity: 'error' as const })),
    ...config.notices.map((notice) => ({ ...notice, severity: 'warning' as const, code: null })),
    ...more.map((finding) => located(finding, config)),
    ...(await emptyNames(config)).map((one) => ({
      ...one,
      severity: 'warning' as const,
      code: null,
    })),
    ...config.notesForAtmos().map((note) => ({ ...note, severity: 'note' as const, code: null })),
  ];
  // `auth trust` fails while the configuration has errors.
  if (findings.every(({ severity }) => severity !== 'error')) {
    findings.push(...(await trustNotes(config, host)).map((note) => located(note, config)));
  }
  const placed = new Set(config.notices.map(formatNotice));
  const warnings = config.warnings.filter((warning) => !placed.has(warning));
  return { config, warnings, findings: sortProblems(findings, config.files) };
}

async function checkConfig(config: Config, host: Host): Promise<ConfigProblem[]> {
  const findings: ConfigProblem[] = [];
  const report = (finding: ConfigProblem) => void findings.push(finding);
  checkSettings(config, host, report);
  checkSharedRealm(config, host, report);
  checkIdentityNames(config, report);
  checkReferences(config, report);
  checkTags(config, report);
  await checkProviders(config, host.env, report);
  checkIntegrations(config, report);
  checkVariables(config, report);
  const isReported = (path: readonly string[]) =>
    findings.some((finding) => finding.path.join('\0') === path.join('\0'));
  for (const identity of config.identities) {
    await checkKind(identity, { config, env: host.env, report, isReported });
  }
  return findings;
}

/** One note for all settings that are not used before `atmos auth trust`. */
async function trustNotes(config: Config, host: Host): Promise<ConfigProblem[]> {
  // An MFA code is only sent where one is configured, and the command that sends it asks for trust.
  const needs = [...config.needs, ...(await findNeeds(config, host))].filter(
    ({ occasion }) => occasion !== 'mfa-code',
  );
  const refused = needs.flatMap((need) => {
    const refusal = findRefusal(config, need, host);
    return refusal === undefined ? [] : [{ ...need, hints: refusal.hintValues }];
  });
  const [first, ...others] = refused;
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const message = `needs trust: it ${withAsciiHosts(first.what)}${more}`;
  return [{ ...noteAt(first.path, message), code: 'ERR_CONFIG_UNTRUSTED', hints: first.hints }];
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

interface Checking {
  readonly config: Config;
  readonly env: Host['env'];
  readonly report: ReportProblem;
  isReported(path: readonly string[]): boolean;
}

/** Checks the kind of an identity, the settings of that kind, and what its `via` gives it. */
async function checkKind(identity: Identity, checking: Checking): Promise<void> {
  const { report } = checking;
  checkDuration(identity, report);
  if (!identityKinds.includes(identity.kind)) reportKind(identity, report);
  // With a mistyped kind, the settings are checked as those of the kind that was meant.
  const kind = meantKind(identity.kind);
  if (kind === undefined || !identityKinds.includes(kind)) return;
  const meant = { ...identity, kind };
  const base = await checkBase(meant, checking);
  checkParts(meant, await kindOf(meant), { base, env: checking.env }, report);
}

function meantKind(kind: string): string | undefined {
  return nearestName(kind, [...identityKinds, ...otherIdentityKinds]);
}

/** The plan of the link before the identity. Undefined if the identity starts a chain, or if that link is broken. */
async function checkBase(
  identity: Identity,
  { config, env, report, isReported }: Checking,
): Promise<LinkPlan | undefined> {
  try {
    const links = await resolveChain(identity, config);
    return (await planLinks(links.slice(0, -1), env)).at(-1)?.plan;
  } catch (error) {
    if (isAtmosError(error, 'ERR_IDENTITY_UNSUPPORTED')) return undefined;
    if (!(error instanceof ConfigurationError)) throw error;
    if (error.subject !== titleOf(identity)) return undefined;
    for (const { path, message, hint } of error.problems) {
      const whole = ['auth', 'identities', identity.name, ...path];
      // checkReferences reports names that do not exist, and each cycle once.
      if (path.length < 2 && !isReported(whole)) report(invalidAt(whole, message, hint));
    }
    return undefined;
  }
}

/** Names without a value in maps such as session tags: reading a file drops them. */
async function emptyNames(config: Config): Promise<LocatedProblem[]> {
  const problems: LocatedProblem[] = [];
  for (const identity of config.identities) {
    if (!identityKinds.includes(identity.kind)) continue;
    const { schemas } = await kindOf(identity);
    for (const part of identityParts) {
      for (const key of keysOfNames(schemas[part])) {
        problems.push(...config.emptyKeys(['auth', 'identities', identity.name, part, key]));
      }
    }
  }
  return problems;
}

function reportKind({ name, kind, tagAt }: Identity, report: ReportProblem): void {
  const path = ['auth', 'identities', name, 'kind'];
  if (kind === '') {
    // A profile or another file may set it.
    report({ ...warningAt(path, 'is missing'), code: 'ERR_CONFIG_INVALID' });
  } else if (otherIdentityKinds.includes(kind)) {
    const message = `is ${kind}, which this version does not support`;
    report({ ...warningAt(path, message), code: 'ERR_IDENTITY_UNSUPPORTED' });
  } else {
    const nearest = meantKind(kind);
    const hint = say(
      nearest ? `did you mean ${nearest}?` : `supported kinds: ${identityKinds.join(', ')}`,
    );
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

function checkParts(
  identity: Identity,
  kind: IdentityKind,
  context: PlanContext,
  report: ReportProblem,
): void {
  const at = (...path: string[]) => ['auth', 'identities', identity.name, ...path];
  for (const part of identityParts) {
    const schema = kind.schemas[part];
    for (const key of keysForAtmos(schema).filter((one) => identity[part][one] !== undefined)) {
      report(noteAt(at(part, key), 'is used by Atmos only, not by atmos auth'));
    }
    for (const { path, nearest } of findUnknownPaths(identity[part], schema)) {
      report(warningAt(at(part, ...path), 'is not known', didYouMean(nearest)[0]));
    }
  }
  try {
    kind.plan({ ...identity, session: {} }, context);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { path, message, hint } of error.problems) {
      report(invalidAt(at(...path), message, hint));
    }
  }
}
