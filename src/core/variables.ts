import { AtmosError } from './errors.ts';
import type { Hint } from './hint.ts';
import { isVariableName, notVariableName } from './variable-name.ts';

/**
 * Every variable from which an AWS SDK reads credentials, their location, or a part of them. All of
 * them are removed unless they are set here, so that no other credentials can take precedence.
 *
 * - botocore reads `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, and `AWS_SECURITY_TOKEN` in addition
 *   to `AWS_SESSION_TOKEN`; the JavaScript SDK ignores keys in the environment if a profile is set;
 *   the Go and Java SDKs also read `AWS_ACCESS_KEY` and `AWS_SECRET_KEY`.
 * - `AWS_ACCOUNT_ID` and `AWS_CREDENTIAL_SCOPE` are part of the credentials: values from other
 *   credentials send requests to the endpoint of another account.
 * - A bearer token takes precedence over every signature for services that accept one.
 * - Variables that control where or how to call (`AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`,
 *   `AWS_RETRY_MODE`, the region) are not credentials and remain.
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

/**
 * Variables that give access to the keyring. They are removed from the environment of every program
 * that is started, and no file may set them.
 */
export const ownSecretVariables: readonly string[] = [
  'ATMOS_KEYRING_IMPORT_PASSWORD',
  'ATMOS_KEYRING_PASSWORD',
  'ATMOS_MFA_TOKEN',
  'CREDENTIALS_DIRECTORY',
];

/**
 * Whether a variable holds a bearer token of AWS, which is not passed to programs. Each service
 * that accepts a token has its own variable, so the list above cannot name all of them.
 */
export function isBearerToken(name: string): boolean {
  return name.startsWith('AWS_BEARER_TOKEN_');
}

/**
 * The variables of the AWS SDKs that name the endpoint of a service: AWS STS, the portal of IAM Identity
 * Center, and its sign-in. The first one that is set is used.
 */
export const endpointUrlVariables = {
  sts: ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'],
  sso: ['AWS_ENDPOINT_URL_SSO', 'AWS_ENDPOINT_URL'],
  'sso-oidc': ['AWS_ENDPOINT_URL_SSO_OIDC', 'AWS_ENDPOINT_URL'],
} as const;

/** A service to which requests are sent. */
export type AwsService = keyof typeof endpointUrlVariables;

/** Disables the variables above if it is `true`. */
export const ignoreEndpointsVariable = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS';

/** All variables that determine which endpoint of a service is used. */
export const endpointVariables: readonly string[] = [
  ...new Set(Object.values(endpointUrlVariables).flat()),
  ignoreEndpointsVariable,
];

/**
 * Variables that planning from a handle does not read: those for programs, which `auth env` or the program
 * that asks for credentials has set, and those with which a keyring is opened afterwards.
 */
const undecidingVariables: ReadonlySet<string> = new Set([
  ...credentialVariables,
  ...ownSecretVariables,
  'ATMOS_AUTH_ENV_SET',
  'ATMOS_IDENTITY',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_EXECUTION_ENV',
  'AWS_SDK_LOAD_CONFIG',
  'XDG_RUNTIME_DIR',
]);

/**
 * The variables that may decide what planning from a handle gives, sorted by name: all of Atmos, of AWS
 * and of the XDG directories that are set, but those that it does not read. A secret is shown as `set`.
 */
export function decidingVariables(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = Object.keys(env)
    .filter((name) => /^(ATMOS|AWS|XDG)_/.test(name) && env[name] !== undefined)
    .filter((name) => !undecidingVariables.has(name) && !isBearerToken(name));
  return Object.fromEntries(
    names.toSorted().map((name) => [name, isSecretVariable(name) ? 'set' : (env[name] ?? '')]),
  );
}

/** Whether the value of this variable is never shown, by the rule of Atmos. */
export function isSecretVariable(name: string): boolean {
  return /SECRET|TOKEN|PASSWORD|PRIVATE|ACCESS_KEY|SESSION/i.test(name);
}

/** A change to an environment: the variables to set and the variables to remove. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/** An environment variable from `env:` of atmos.yaml. */
export interface Variable {
  readonly key: string;
  readonly value: string;
  /** Its name in messages: `env.PATH (/p/atmos.yaml:7:3)`. Default: its key. */
  readonly source?: string;
}

