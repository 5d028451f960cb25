import { credentialVariables, ownSecretVariables } from './credential-variables.ts';
import { AtmosError } from './errors.ts';

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
 * - `trusted`: picks the programs or sends what they say elsewhere. Set, but from a project's file
 *   only after `auth trust`;
 * - `plain`: the rest.
 */
export type VariableClass = 'refused' | 'trusted' | 'plain';

// Names in words, `*` for any characters. No list of them can be whole: these are the known ones.

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

const redirections = [
  // Where programs are, and where they look for what is theirs.
  'PATH PATHEXT COMSPEC SYSTEMROOT WINDIR SYSTEMDRIVE PROGRAMFILES* COMMONPROGRAMFILES* SHELL',
  'ATMOS_SHELL HOME USERPROFILE HOMEDRIVE HOMEPATH TMPDIR TMP TEMP XDG_* APPDATA',
  'LOCALAPPDATA PROGRAMDATA CURL_HOME NETRC GIT_DIR GIT_TRACE* TF_CLI_ARGS* TF_DATA_DIR',
  'TF_PLUGIN_CACHE_DIR TF_LOG_PATH HELM_* NPM_CONFIG_* PIP_* UV_* CARGO_* AWS_DATA_PATH',
  'BOTO_CONFIG',
  // Our own: a configuration that is named is a trusted one.
  'ATMOS_CONFIG ATMOS_CONFIG_PATH ATMOS_CLI_CONFIG_PATH ATMOS_XDG_* ATMOS_LOGS_FILE',
  // Servers, and who vouches for them.
  '*PROXY AWS_ENDPOINT_URL* AWS_S3_ENDPOINT AWS_DYNAMODB_ENDPOINT AWS_IAM_ENDPOINT',
  'AWS_STS_ENDPOINT AWS_EC2_METADATA_SERVICE_ENDPOINT* KUBECONFIG KUBE_CONFIG_PATH* DOCKER_HOST',
  'DOCKER_CONFIG VAULT_ADDR HOSTALIASES LOCALDOMAIN RESOLV_HOST_CONF RES_OPTIONS KRB5_CONFIG',
  'SSH_AUTH_SOCK GNUPGHOME DBUS_SESSION_BUS_ADDRESS GOOGLE_APPLICATION_CREDENTIALS',
  'AWS_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED GIT_SSL_*',
];

const isRefused = anyOf([...loaders, ...credentials]);
const isViewer = anyOf(viewers);
const isRedirection = anyOf(redirections);

/**
 * The class of a variable, by its name in any case: what is dangerous on one system is of no use to
 * anybody on another.
 *
 * @param value where known: an empty one makes a pager or an editor plain
 */
export function classOf(name: string, value?: string): VariableClass {
  if (isRefused.test(name) || (isViewer.test(name) && value !== '')) return 'refused';
  return isRedirection.test(name) ? 'trusted' : 'plain';
}

/** Whether a project's file may set a variable of this name only after `auth trust`. */
export function needsTrust(name: string): boolean {
  return classOf(name) === 'trusted';
}

export interface VariableProblem {
  /** Which of the two is wrong. */
  readonly at: 'key' | 'value';
  /** Follows the name of its place: `is not a name for an environment variable`. */
  readonly message: string;
  readonly hint?: string;
}

/** Why no environment can hold the variable, or undefined where one can. */
export function variableProblem({ key, value }: Variable): VariableProblem | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
    return {
      at: 'key',
      message: 'is not a name for an environment variable',
      hint: 'use letters, digits and _, and no digit first',
    };
  }
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

function anyOf(patterns: readonly string[]): RegExp {
  const names = patterns.join(' ').replaceAll(' ', '|').replaceAll('*', '.*');
  return new RegExp(`^(?:${names})$`, 'is');
}
