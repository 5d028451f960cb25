import { planAuth } from '../auth/plan.ts';
import { keyringOfFiles } from '../auth/trust-needs.ts';
import type { Config } from '../config/config.ts';
import { specPath } from '../config/keyring-spec.ts';
import { resolveRealm } from '../config/realm.ts';
import { isAtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { quoteValue, type Sourced } from '../core/json.ts';
import type { Spec } from '../core/keyring-spec.ts';
import { logLevels, parseLogLevel } from '../core/log-level.ts';
import { isOffName, nearestName } from '../core/names.ts';
import { classOf } from '../core/variable-class.ts';
import type { Variable } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import {
  checkKeyring as checkKeyringSettings,
  checkKeyringType,
  checkSpec,
  keyringTypes,
} from '../keyring/registry.ts';
import { findLengthFault } from '../store/key.ts';
import {
  invalidAt,
  reportErrorAt,
  warningAt,
  type ConfigProblem,
  type ReportProblem,
} from './config-problem.ts';
import { sharedRealmWarning, type SharedWarning } from './shared-realm.ts';

/** The settings of the files, without overrides from the environment. */
type Said = Pick<Config, 'realm' | 'keyring' | 'logs' | 'environment' | 'sourceOf'>;

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId' | 'workingDirectory'>;

/** Checks the realm, the keyring and the level of the log. */
export function checkSettings(config: Said, host: Where, report: ReportProblem): void {
  checkRealm(config, report);
  checkKeyring(config, host, report);
  checkLevel(config, report);
}

function checkRealm({ realm, environment }: Said, report: ReportProblem): void {
  const variable = environment['ATMOS_AUTH_REALM'];
  const check = (path: string[], value: Sourced<string> | undefined) =>
    value &&
    reportErrorAt(
      path,
      () => void resolveRealm({ realm: value, directory: '', environment: {} }, { env: {} }),
      report,
    );
  check(['auth', 'realm'], realm);
  check(['env', 'ATMOS_AUTH_REALM'], variable);
}

/**
 * Checks that the names of identities are valid as values of a variable and as names of entries.
 */
export function checkIdentityNames(
  config: Pick<Config, 'identities' | 'realm' | 'directory' | 'environment'>,
  report: ReportProblem,
): void {
  const realm = realmOf(config);
  for (const { name } of config.identities) {
    const path = ['auth', 'identities', name];
    if (isOffName(name)) {
      const message =
        'has a name that switches authentication off when -i or ATMOS_IDENTITY equals it';
      report(warningAt(path, message, say('give it another name')));
    }
    const fault = findLengthFault({ realm, alias: name });
    if (fault !== undefined) report(invalidAt(path, fault, say('give it a shorter name')));
  }
}

/** Checks that `--tags a,b` can select each tag of identities and providers. */
export function checkTags(
  { identities, providers }: Pick<Config, 'identities' | 'providers'>,
  report: ReportProblem,
): void {
  const check = (path: readonly string[], tags: unknown) => {
    if (!Array.isArray(tags)) return;
    for (const [at, tag] of tags.entries()) {
      const place = [...path, 'tags', String(at)];
      if (typeof tag !== 'string') continue;
      if (tag.trim() === '') report(warningAt(place, 'is empty', say('remove it')));
      if (tag.includes(',')) {
        const message = 'has a comma, which separates the tags of --tags, so it cannot be selected';
        report(warningAt(place, message, say('write two tags, or another character')));
      }
    }
  };
  for (const { name, tags } of identities) check(['auth', 'identities', name], tags);
  for (const { name, settings } of providers) check(['auth', 'providers', name], settings['tags']);
}

/**
 * The realm of the files. An invalid realm is reported elsewhere and replaced by the shortest one.
 */
function realmOf(config: Pick<Config, 'realm' | 'directory' | 'environment'>): string {
  try {
    return resolveRealm(config, { env: {} }).value;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return '';
  }
}

function checkKeyring({ keyring, environment }: Said, host: Where, report: ReportProblem): void {
  const checkType = (path: string[], type: Sourced<string> | undefined) =>
    type && reportErrorAt(path, () => checkKeyringType(type), report);
  checkType(['auth', 'keyring', 'type'], keyring.type);
  checkType(['env', 'ATMOS_KEYRING_TYPE'], environment['ATMOS_KEYRING_TYPE']);
  for (const [at, value] of (keyring.fallback?.value ?? []).entries()) {
    const { source = '', tag } = keyring.fallback ?? {};
    checkType(['auth', 'keyring', 'fallback', String(at)], { value, source, tag });
  }
  const problems: ConfigProblem[] = [];
  // Each setting alone, so that each problem has its place. Keys of a map depend on each other.
  for (const [path, said] of splitSpec(keyring.spec)) {
    reportErrorAt(
      path,
      () => checkSpec(said, host),
      (problem) => void problems.push(problem),
    );
  }
  if (problems.length === 0) {
    const check = () => checkTogether(keyringOfFiles({ keyring, environment }), host);
    reportErrorAt(specPath, check, (problem) => void problems.push(problem));
  }
  for (const problem of problems) report(problem);
}

/** The settings of `auth.keyring.spec`, each with its path. A map is one of them. */
function splitSpec(spec: Spec): [path: readonly string[], said: Spec][] {
  const entries = Object.entries(spec);
  const names = new Set(entries.map(([key]) => nameOf(key)));
  return [...names].map((name) => {
    const own = entries.filter(([key]) => nameOf(key) === name);
    return [[...specPath, name], Object.fromEntries(own)];
  });
}

function nameOf(key: string): string {
  return key.split('.', 1)[0] ?? key;
}

/** An unknown type is reported at its own place. */
function checkTogether(keyring: KeyringSettings, host: Where): void {
  if (keyringTypes.includes(keyring.type.value)) checkKeyringSettings(keyring, host);
}

/** Does not open the keyring, so entries of other realms are not checked. */
export function checkSharedRealm(config: Config, host: Host, report: ReportProblem): void {
  const warning = warningOf(config, host);
  if (warning === undefined) return;
  const [hint] = warning.hints;
  report({ ...warningAt(warning.path, warning.message, hint), isWhole: true });
}

function warningOf(config: Config, host: Host): SharedWarning | undefined {
  try {
    // The command itself logs what the plan logs.
    return sharedRealmWarning(planAuth(config, { ...host, log() {} }), host);
  } catch (error) {
    // Problems of the realm and the keyring are reported with their positions.
    if (isAtmosError(error)) return undefined;
    throw error;
  }
}

function checkLevel({ logs, environment, sourceOf }: Said, report: ReportProblem): void {
  const check = (path: string[], level: Sourced<string>) => {
    if (parseLogLevel(level.value) !== undefined) return;
    const nearest = nearestName(level.value, logLevels);
    const hint = say(nearest ? `did you mean ${nearest}?` : `log levels: ${logLevels.join(', ')}`);
    report(invalidAt(path, `is not a log level: ${quoteValue(level)}`, hint));
  };
  const own = ['auth', 'logs', 'level'];
  if (logs.level) check(logs.level.source === sourceOf(own) ? own : ['logs', 'level'], logs.level);
  const variable = environment['ATMOS_LOGS_LEVEL'];
  if (variable) check(['env', 'ATMOS_LOGS_LEVEL'], variable);
}

/** Reports variables that programs never get. */
export function checkVariables(
  { env, identities }: Pick<Config, 'env' | 'identities'>,
  report: ReportProblem,
): void {
  const check = (variable: Variable, path: readonly string[]) => {
    if (classOf(variable.key, variable.value) !== 'refused') return;
    const message =
      'is never set: it loads code, is run as a command, or decides whose credentials count';
    report(warningAt(path, message));
  };
  for (const variable of env) check(variable, ['env', variable.key]);
  for (const { name, env: variables } of identities) {
    for (const [at, variable] of variables.entries()) {
      check(variable, ['auth', 'identities', name, 'env', String(at), 'key']);
    }
  }
}
