import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { identityKinds } from '../../src/clouds/registry.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import type { Hint } from '../../src/core/hint.ts';
import { createProject, projectOf, type Project } from '../config/project.ts';

/** All findings, a line each, with the project shown as `$`. */
async function findingsOf(
  project: Project,
  env = {},
  options: LoadOptions = {},
): Promise<string[]> {
  const { findings, warnings } = await validate(options, project.host(env));
  const lines = findings.map(({ severity, text, hints }) =>
    [`${severity}: ${text}`, ...hints.map(asText)].join(' | '),
  );
  const all = [...lines, ...warnings.map((warning) => `warning: ${warning}`)];
  return all.map((line) => line.replaceAll(project.directory, '$'));
}

function identities(text: string): string {
  return `auth:\n  identities:\n${text.replaceAll(/^(?=.)/gm, '    ')}`;
}

test('a valid configuration has no findings', async () => {
  const project = projectOf(`
auth:
  realm: infra
  keyring: { type: file, fallback: [memory], spec: { path: keys } }
  logs: { level: debug }
  identities:
    Base: { kind: aws/user, default: true, session: { duration: 12h } }
`);
  expect(await findingsOf(project)).toEqual([]);
});

describe('the name of an identity', () => {
  test.each(['off', 'No', 'FALSE', '0'])(
    'is reported if it switches authentication off: %s',
    async (name) => {
      const project = projectOf(identities(`'${name}': { kind: aws/user }`));
      expect(await findingsOf(project)).toEqual([
        `warning: auth.identities.${name} ($/atmos.yaml:3:5) has a name that switches authentication off when -i or ATMOS_IDENTITY equals it | give it another name`,
      ]);
    },
  );

  test('is reported if it is too long for the entry of its session', async () => {
    // atmos_r_…@session has to fit into 240 bytes.
    const project = (length: number) =>
      projectOf(`auth:\n  realm: r\n  identities: { ${'x'.repeat(length)}: { kind: aws/user } }`);
    expect(await findingsOf(project(224))).toEqual([]);
    const [finding, ...more] = await findingsOf(project(225));
    expect(finding).toContain(
      ') has a name of 225 bytes; the keyring allows at most 224 (realm r; / and % count as 3) | give it a shorter name',
    );
    expect(more).toEqual([]);
  });
});

test('a realm from a missing variable is reported with its position', async () => {
  expect(await findingsOf(projectOf('auth: { realm: !env TEAM_REALM }'))).toEqual([
    'error: auth.realm ($/atmos.yaml:1:16) is empty: the variable TEAM_REALM is not set, or empty | export TEAM_REALM=<realm>',
  ]);
});

describe('the kind of an identity', () => {
  test.each([
    [
      'dev: { kind: aws/usr }',
      'error: auth.identities.dev.kind ($/atmos.yaml:3:18) is unknown: "aws/usr" | did you mean aws/user?',
    ],
    [
      'dev: { kind: vault }',
      `error: auth.identities.dev.kind ($/atmos.yaml:3:18) is unknown: "vault" | supported kinds: ${identityKinds.join(', ')}`,
    ],
    [
      'dev: { kind: gcp/project }',
      'warning: auth.identities.dev.kind ($/atmos.yaml:3:18) is gcp/project, which this version does not support',
    ],
    ['dev: { default: false }', 'warning: auth.identities.dev.kind ($/atmos.yaml:3:5) is missing'],
  ])('%s', async (text, finding) => {
    expect(await findingsOf(projectOf(identities(text)))).toEqual([finding]);
  });
});

test('every problem of the credentials of an identity is reported', async () => {
  const text = 'dev: { kind: aws/user, credentials: { region: "eu west", mfa_arn: 5 } }';
  expect(await findingsOf(projectOf(identities(text)))).toEqual([
    'error: auth.identities.dev.credentials.region ($/atmos.yaml:3:51) is not the name of an AWS region: "eu west" | write it like eu-central-1',
    expect.stringMatching(
      /^error: auth\.identities\.dev\.credentials\.mfa_arn \(\$\/atmos\.yaml:3:\d+\) must be text/,
    ),
  ]);
  // The other half of an invalid key is not reported separately.
  const half =
    'dev: { kind: aws/user, credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: 5 } }';
  expect(await findingsOf(projectOf(identities(half)))).toHaveLength(1);
});

