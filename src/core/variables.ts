import { AtmosError } from './errors.ts';
import type { Hint } from './hint.ts';
import { isVariableName, notVariableName } from './variable-name.ts';

/**
 * Every variable from which an AWS SDK takes credentials, or the place where they are, or something
 * that belongs to credentials: all of them go unless we set them, so that no other can win.
 *
 * - botocore asks `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and `AWS_SECURITY_TOKEN` beside
 *   `AWS_SESSION_TOKEN`; the JavaScript SDK leaves out the keys of the environment where a profile
 *   is named; the Go and Java SDKs know `AWS_ACCESS_KEY` and `AWS_SECRET_KEY` too.
 * - `AWS_ACCOUNT_ID` and `AWS_CREDENTIAL_SCOPE` are part of the credentials: left behind by others
 *   they send requests to an endpoint of another account.
 * - A bearer token beats every signature, for the services that take one.
 * - Variables that say where or how to call (`AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`, `AWS_RETRY_MODE`,
 *   the region) are no credentials, and stay.
 */
export const credentialVariables: readonly string[] = [
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_ACCOUNT_ID',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_CREDENTIAL_FILE',
  'AWS_CREDENTIAL_SCOPE',
  'AWS_DEFAULT_PROFILE',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SECURITY_TOKEN',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

/** What no program that we start gets, and no file may set: our own way to the keyring. */
export const ownSecretVariables: readonly string[] = [
  'ATMOS_KEYRING_IMPORT_PASSWORD',
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_MFA_TOKEN',
  'CREDENTIALS_DIRECTORY',
];

/**
 * Whether a variable of this name holds a bearer token of AWS, which no program that we start gets. There
 * is one for each service that takes one, so the list above can name only those of today.
 */
export function isBearerToken(name: string): boolean {
  return name.startsWith('AWS_BEARER_TOKEN_');
}

/** Whether the value of a variable of this name is never shown: the rule of Atmos. */
export function isSecretVariable(name: string): boolean {
  return /SECRET|TOKEN|PASSWORD|PRIVATE|ACCESS_KEY|SESSION/i.test(name);
}

/** What changes in an environment: variables that get a value, and variables that go. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/** An environment variable as an `env:` of atmos.yaml says it. */
export interface Variable {
  readonly key: string;
  readonly value: string;
  /** What it is called in messages: `env.PATH (/p/atmos.yaml:7:3)`. Else by its name. */
  readonly source?: string;
}

/**
 * What setting a variable does to the programs that see it:
 *
 * - `refused`: loads code into them, is a command that they run, decides whose credentials they use,
 *   or opens our keyring. Never set, whoever says so;
 * - `plain`: known to choose neither a program nor a file nor a server;
 * - `trusted`: the rest. Set, but from a project's file only after `auth trust`.
 */
export type VariableClass = 'refused' | 'trusted' | 'plain';

// Names in words, `*` for any characters. No list of bad ones can be whole: these are the known ones.

const loaders = [
  // The system's loader, and what glibc itself ignores in a program with more rights than its user.
  'LD_* DYLD_* _RLD* LIBPATH SHLIB_PATH GLIBC_TUNABLES MALLOC_* GCONV_PATH GETCONF_DIR NLSPATH',
  'OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES GIO_EXTRA_MODULES GTK_MODULES',
  // Shells.
  'BASH_ENV BASH_FUNC_* BASHOPTS SHELLOPTS ENV ZDOTDIR FPATH IFS PROMPT_COMMAND PS0 PS1 PS2 PS4',
  'PSMODULEPATH',
  // Interpreters and compilers.
  'NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE ELECTRON_RUN_AS_NODE BUN_OPTIONS',
  'BUN_INSPECT_PRELOAD PYTHON* PERL5* PERLLIB RUBY* GEM_* BUNDLE_GEMFILE LUA_INIT* LUA_PATH*',
  'LUA_CPATH* PHPRC PHP_INI_SCAN_DIR R_PROFILE* R_ENVIRON* JAVA_TOOL_OPTIONS _JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS JAVA_OPTS CLASSPATH MAVEN_OPTS GRADLE_OPTS DOTNET_STARTUP_HOOKS',
  'DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE CORECLR_* COR_* COMPLUS_* GOFLAGS RUSTC RUSTC_*',
  'MAKEFLAGS GNUMAKEFLAGS MAKEFILES',
  // Commands that git and others run, and what else makes git run one.
  'GIT_*_COMMAND GIT_SSH GIT_EXTERNAL_DIFF GIT_EXEC_PATH GIT_CONFIG* GIT_TEMPLATE_DIR *_ASKPASS',
  'LESSOPEN LESSCLOSE GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES',
  // Which providers terraform runs.
  'TF_CLI_CONFIG_FILE TERRAFORM_CONFIG TOFU_CLI_CONFIG_FILE TF_REATTACH_PROVIDERS',
];

const credentials = [
  ...credentialVariables,
  'AWS_BEARER_TOKEN_*',
  ...ownSecretVariables,
  'ATMOS_AUTH_TRUST',
];

/** Programs to show or edit a text. An empty one switches that off, which is the usual use. */
const viewers = ['PAGER *_PAGER MANPAGER LESS EDITOR *_EDITOR VISUAL BROWSER'];

/**
 * What a project's file may set without trust, as it is spelled here: docs/adr/0020. A name that is not
 * here may be one that some tool takes a program, a file or a server from.
 */
const allowed = {
  /** With any value: they reach the project's own terraform code, or are settings of ours. */
  byName: ['TF_VAR_* ATMOS_KEYRING_FILE_PATH'],
  /** With one word, which is no path, no URL and no command with arguments. */
  asWord: [
    'AWS_REGION AWS_DEFAULT_REGION AWS_DEFAULT_OUTPUT AWS_RETRY_MODE AWS_MAX_ATTEMPTS',
    'AWS_DEFAULTS_MODE AWS_SDK_LOAD_CONFIG AWS_STS_REGIONAL_ENDPOINTS AWS_USE_FIPS_ENDPOINT',
    'AWS_USE_DUALSTACK_ENDPOINT AWS_EC2_METADATA_DISABLED',
    'TF_IN_AUTOMATION TF_INPUT TF_LOG TF_LOG_CORE TF_LOG_PROVIDER TF_WORKSPACE CHECKPOINT_DISABLE',
    'ATMOS_AUTH_REALM ATMOS_IDENTITY ATMOS_KEYRING_TYPE ATMOS_LOGS_LEVEL ATMOS_PROFILE',
    'NO_COLOR FORCE_COLOR CLICOLOR CLICOLOR_FORCE LANG LC_ALL GIT_TERMINAL_PROMPT',
  ],
};
const word = /^[\w.,:+-]*$/;

const isRefused = anyOf([...loaders, ...credentials], 'is');
const isViewer = anyOf(viewers, 'is');
const isAllowed = anyOf(allowed.byName, 's');
const isAllowedAsWord = anyOf(allowed.asWord, 's');

/**
 * The class of a variable. What is refused is so in any case: what is dangerous on one system is of no
 * use to anybody on another.
 *
 * @param value where known: an empty one makes a pager or an editor plain, and most of what is allowed
 *   is so with one word only
 */
export function classOf(name: string, value?: string): VariableClass {
  if (isRefused.test(name)) return 'refused';
  if (isViewer.test(name)) return value === '' ? 'plain' : 'refused';
  if (isAllowed.test(name)) return 'plain';
  // It says which variable has the keyring's password, to an atmos that the program starts.
  if (name === 'ATMOS_KEYRING_PASSWORD_ENV' && value !== undefined) {
    return isPasswordVariable(value) ? 'plain' : 'trusted';
  }
  return isAllowedAsWord.test(name) && word.test(value ?? '') ? 'plain' : 'trusted';
}

/** Whether a name says that it is that of a password: `KEYRING_PASSWORD`, `atmos-passphrase`. */
export function saysPassword(name: string): boolean {
  return /(?:password|passphrase|passwd|(?:^|[^a-z0-9])(?:pass|secret))$/i.test(name);
}

/** Whether the variable holds a password by its name, and no project's file sets it without trust. */
export function isPasswordVariable(name: string): boolean {
  return saysPassword(name) && classOf(name) !== 'plain';
}

export interface VariableProblem {
  /** Which of the two is wrong. */
  readonly at: 'key' | 'value';
  /** Follows the name of its place: `is not a name for an environment variable`. */
  readonly message: string;
  readonly hint?: Hint;
}

/** Why no environment can hold the variable, or undefined where one can. */
export function variableProblem({ key, value }: Variable): VariableProblem | undefined {
  if (!isVariableName(key)) return { at: 'key', ...notVariableName };
  if (!value.includes('\0')) return undefined;
  return { at: 'value', message: 'holds a NUL character, which no environment can' };
}

/** @throws ERR_CONFIG_INVALID for a variable that no environment can hold. Its value is not shown */
export function checkVariable(variable: Variable): void {
  const problem = variableProblem(variable);
  if (problem === undefined) return;
  const { at, message, hint } = problem;
  const name = variable.source ?? (at === 'key' ? JSON.stringify(variable.key) : variable.key);
  const what = at === 'key' ? name : `the value of ${name}`;
  const hints = hint === undefined ? [] : [hint];
  throw new AtmosError('ERR_CONFIG_INVALID', `${what} ${message}`, { hints });
}

function anyOf(patterns: readonly string[], flags: string): RegExp {
  const names = patterns.join(' ').replaceAll(' ', '|').replaceAll('*', '.*');
  return new RegExp(`^(?:${names})$`, flags);
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable of an environment that may be a copy. On Windows names do not differ by case, and the
 * system's own is `Path`: `process.env` finds it as `PATH`, a copy of it does not.
 */
export function environmentValue(
  environment: Environment,
  name: string,
  platform: NodeJS.Platform,
): string | undefined {
  const value = environment[name];
  if (value !== undefined || platform !== 'win32') return value;
  const isSame = (other: string) => other.toUpperCase() === name.toUpperCase();
  const same = Object.entries(environment).filter(([other]) => isSame(other));
  return same.find((entry) => entry[1] !== undefined)?.[1];
}
