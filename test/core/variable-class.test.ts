import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classOf, isPasswordVariable } from '../../src/core/variable-class.ts';
import { credentialVariables } from '../../src/core/variables.ts';

const classes = {
  refused: {
    'loads code':
      'LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES GLIBC_TUNABLES GCONV_PATH OPENSSL_CONF',
    'is read by shells':
      'BASH_ENV ENV ZDOTDIR PROMPT_COMMAND IFS PS1 PS4 SHELLOPTS BASHOPTS BASH_FUNC_id PSModulePath',
    'is read by interpreters':
      'NODE_OPTIONS NODE_PATH PYTHONPATH PYTHONSTARTUP PYTHONHOME PERL5LIB PERL5OPT RUBYOPT RUBYLIB GEM_PATH JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH DOTNET_STARTUP_HOOKS CORECLR_PROFILER_PATH LUA_INIT_5_4 GOFLAGS MAKEFLAGS',
    'is a command':
      'GIT_SSH_COMMAND GIT_PROXY_COMMAND GIT_SSH GIT_ASKPASS SSH_ASKPASS GIT_EDITOR GIT_EXTERNAL_DIFF GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 LESSOPEN',
    'selects providers': 'TF_CLI_CONFIG_FILE TOFU_CLI_CONFIG_FILE TF_REATTACH_PROVIDERS',
    'is a credential': `${credentialVariables.join(' ')} AWS_BEARER_TOKEN_TOMORROW`,
    'gives access to the keyring':
      'ATMOS_KEYRING_PASSWORD ATMOS_MFA_TOKEN ATMOS_AUTH_TRUST CREDENTIALS_DIRECTORY',
  },
  trusted: {
    'selects programs':
      'PATH Path PATHEXT ComSpec SystemRoot ProgramFiles SHELL ATMOS_SHELL HOME XDG_CONFIG_HOME TMPDIR TF_CLI_ARGS TF_CLI_ARGS_plan TF_PLUGIN_CACHE_DIR NPM_CONFIG_REGISTRY TG_TF_PATH CLOUDSDK_PYTHON',
    'selects a configuration that is trusted':
      'ATMOS_CONFIG ATMOS_CONFIG_PATH ATMOS_CLI_CONFIG_PATH ATMOS_XDG_CONFIG_HOME ATMOS_LOGS_FILE ATMOS_KEYRING_PASSWORD_FILE ATMOS_KEYRING_PASSWORD_ENV ATMOS_BASE_PATH',
    'redirects requests':
      'HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_STS_ENDPOINT KUBECONFIG KUBE_CONFIG_PATHS DOCKER_HOST SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS',
    'controls which servers are trusted':
      'AWS_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED',
    'is unknown':
      'GITHUB_TOKEN NODE_ENV GIT_AUTHOR_NAME ENVIRONMENT STAGE MY_ENV PATHS aws_region tf_var_x XTF_VAR_x TF_VAR',
  },
} as const;

const plain =
  'AWS_REGION AWS_DEFAULT_REGION AWS_RETRY_MODE AWS_SDK_LOAD_CONFIG AWS_STS_REGIONAL_ENDPOINTS AWS_USE_FIPS_ENDPOINT TF_LOG TF_IN_AUTOMATION TF_INPUT TF_WORKSPACE GIT_TERMINAL_PROMPT LANG NO_COLOR ATMOS_PROFILE ATMOS_IDENTITY ATMOS_KEYRING_TYPE';

describe('a plain variable', () => {
  test.each(plain.split(' '))('is %s with a single word and this spelling', (name) => {
    for (const value of ['', 'eu-west-1', 'C.UTF-8', 'a,b', '1']) {
      expect(classOf(name, value)).toBe('plain');
    }
    for (const value of ['/x', 'a b', '..\\x', 'x.example/#', 'http://x', "$('x')", 'a\n']) {
      expect(classOf(name, value)).toBe('trusted');
    }
    expect(classOf(name.toLowerCase(), '1')).toBe('trusted');
  });

  test('is a variable of the terraform code with any value', () => {
    expect(classOf('TF_VAR_name', '{ "a": "/x" }')).toBe('plain');
  });

  test('is the one that names the password variable, if its value is the name of a password', () => {
    const classOfName = (value: string) => classOf('ATMOS_KEYRING_PASSWORD_ENV', value);
    expect(classOfName('MY_PASSWORD')).toBe('plain');
    expect(classOfName('HOME')).toBe('trusted');
  });
});

test.each([
  ['ATMOS_KEYRING_PASSWORD', true],
  ['KEYRING_PASSPHRASE', true],
  ['keyring_password', true],
  ['PGPASSWORD', true],
  ['KEYRING_PASS', true],
  ['KEYRING_SECRET', true],
  ['HOME', false],
  ['PWD', false],
  ['COMPASS', false],
  ['SSH_ASKPASS', false],
  ['ATMOS_KEYRING_PASSWORD_FILE', false],
  ['PASSWORD_STORE_DIR', false],
  ['AWS_ACCESS_KEY_ID', false],
  ['GITHUB_REPOSITORY', false],
  // A project's file may set it, so the author of the file knows the value.
  ['TF_VAR_PASSWORD', false],
])('whether %s holds a password of the user: %s', (name, expected) => {
  expect(isPasswordVariable(name)).toBe(expected);
});

describe.each(Object.entries(classes))('%s', (expected, groups) => {
  test.each(Object.entries(groups))('a variable that %s', (_, names) => {
    const others = names.split(' ').filter((name) => classOf(name) !== expected);
    expect(others).toEqual([]);
    // In any spelling: Windows ignores case, and programs read http_proxy.
    expect(
      names
        .toLowerCase()
        .split(' ')
        .filter((name) => classOf(name) !== expected),
    ).toEqual([]);
  });
});

test.each(['PAGER', 'AWS_PAGER', 'GIT_PAGER', 'MANPAGER', 'EDITOR', 'KUBE_EDITOR', 'VISUAL'])(
  '%s runs a program unless it is empty',
  (name) => {
    expect(classOf(name)).toBe('refused');
    expect(classOf(name, 'sh -c id')).toBe('refused');
    expect(classOf(name, '')).toBe('plain');
  },
);

test.each(['LD_PRELOAD', 'NODE_OPTIONS', 'AWS_PROFILE', 'ATMOS_KEYRING_PASSWORD'])(
  '%s is refused even if it is empty',
  (name) => expect(classOf(name, '')).toBe('refused'),
);

test('every name is classified quickly', () => {
  const parts = fc.constantFrom(
    'LD_',
    '_',
    'PAGER',
    'PROXY',
    'GIT_',
    '_COMMAND',
    'A',
    'path',
    '*',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 5_000 }), (name) => {
      expect(['refused', 'trusted', 'plain']).toContain(classOf(name.join('')));
    }),
  );
});
