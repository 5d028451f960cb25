import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProject, errorOf, projectOf } from './project.ts';

async function refusal(atmosYaml: string, env = {}) {
  const project = projectOf(atmosYaml);
  const { code, message, hints } = await errorOf(() => project.load(env), project);
  return { code, message, hints };
}

describe('a value of the wrong shape', () => {
  it.each([
    ['auth: yes', 'auth ($/atmos.yaml:1:7) must be a map, not the text "yes"'],
    ['auth: [1]', 'auth ($/atmos.yaml:1:1) must be a map, not a list'],
    ['auth: {realm: [a]}', 'auth.realm ($/atmos.yaml:1:8) must be text, not a list'],
    [
      'auth: {session_files: "yes"}',
      'auth.session_files ($/atmos.yaml:1:23) must be true or false, not the text "yes"',
    ],
    [
      'auth: {keyring: file}',
      'auth.keyring ($/atmos.yaml:1:17) must be a map, not the text "file"',
    ],
    [
      'auth: {keyring: {spec: []}}',
      'auth.keyring.spec ($/atmos.yaml:1:18) must be a map, not a list',
    ],
    [
      'auth: {keyring: {fallback: file}}',
      'auth.keyring.fallback ($/atmos.yaml:1:28) must be a list, not the text "file"',
    ],
    [
      'auth: {keyring: {fallback: [file, {a: 1}]}}',
      'auth.keyring.fallback.1 ($/atmos.yaml:1:35) must be text, not a map',
    ],
    ['auth: {identities: [dev]}', 'auth.identities ($/atmos.yaml:1:8) must be a map, not a list'],
    [
      'auth: {identities: {dev: aws/user}}',
      'auth.identities.dev ($/atmos.yaml:1:26) must be a map, not the text "aws/user"',
    ],
    [
      'auth: {identities: {"a.b c": {via: sso}}}',
      'auth.identities."a.b c".via ($/atmos.yaml:1:36) must be a map, not the text "sso"',
    ],
    [
      'auth: {identities: {dev: {env: [{key: A}]}}}',
      'auth.identities.dev.env.0.value ($/atmos.yaml:1:33) is missing',
    ],
    [
      'auth: {identities: {dev: {session: {duration: 1.5}}}}',
      'auth.identities.dev.session.duration ($/atmos.yaml:1:47) must be text or a whole number, not the number 1.5',
    ],
    [
      'auth: {providers: {sso: {kind: [a]}}}',
      'auth.providers.sso.kind ($/atmos.yaml:1:26) must be text, not a list',
    ],
    ['profiles: {default: {}}', 'profiles.default ($/atmos.yaml:1:12) must be text, not a map'],
    ['profiles: [ci]', 'profiles ($/atmos.yaml:1:1) must be a map, not a list'],
    ['base_path: [a]', 'base_path ($/atmos.yaml:1:1) must be text, not a list'],
    ['import: {a: b}', 'import ($/atmos.yaml:1:1) must be text or a list of text, not a map'],
    ['env: [A=1]', 'env ($/atmos.yaml:1:1) must be a map, not a list'],
    [
      'env: {A: [1]}',
      'env.A ($/atmos.yaml:1:7) must be text, a number, or true or false, not a list',
    ],
    ['logs: {level: []}', 'logs.level ($/atmos.yaml:1:8) must be text, not a list'],
    ['auth: {logs: debug}', 'auth.logs ($/atmos.yaml:1:14) must be a map, not the text "debug"'],
    [
      'auth: {identities: {dev: {required: maybe}}}',
      'auth.identities.dev.required ($/atmos.yaml:1:37) must be true or false, not the text "maybe"',
    ],
    [
      'auth: {identities: {dev: {tags: a}}}',
      'auth.identities.dev.tags ($/atmos.yaml:1:33) must be a list, not the text "a"',
    ],
    ['- auth', '$/atmos.yaml must be a map of settings'],
  ])('%s', async (text, message) => {
    expect(await refusal(text)).toMatchObject({ code: 'ERR_CONFIG_INVALID', message });
  });

  it('is reported with all others at once, in the order of the file', async () => {
    expect(
      (
        await refusal(`
auth:
  identities:
    b: { kind: 1 }
    a@session: { kind: aws/user }
  realm: {}
`)
      ).message.split('\n'),
    ).toEqual([
      'auth.identities.b.kind ($/atmos.yaml:4:16) must be text, not the number 1',
      'auth.identities.a@session ($/atmos.yaml:5:5) must not end with @session or @token, as entries of sessions and tokens do',
      'auth.realm ($/atmos.yaml:6:3) must be text, not a map',
    ]);
  });

  it('is reported at most twenty times', async () => {
    const many = Array.from({ length: 25 }, (_, i) => `    i${i}: 1`).join('\n');
    const lines = (await refusal(`auth:\n  identities:\n${many}\n`)).message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 5 more');
  });

  it('is located in the file that contains it', async () => {
    const project = createProject({
      'atmos.yaml': 'auth: { keyring: { type: file } }',
      'profiles/p/a.yaml': '\n\nauth: { keyring: { type: [] } }',
    });
    const error = await errorOf(
      () => project.load({}, { profiles: { value: ['p'], source: '--profile' } }),
      project,
    );
    expect(error.message).toBe(
      'auth.keyring.type ($/profiles/p/a.yaml:3:20) must be text, not a list',
    );
  });
});