/**
 * The effect of a variable on the programs that read it:
 *
 * - `refused`: it loads code into them, is a command that they run, decides whose credentials they
 *   use, or unlocks the keyring. Never set;
 * - `plain`: known to select neither a program nor a file nor a server;
 * - `trusted`: all others. Set, but from a project's file only after `auth trust`.
 */
export type VariableClass = 'refused' | 'trusted' | 'plain';

// Names separated by spaces; `*` matches any characters. A list of dangerous variables is never
// complete: these are the known ones.

const loaders = [
  // Variables of the system's loader, and those that glibc ignores in a program with more rights
  // than its user.
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
  // Commands that git and other programs run, and variables that make git run a command.
  'GIT_*_COMMAND GIT_SSH GIT_EXTERNAL_DIFF GIT_EXEC_PATH GIT_CONFIG* GIT_TEMPLATE_DIR *_ASKPASS',
  'LESSOPEN LESSCLOSE GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES',
  // Select the providers that terraform runs.
  'TF_CLI_CONFIG_FILE TERRAFORM_CONFIG TOFU_CLI_CONFIG_FILE TF_REATTACH_PROVIDERS',
];

const credentials = [
  ...credentialVariables,
  'AWS_BEARER_TOKEN_*',
  ...ownSecretVariables,
  'ATMOS_AUTH_TRUST',
];

/** Programs that show or edit a text. An empty value disables them, which is the usual purpose. */
const viewers = ['PAGER *_PAGER MANPAGER LESS EDITOR *_EDITOR VISUAL BROWSER'];

/**
 * The variables that a project's file may set without trust, compared with their exact spelling:
 * docs/adr/0020. Any other variable may name a program, a file or a server for some tool.
 */
const allowed = {
  /**
   * Allowed with any value: they are read by the project's own terraform code or are settings of
   * atmos-auth.
   */
  byName: ['TF_VAR_* ATMOS_KEYRING_FILE_PATH'],
  /** Allowed with a single word, which cannot be a path, a URL or a command with arguments. */
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
 * The class of a variable. Case is ignored for refused variables: a name that is dangerous on one
 * system is not useful on another.
 *
 * @param value if known: an empty value makes a pager or an editor plain, and most allowed
 *   variables are plain only with a single word
 */
export function classOf(name: string, value?: string): VariableClass {
  if (isRefused.test(name)) return 'refused';
  if (isViewer.test(name)) return value === '' ? 'plain' : 'refused';
  if (isAllowed.test(name)) return 'plain';
  // It tells an atmos that the program starts which variable contains the keyring's password.
  if (name === 'ATMOS_KEYRING_PASSWORD_ENV' && value !== undefined) {
    return isPasswordVariable(value) ? 'plain' : 'trusted';
  }
  return isAllowedAsWord.test(name) && word.test(value ?? '') ? 'plain' : 'trusted';
}

/** Whether a name indicates a password: `KEYRING_PASSWORD`, `atmos-passphrase`. */
export function saysPassword(name: string): boolean {
  return /(?:password|passphrase|passwd|(?:^|[^a-z0-9])(?:pass|secret))$/i.test(name);
}

/**
 * Whether the name of a variable indicates a password, and a project's file cannot set it without
 * trust.
 */
export function isPasswordVariable(name: string): boolean {
  return saysPassword(name) && classOf(name) !== 'plain';
}

export interface VariableProblem {
  /** Which part is invalid. */
  readonly at: 'key' | 'value';
  /** Completes a message after the name of the place: `is not a name for an environment variable`. */
  readonly message: string;
  readonly hint?: Hint;
}

/** Why an environment cannot contain the variable, or undefined if it can. */
export function variableProblem({ key, value }: Variable): VariableProblem | undefined {
  if (!isVariableName(key)) return { at: 'key', ...notVariableName };
  if (!value.includes('\0')) return undefined;
  return {
    at: 'value',
    message: 'contains a NUL character, which is not allowed in an environment variable',
  };
}

/** @throws ERR_CONFIG_INVALID if an environment cannot contain the variable. The value is not shown */
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
 * Reads a variable from an environment that may be a copy. On Windows names are compared without
 * case, and the system's variable is `Path`: `process.env` finds it as `PATH`, a copy does not.
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