describe('a setting of the kind', () => {
  test.each([
    [
      'credentials: { regoin: eu-west-1 }',
      'warning: auth.identities.dev.credentials.regoin ($/atmos.yaml:5:30) is not known | did you mean region?',
    ],
    [
      'spec: { something: 1 }',
      'warning: auth.identities.dev.spec.something ($/atmos.yaml:5:26) is not known',
    ],
    [
      'credentials: { mfa_arn: [] }',
      'error: auth.identities.dev.credentials.mfa_arn ($/atmos.yaml:5:22) must be text, not a list',
    ],
    [
      'credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE }',
      'error: auth.identities.dev.credentials ($/atmos.yaml:5:7) hold only one of access_key_id and secret_access_key | set both or neither; if neither is set, the keys come from the keyring',
    ],
    [
      'spec: { endpoint_url: "https://me:hunter2@sts.example.com" }',
      'error: auth.identities.dev.spec.endpoint_url ($/atmos.yaml:5:29) is not an http or https URL without user and password',
    ],
    [
      'session: { duration: soon }',
      'error: auth.identities.dev.session.duration ($/atmos.yaml:5:28) is not a duration: "soon" | write it like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ],
  ])('%s', async (text, finding) => {
    const project = projectOf(identities(`dev:\n  kind: aws/user\n  ${text}`));
    expect(await findingsOf(project)).toEqual([finding]);
  });

  test('is reported together with all others', async () => {
    const project = projectOf(
      identities(`dev:
  kind: aws/user
  credentials: { secret_access_key: hunter2 }
  spec: { endpoint_url: nowhere }
  session: { duration: 0 }
`),
    );
    expect((await findingsOf(project)).map((line) => line.split(' ')[1])).toEqual([
      'auth.identities.dev.credentials',
      'auth.identities.dev.spec.endpoint_url',
      'auth.identities.dev.session.duration',
    ]);
    expect((await findingsOf(project)).join()).not.toContain('hunter2');
  });
});

describe('a reference', () => {
  const role = 'kind: gcp/project    ';
  const rolesAside = (lines: string[]) =>
    lines.filter((line) => !line.includes('does not support'));

  test.each([
    ['via: { provider: SSO }', []],
    ['via: { identity: BASE }', []],
    [
      'via: { provider: ssso }',
      [
        'error: auth.identities.x.via.provider ($/atmos.yaml:4:50) is not a provider: "ssso" | did you mean sso?',
      ],
    ],
    [
      'via: { provider: base }',
      [
        'error: auth.identities.x.via.provider ($/atmos.yaml:4:50) is not a provider: "base" | it is an identity: via.identity',
      ],
    ],
    [
      'via: { identity: sso }',
      [
        'error: auth.identities.x.via.identity ($/atmos.yaml:4:50) is not an identity: "sso" | it is a provider: via.provider',
      ],
    ],
    [
      'via: { identity: somebody }',
      [
        'error: auth.identities.x.via.identity ($/atmos.yaml:4:50) is not an identity: "somebody" | defined: base, x',
      ],
    ],
    [
      'via: { identity: base, provider: sso }',
      [
        'error: auth.identities.x.via ($/atmos.yaml:4:33) names both a provider and an identity, but only one is allowed | give one of them',
      ],
    ],
    [
      'via: { identity: X }',
      ['error: auth.identities.x.via.identity ($/atmos.yaml:4:50) leads back to itself: x → x'],
    ],
  ])('%s', async (via, findings) => {
    const text = `${identities(`base: { kind: aws/user }\nx: { ${role}, ${via} }`)}\n  providers: { sso: { kind: aws/saml, url: https://x, region: r } }\n`;
    expect(rolesAside(await findingsOf(projectOf(text)))).toEqual(findings);
  });

  test('is reported once with the cycle if it leads back to itself', async () => {
    const text = identities(`a: { ${role}, via: { identity: B } }
b: { ${role}, via: { identity: C } }
c: { ${role}, via: { identity: a } }
into: { ${role}, via: { identity: a } }
`);
    expect(rolesAside(await findingsOf(projectOf(text)))).toEqual([
      'error: auth.identities.a.via.identity ($/atmos.yaml:3:50) leads back to itself: a → b → c → a',
    ]);
  });
});

test('is a warning for each default except the first', async () => {
  const kind = 'kind: aws/user, default: true';
  const project = createProject({
    'atmos.yaml': identities(`a: { ${kind} }`),
    'profiles/p/a.yaml': identities(`b: { ${kind} }`),
  });
  expect(await findingsOf(project)).toEqual([]);
  expect(await findingsOf(project, { ATMOS_PROFILE: 'p' })).toEqual([
    'warning: auth.identities.b.default ($/profiles/p/a.yaml:3:35) is also true for another identity: a ($/atmos.yaml:3:35)',
  ]);
});

describe('the keyring', () => {
  const reader = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const vault = (auth: string) =>
    `auth:\n  realm: r\n  keyring:\n    type: vault\n    spec: { address: https://vault.example.com, auth: { ${auth} } }`;
  const file = (spec: string) =>
    `auth:\n  realm: r\n  keyring:\n    type: file\n    spec: { path: keys, ${spec} }`;

  test.each([
    vault('method: approle, role_id: 1f0c, secret_id_env: SECRET_ID'),
    vault('method: approle, role_id: 1f0c, secret_id_file: secret-id'),
    vault('method: jwt, role: ci, mount: kubernetes'),
    file(`identity_file: id.txt, recipients: [${reader}], sessions_keyring: memory`),
  ])('is valid with settings that depend on each other: %s', async (text) => {
    const findings = await findingsOf(projectOf(text));
    expect(findings.filter((line) => !line.startsWith('note: '))).toEqual([]);
  });

  test.each([
    [
      vault('role_id: 1f0c'),
      'error: auth.keyring.spec.auth.role_id ($/atmos.yaml:5) is a setting of the login method approle, but no method is configured, and the default is token | set auth.keyring.spec.auth.method to approle',
    ],
    [
      vault('method: approle, secret_id_env: S'),
      'error: the login method approle (from auth.keyring.spec.auth.method ($/atmos.yaml:5)) has no role_id | set auth.keyring.spec.auth.role_id',
    ],
    [
      vault('method: jwt, role: ci, role_id: 1f0c'),
      'error: auth.keyring.spec.auth.role_id ($/atmos.yaml:5) is a setting of the login method approle, but the method is jwt (from auth.keyring.spec.auth.method ($/atmos.yaml:5)) | remove it, or set auth.keyring.spec.auth.method to approle',
    ],
    [
      vault('method: approle, role_id: 1f0c, secret_id_env: S, secret_id_file: f'),
      'error: the secret id comes from auth.keyring.spec.auth.secret_id_env ($/atmos.yaml:5) and from auth.keyring.spec.auth.secret_id_file ($/atmos.yaml:5) | remove one of them',
    ],
    [
      file(`recipients: [${reader}], sessions_keyring: file`),
      'error: the file keyring is shared, so it cannot also be the keyring of its sessions (from auth.keyring.spec.sessions_keyring ($/atmos.yaml:5)) | set auth.keyring.spec.sessions_keyring to system or memory',
    ],
    [
      file('identity_file: id.txt, password_file: pw'),
      'error: the file keyring has readers (from auth.keyring.spec.identity_file ($/atmos.yaml:5)), so it has no password, but auth.keyring.spec.password_file ($/atmos.yaml:5) says where a password is | remove auth.keyring.spec.password_file ($/atmos.yaml:5), or recipients and identity_file',
    ],
    [
      file('sessions: shared, sessions_keyring: memory'),
      'error: sessions are shared (from auth.keyring.spec.sessions ($/atmos.yaml:5)), so they have no keyring of their own (from auth.keyring.spec.sessions_keyring ($/atmos.yaml:5)) | remove auth.keyring.spec.sessions_keyring ($/atmos.yaml:5), or set sessions to local',
    ],
  ])('is invalid with settings that exclude each other: %s', async (text, finding) => {
    const findings = await findingsOf(projectOf(text));
    expect(findings.map((line) => line.replaceAll(/:5:\d+/g, ':5'))).toEqual([finding]);
  });
});

describe('a setting', () => {
  test.each([
    [
      'auth: { realm: Infra }',
      'error: realm "Infra" (from auth.realm ($/atmos.yaml:1:16)) contains invalid characters: "I" | use 1 to 64 of the characters a-z 0-9 - _, such as my-project',
    ],
    [
      'auth: { keyring: { type: fil } }',
      'error: unknown keyring type "fil" (from auth.keyring.type ($/atmos.yaml:1:26)): expected one of system, file, memory, vault | did you mean file?',
    ],
    [
      'auth: { keyring: { fallback: [file, mem0ry] } }',
      'error: unknown keyring type "mem0ry" (from auth.keyring.fallback ($/atmos.yaml:1:20)): expected one of system, file, memory, vault | did you mean memory?',
    ],
    [
      'auth: { keyring: { spec: { path: ./key.db }, type: file } }',
      'error: the keyring path $/key.db (from auth.keyring.spec.path ($/atmos.yaml:1:34)) names a file, so its directory $ would become the keyring | name a directory of its own, without an extension: ~/.local/share/atmos/keyring',
    ],
    [
      'auth: { keyring: { spec: { password_env: "X;id" } } }',
      'error: auth.keyring.spec.password_env ($/atmos.yaml:1:42) is not a name for an environment variable | use letters, digits and _, and do not start with a digit',
    ],
    [
      'auth: { keyring: { tpye: file } }',
      'warning: auth.keyring.tpye ($/atmos.yaml:1:26) is not known | did you mean type?',
    ],
    [
      'auth: { logs: { level: debgu } }',
      'error: auth.logs.level ($/atmos.yaml:1:24) is not a log level: "debgu" | did you mean Debug?',
    ],
    [
      'logs: { level: loud }',
      'error: logs.level ($/atmos.yaml:1:16) is not a log level: "loud" | log levels: Trace, Debug, Info, Warning, Error, Off',
    ],
    [
      'env: { ATMOS_AUTH_REALM: "no realm" }',
      'error: realm "no realm" (from env.ATMOS_AUTH_REALM ($/atmos.yaml:1:26)) contains invalid characters: " " | use 1 to 64 of the characters a-z 0-9 - _, such as my-project',
    ],
    [
      'env: { ATMOS_KEYRING_TYPE: keychain }',
      'error: unknown keyring type "keychain" (from env.ATMOS_KEYRING_TYPE ($/atmos.yaml:1:28)): expected one of system, file, memory, vault | set auth.keyring.type to system, file, memory or vault',
    ],
    [
      'env: { NODE_OPTIONS: x }',
      'warning: env.NODE_OPTIONS ($/atmos.yaml:1:22) is never set: it loads code, is run as a command, or decides whose credentials count',
    ],
  ])('%s', async (text, finding) => {
    expect(await findingsOf(projectOf(text))).toEqual([finding]);
  });

  test('is checked in the file even if the environment overrides it', async () => {
    const project = projectOf('auth: { realm: Infra, keyring: { type: fil } }');
    const env = { ATMOS_AUTH_REALM: 'fine', ATMOS_KEYRING_TYPE: 'memory' };
    expect(await findingsOf(project, env)).toHaveLength(2);
  });
});

describe('problems of loading', () => {
  test('are reported with all others by file and line, including invalid YAML', async () => {
    const project = createProject({
      'atmos.yaml': `import: [more.yaml, broken.yaml]
auth:
  realm: Infra
  session_files: "yes"
  identities:
    dev: { kind: aws/usr, default: 1 }
`,
      'more.yaml': 'auth: { keyring: { type: fil, fallback: file } }',
      'broken.yaml': 'auth: [',
    });
    expect(
      (await findingsOf(project)).map((line) => /^\w+: .*?\((.*?)\)/.exec(line)?.[1] ?? line),
    ).toEqual([
      expect.stringMatching(/^error: \$\/broken\.yaml:\d+:\d+ is not valid YAML: /),
      'from auth.keyring.type ($/more.yaml:1:26',
      '$/more.yaml:1:41',
      'from auth.realm ($/atmos.yaml:3:10',
      '$/atmos.yaml:4:18',
      '$/atmos.yaml:6:18',
      '$/atmos.yaml:6:36',
    ]);
  });

  test('are not repeated for consequences of an invalid value', async () => {
    const project = projectOf(identities('dev: { kind: 1, credentials: { access_key_id: 2 } }'));
    expect((await findingsOf(project)).map((line) => line.split(' | ')[0])).toEqual([
      'error: auth.identities.dev.kind ($/atmos.yaml:3:18) must be text, not the number 1',
    ]);
  });

  test('do not include values of commands, which are not run', async () => {
    const keys = '{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: !exec touch ran }';
    const project = projectOf(identities(`dev:\n  kind: aws/user\n  credentials: ${keys}`));
    expect(await findingsOf(project)).toEqual([
      'warning: auth.identities.dev.credentials.secret_access_key ($/atmos.yaml:5:78) is the output of a command, which this command does not run',
      'note: auth.identities.dev.credentials.secret_access_key ($/atmos.yaml:5:78) needs trust: it runs touch ran | atmos auth trust | where no one can be prompted, as in CI: export ATMOS_AUTH_TRUST=1',
    ]);
  });

  test('include a missing import with its position', async () => {
    expect(await findingsOf(projectOf('import: gone.yaml'))).toEqual([
      'warning: import ($/atmos.yaml:1:9) names "gone.yaml", not found in $',
    ]);
  });

  test('end with warnings without a position', async () => {
    const project = projectOf('auth: { realm: x }');
    const env = { ATMOS_CLI_CONFIG_PATH: project.path('none') };
    expect(await findingsOf(project, env)).toEqual([
      'warning: ATMOS_CLI_CONFIG_PATH names $/none, which has no atmos.yaml',
    ]);
  });
});

function asText(hint: Hint): string {
  return formatHint(hint, posixSyntax);
}

test('checks the settings of a mistyped kind, and every other identity', async () => {
  const project = projectOf(
    identities(`
a: { kind: aws/usr, session: { duration: 1x }, spec: { endpoint_url: 5, foo: 1 } }
b: { kind: aws/user, session: { duration: 2x } }
`),
  );
  const paths = (await validate({}, project.host())).findings.map(({ path }) => path.join('.'));
  expect(paths).toEqual([
    'auth.identities.a.kind',
    'auth.identities.a.session.duration',
    'auth.identities.a.spec.endpoint_url',
    'auth.identities.a.spec.foo',
    'auth.identities.b.session.duration',
  ]);
});