describe('an account id without quotes', () => {
  it.each([
    ['account: { id: 012345678901 }', 'account.id', '4:40', '012345678901'],
    ['account: { id: 123456789012 }', 'account.id', '4:40', '123456789012'],
    ['target_principal: 000000000001', 'target_principal', '4:43', '000000000001'],
    ['accounts: [1, 0123]', 'accounts.1', '4:39', '0123'],
  ])('principal: %s', async (principal, path, place, written) => {
    expect(
      await refusal(`
auth:
  identities:
    dev: { principal: { ${principal} } }
`),
    ).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message: `auth.identities.dev.principal.${path} ($/atmos.yaml:${place}) must be text, not a number`,
      hints: [`write it in quotes: "${written}"`],
    });
  });

  it('does not affect real numbers', async () => {
    const config = await projectOf(
      'auth: { identities: { dev: { principal: { duration: 3600, port: 0, x: -1.5e3 } } } }',
    ).load();
    expect(config.identities[0]?.principal).toEqual({ duration: 3600, port: 0, x: -1500 });
  });

  it('is also reported for the common fields', async () => {
    expect(await refusal('auth: { realm: 0123 }')).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message: 'auth.realm ($/atmos.yaml:1:16) must be text, not the number 123',
      hints: ['write it in quotes: "0123"'],
    });
    expect((await refusal('auth: { identities: { dev: { kind: true } } }')).hints).toEqual([
      'write it in quotes: "true"',
    ]);
  });
});

describe('a secret', () => {
  const canary = '98765432109876';

  it.each([
    `auth: { identities: { dev: { credentials: { secret_access_key: ${canary} } } } }`,
    `auth: { identities: { dev: { env: [{ key: TOKEN, value: ${canary} }] } } }`,
    `auth: { identities: { dev: { credentials: "${canary}" } } }`,
    `auth: { identities: { dev: { credentials: { secret_access_key: !${canary} } } } }`,
    `auth: { identities: { dev: { credentials: { secret_access_key: !hidden${canary} } } } }`,
    `auth: { identities: { dev: { credentials: { secret_access_key: *x${canary} } } } }`,
    `auth: { identities: { dev: { credentials: { secret_access_key: "${canary}\n } } } }`,
    `auth:\n  secret: ${canary}\n bad: ${canary}`,
    `auth: { a: ${canary}, a: ${canary} }`,
    `password: !!int x${canary}`,
    `password: !p${canary}!x y`,
  ])('is not shown in the error for %s', async (text) => {
    const project = projectOf(text);
    const error = await errorOf(() => project.load());
    expect(error.code).toMatch(/^ERR_CONFIG_(INVALID|SYNTAX)$/);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(canary);
  });
});

describe('names', () => {
  it.each([
    [
      'auth: {identities: {dev: {}, DEV: {}}}',
      'auth.identities.DEV ($/atmos.yaml:1:30) repeats dev: names that differ only in case are the same',
    ],
    [
      'auth: {providers: {sso: {}, Sso: {}}}',
      'auth.providers.Sso ($/atmos.yaml:1:29) repeats sso: names that differ only in case are the same',
    ],
    [
      'auth: {identities: {caf\u00e9: {}, cafe\u0301: {}}}',
      'auth.identities."cafe\u0301" ($/atmos.yaml:1:31) repeats caf\u00e9: names that differ only in Unicode normal form are the same',
    ],
    [
      'auth: {providers: {x@Token: {}}}',
      'auth.providers.x@Token ($/atmos.yaml:1:20) must not end with @session or @token, as entries of sessions and tokens do',
    ],
    [
      'auth: {identities: {"a\\x1bb": {}}}',
      'auth.identities."a\\u001bb" ($/atmos.yaml:1:21) is not a valid name: it is empty or contains a control character',
    ],
    [
      'auth: {identities: {"\\x9b": {}}}',
      'auth.identities."\\u009b" ($/atmos.yaml:1:21) is not a valid name: it is empty or contains a control character',
    ],
    [
      'auth: {identities: {"": {}}}',
      'auth.identities."" ($/atmos.yaml:1:21) is not a valid name: it is empty or contains a control character',
    ],
  ])('%s', async (text, message) => {
    expect(await refusal(text)).toMatchObject({ code: 'ERR_CONFIG_INVALID', message });
  });

  it('may be spelled differently in different files', async () => {
    const project = createProject({
      'atmos.yaml': 'auth: { identities: { Dev: { kind: aws/user } } }',
      'profiles/p/a.yml': 'auth: { identities: { dev: { default: true } } }',
    });
    expect((await project.load({ ATMOS_PROFILE: 'p' })).identities).toMatchObject([
      { name: 'Dev', kind: 'aws/user', isDefault: true },
    ]);
  });
});

describe('a tag that cannot be resolved', () => {
  it('is reported: !env with too many words', async () => {
    expect((await refusal('auth: {realm: !env A b c}')).message).toBe(
      'auth.realm ($/atmos.yaml:1:15) requires the name of a variable and at most one default',
    );
  });

  it('is reported: << with a value that is not a map', async () => {
    expect((await refusal('auth: {<<: text}')).message).toBe(
      'auth."<<" ($/atmos.yaml:1:12) must be a map, or a list of maps',
    );
  });
});
