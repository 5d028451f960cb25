import { credentialVariables, ownSecretVariables } from './variables.ts';

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

function anyOf(patterns: readonly string[], flags: string): RegExp {
  const names = patterns.join(' ').replaceAll(' ', '|').replaceAll('*', '.*');
  return new RegExp(`^(?:${names})$`, flags);
}
