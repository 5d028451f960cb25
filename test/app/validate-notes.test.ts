import { expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { openDesk, yamlOf } from '../cli/commands/desk.ts';
import { projectOf } from '../config/project.ts';

test('a key that only Atmos uses is one note for any number of identities', async () => {
  const project = projectOf(`auth:
  identities:
    a: { kind: aws/user, required: true }
    b: { kind: aws/user, required: true, provider: z }
`);
  const { findings } = await validate({}, project.host());
  const lines = findings.map(({ severity, code, text }) => `${severity} ${code}: ${text}`);
  expect(lines.map((line) => line.replaceAll(project.directory, '$'))).toEqual([
    'note null: auth.identities.a.required ($/atmos.yaml:3:36) is used by Atmos only, not by atmos auth; also set in 1 other identity',
    'note null: auth.identities.b.provider ($/atmos.yaml:4:52) is used by Atmos only, not by atmos auth',
  ]);
});

test('a note is not a problem, and only validate prints it', async () => {
  const desk = await openDesk();
  // The endpoint of this desk needs trust.
  desk.env['ATMOS_AUTH_TRUST'] = '1';
  const config = desk.configure(yamlOf(desk, { identity: 'required: true' }));
  const text = `auth.identities.dev.required (${config}:11:17) is used by Atmos only, not by atmos auth`;
  expect(await desk.run('auth validate')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: `note: ${text}\nok: ~/project/atmos.yaml\n`,
  });
  const { stdout } = await desk.run('auth validate -o json');
  expect(JSON.parse(stdout)).toMatchObject({ valid: true, problems: [{ severity: 'note' }] });
  expect((await desk.run('auth keyring list')).stderr).not.toContain('note');
});

test('names what needs trust until it is trusted', async () => {
  const project = projectOf(`auth:
  keyring: { type: file, spec: { password_command: pass show x } }
  identities:
    a: { kind: aws/user, spec: { endpoint_url: https://sts.example.com } }
`);
  const notes = async (env = {}) =>
    (await validate({}, project.host(env))).findings
      .filter(({ code }) => code === 'ERR_CONFIG_UNTRUSTED')
      .map(({ severity, text }) => `${severity}: ${text.replaceAll(project.directory, '$')}`);
  expect(await notes()).toEqual([
    'note: auth.keyring.spec.password_command ($/atmos.yaml:2:52) needs trust: it runs the password command pass show x (and 1 more)',
  ]);
  expect(await notes({ ATMOS_AUTH_TRUST: '1' })).toEqual([]);
});

test('does not speak of trust while there are errors', async () => {
  const project = projectOf(`auth:
  keyring: { type: file, spec: { password_command: pass show x } }
  identities:
    a: { kind: aws/nothing }
`);
  const { findings } = await validate({}, project.host());
  expect(findings.map(({ code }) => code)).toEqual(['ERR_IDENTITY_UNSUPPORTED']);
});

test('names tags without a value, and tags that --tags cannot select', async () => {
  const role = 'arn:aws:iam::123456789012:role/r';
  const project = projectOf(`auth:
  providers:
    p: { kind: github/oidc, spec: { audience: x }, tags: ['a,b'] }
  identities:
    a: { kind: aws/user, tags: [ok, '', 'x,y'] }
    b: { kind: aws/assume-role, via: { identity: a }, principal: { assume_role: '${role}', session_tags: { n: , m: '' } } }
`);
  const { findings } = await validate({}, project.host());
  const comma = 'has a comma, which separates the tags of --tags, so it cannot be selected';
  const told = findings.map(({ severity, message }) => `${severity}: ${message}`);
  expect(told).toEqual([
    `warning: auth.providers.p.tags.0 ${comma}`,
    'warning: auth.identities.a.tags.1 is empty',
    `warning: auth.identities.a.tags.2 ${comma}`,
    'warning: auth.identities.b.principal.session_tags.n is empty, so it is not used',
  ]);
  expect(findings.at(-1)?.text).toBe(
    `auth.identities.b.principal.session_tags.n (${project.directory}/atmos.yaml:6:133) is empty, so it is not used`,
  );
});
