import { checkKind } from '../auth/validate/check-kind.ts';
import { checkReferences } from '../auth/validate/check-references.ts';
import { checkVariables } from '../auth/validate/check-variables.ts';
import { loadConfig, type Config, type LoadOptions } from '../config/load.ts';
import { formatNotice, sortProblems, type LocatedProblem } from '../config/problems.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { Finding } from './config-problem.ts';
import { checkSettings } from './validate-settings.ts';

/** Something that is wrong with the configuration, or doubtful, and where. */
export type ConfigFinding = Omit<LocatedProblem, 'code'> &
  Pick<Finding, 'severity'> & {
    /** Of the error that using it gives. Null where nothing fails. */
    readonly code: ErrorCode | null;
  };

export interface Validation {
  readonly config: Config;
  /** In the order of the files, and of the lines in each. */
  readonly findings: readonly ConfigFinding[];
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
  const more = (await checkConfig(config, host)).filter(
    ({ path }) => !known.some((other) => isAbout(other, path)),
  );
  const findings: ConfigFinding[] = [
    ...problems.map((problem) => ({ ...problem, severity: 'error' as const })),
    ...config.notices.map((notice) => ({ ...notice, severity: 'warning' as const, code: null })),
    ...more.map((finding) => located(finding, config)),
  ];
  const placed = new Set(config.notices.map(formatNotice));
  const warnings = config.warnings.filter((warning) => !placed.has(warning));
  return { config, warnings, findings: sortProblems(findings, config.files) };
}

async function checkConfig(config: Config, host: Host): Promise<Finding[]> {
  const findings: Finding[] = [];
  const report = (finding: Finding) => void findings.push(finding);
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

function located({ severity, code, path, message, isWhole, hints }: Finding, config: Config) {
  const at = config.locate({ path, message });
  return { ...at, ...(isWhole ? { message, text: message } : {}), severity, code, hints };
}
