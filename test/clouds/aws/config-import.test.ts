import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configFromObject } from '../../../src/auth/load-config.ts';
import { awsConfigImporter } from '../../../src/clouds/aws/config-import.ts';
import type { LinkPlan } from '../../../src/clouds/contract.ts';
import { linkKindOf } from '../../../src/clouds/registry.ts';
import type { Config } from '../../../src/config/config.ts';
import type { ExistingLinks, ImportedConfig } from '../../../src/core/imported-config.ts';
import { isAtmosError } from '../../../src/core/errors.ts';
import { isProvider, type LinkConfig } from '../../../src/core/kind-config.ts';
import { fakeHost } from '../../support/fake-host.ts';

const empty: ExistingLinks = { providers: [], identities: [] };

function importTexts(
  config: string,
  { credentials = '', existing = empty }: { credentials?: string; existing?: ExistingLinks } = {},
): ImportedConfig {
  const texts = new Map([
    ['/config', config],
    ['/credentials', credentials],
  ]);
  const paths = { config: '/config', credentials: '/credentials' };
  return awsConfigImporter.importConfig(paths, (path) => texts.get(path) ?? '', existing);
}

const settingsOf = (links: ImportedConfig['identities']) =>
  Object.fromEntries(links.map(({ name, settings }) => [name, settings]));

const lines = ({ problems }: ImportedConfig) =>
  problems.map(
    ({ from, key, reason }) => `${from}: ${key === undefined ? '' : `${key} `}${reason}`,
  );

const session = `[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start
sso_region = eu-central-1
sso_registration_scopes = sso:account:access
`;
const admin = 'sso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n';
const keys = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`;
const role = 'role_arn = arn:aws:iam::123456789012:role/deploy\n';
const device = 'arn:aws:iam::123456789012:mfa/me';

test('the files of the cases', () => {
  const read = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../../vectors/aws/${name}`, import.meta.url)), 'utf8');
  const imported = importTexts(read('config'), { credentials: read('credentials') });
  expect(settingsOf(imported.providers)).toEqual({
    corp: {
      kind: 'aws/iam-identity-center',
      start_url: 'https://d-1234567890.awsapps.com/start',
      region: 'eu-central-1',
    },
    'in-cluster': { kind: 'oidc/token', spec: { file: '/var/run/secrets/token' } },
  });
  const arn = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;
  expect(settingsOf(imported.identities)).toEqual({
    'My Prof': { kind: 'aws/user', credentials: { mfa_arn: device } },
    caps: { kind: 'aws/user' },
    'prod-admin': {
      kind: 'aws/permission-set',
      via: { provider: 'corp' },
      principal: { name: 'Admin', account: { id: '222222222222' }, region: 'eu-central-1' },
    },
    'legacy-sso': {
      kind: 'aws/permission-set',
      via: { provider: 'corp' },
      principal: { name: 'ReadOnly', account: { id: '111111111111' } },
    },
    deploy: {
      kind: 'aws/assume-role',
      via: { identity: 'prod-admin' },
      principal: { assume_role: arn('333333333333', 'deploy'), session_name: 'me', duration: '1h' },
    },
    'in-cluster': {
      kind: 'aws/assume-role',
      via: { provider: 'in-cluster' },
      principal: { assume_role: arn('444444444444', 'app') },
    },
    helper: {
      kind: 'aws/credential-process',
      spec: { command: '/usr/local/bin/helper --profile "a b"' },
    },
    ambient: { kind: 'aws/ambient' },
    'on-ec2': {
      kind: 'aws/assume-role',
      via: { identity: 'ambient' },
      principal: { assume_role: arn('555555555555', 'app') },
    },
  });
  expect(lines(imported)).toEqual([
    '/credentials:5: [profile misplaced] is not the header of a profile in this file, write it as [misplaced]',
    'profile on-ec2: credential_source becomes the kind aws/ambient, which takes the first credentials that it finds, not only those of Ec2InstanceMetadata',
  ]);
  expect(imported.keys.map(({ profile }) => profile)).toEqual(['My Prof', 'caps']);
  expect(imported.portalProfiles).toBe(2);
  expect(JSON.stringify(imported)).not.toMatch(/AKIA|wJalr/);
});

describe('portals', () => {
  test('spellings of one start URL are one provider', () => {
    const legacy = ['start/', 'start#/', 'start'].map(
      (path, index) =>
        `[profile p${index}]\nsso_start_url = https://d-1.awsapps.com/${path}\nsso_region = us-east-1\nsso_account_id = 111111111111\nsso_role_name = R\n`,
    );
    const { providers, identities, problems } = importTexts(legacy.join(''));
    expect(providers.map(({ name }) => name)).toEqual(['d-1']);
    expect(identities.map(({ settings }) => settings['via'])).toEqual(
      Array.from({ length: 3 }, () => ({ provider: 'd-1' })),
    );
    expect(problems).toEqual([]);
  });

  test('another region or path is another provider', () => {
    const profile = (name: string, url: string, region: string) =>
      `[profile ${name}]\nsso_start_url = ${url}\nsso_region = ${region}\nsso_account_id = 111111111111\nsso_role_name = R\n`;
    const { providers } = importTexts(
      profile('a', 'https://d-1.awsapps.com/start', 'us-east-1') +
        profile('b', 'https://d-1.awsapps.com/start', 'eu-west-1') +
        profile('c', 'https://d-1.awsapps.com', 'us-east-1'),
    );
    expect(providers.map(({ name }) => name)).toEqual(['d-1', 'd-1-2', 'd-1-3']);
  });

  test('two sessions of one portal are one provider, and that is reported', () => {
    const imported = importTexts(
      `${session}${session.replace('corp', 'other')}[profile x]\n${admin.replace('corp', 'other')}`,
    );
    expect(imported.providers.map(({ name }) => name)).toEqual(['corp']);
    expect(imported.identities[0]?.settings['via']).toEqual({ provider: 'corp' });
    expect(lines(imported)).toEqual([
      'sso-session other: is the same portal as provider corp, which its profiles use',
    ]);
  });

  test.each([
    [
      'a session that does not exist',
      `[profile x]\n${admin}`,
      'profile x: sso_session names [sso-session corp], which does not exist',
    ],
    [
      'a session without a URL',
      `[sso-session corp]\nsso_region = us-east-1\n[profile x]\n${admin}`,
      'sso-session corp: sso_start_url is missing',
    ],
    [
      'a URL that is not https',
      `${session.replace('https', 'http')}[profile x]\n${admin}`,
      'sso-session corp: sso_start_url is not an https URL without user, password and query',
    ],
    [
      'a region that is none',
      session.replace('eu-central-1', 'Frankfurt!'),
      'sso-session corp: sso_region is not the name of an AWS region: "Frankfurt!"',
    ],
    [
      'a missing role',
      `${session}[profile x]\nsso_session = corp\nsso_account_id = 111111111111\n`,
      'profile x: sso_role_name is missing',
    ],
    [
      'an account that is none',
      `${session}[profile x]\n${admin.replace('111111111111', '1111')}`,
      'profile x: sso_account_id is not the number of an account, 12 digits: "1111"',
    ],
    [
      'other scopes',
      session.replace('sso:account:access', 'codewhisperer:completions'),
      'sso-session corp: sso_registration_scopes has no equivalent in atmos.yaml, where it is always sso:account:access',
    ],
    [
      'a URL beside the session that differs',
      `${session}[profile x]\n${admin}sso_start_url = https://x.example\n`,
      'profile x: sso_start_url differs from that of [sso-session corp], which is used',
    ],
  ])('reports %s', (_, config, problem) => {
    expect(lines(importTexts(config))).toContain(problem);
  });
});

describe('roles', () => {
  const roleOf = (settings: string, base = `[profile base]\n${keys}`, name = 'r') =>
    importTexts(`[profile ${name}]\n${role}${settings}${base}`);

  test('every setting is kept', () => {
    const { identities, problems } = roleOf(
      `source_profile = base\nrole_session_name = me\nexternal_id = x-1\nduration_seconds = 5400\nregion = eu-west-1\nmfa_serial = ${device}\n`,
    );
    expect(settingsOf(identities)).toEqual({
      base: { kind: 'aws/user' },
      r: {
        kind: 'aws/assume-role',
        via: { identity: 'base' },
        principal: {
          assume_role: 'arn:aws:iam::123456789012:role/deploy',
          session_name: 'me',
          external_id: 'x-1',
          duration: '90m',
          region: 'eu-west-1',
          mfa_arn: device,
        },
      },
    });
    expect(problems).toEqual([]);
  });

  test('a code of the device of the user is enough', () => {
    const { identities, problems } = roleOf(
      `source_profile = base\nmfa_serial = ${device}\n`,
      `[profile base]\n${keys}mfa_serial = ${device}\n`,
    );
    expect(settingsOf(identities)).toMatchObject({
      base: { credentials: { mfa_arn: device } },
      r: { principal: { assume_role: 'arn:aws:iam::123456789012:role/deploy' } },
    });
    expect(JSON.stringify(settingsOf(identities)['r'])).not.toContain('mfa');
    expect(problems).toEqual([]);
  });

  test('a profile that is its own source has a user beside the role', () => {
    const imported = importTexts(`[profile me]\n${role}source_profile = me\n${keys}`);
    expect(settingsOf(imported.identities)).toMatchObject({
      'me-user': { kind: 'aws/user' },
      me: { kind: 'aws/assume-role', via: { identity: 'me-user' } },
    });
    expect(imported.keys).toEqual([{ profile: 'me', identity: 'me-user' }]);
    expect(imported.problems).toEqual([]);
  });

  test('the key of a profile that assumes a role opens the role of another profile', () => {
    const { identities } = importTexts(
      `[profile me]\n${role}source_profile = me\n${keys}[profile you]\n${role}source_profile = me\n`,
    );
    expect(settingsOf(identities)['you']).toMatchObject({ via: { identity: 'me-user' } });
  });

  test('a base precedes what it opens, to any depth', () => {
    const { identities } = importTexts(
      `[profile a]\n${role}source_profile = b\n[profile b]\n${role}source_profile = c\n[profile c]\n${keys}`,
    );
    expect(identities.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  });

  test.each([
    [
      'a missing profile',
      'source_profile = nope\n',
      'profile r: source_profile names profile nope, which does not exist',
    ],
    [
      'a loop',
      'source_profile = r\n',
      'profile r: source_profile names profile r, which leads back to this profile',
    ],
    [
      'neither source',
      '',
      'profile r: role_arn needs either source_profile or credential_source, and the profile has neither',
    ],
    [
      'both sources',
      'source_profile = base\ncredential_source = Environment\n',
      'profile r: role_arn needs either source_profile or credential_source, and the profile has both',
    ],
    [
      'an unknown credential_source',
      'credential_source = Moon\n',
      'profile r: credential_source is not one that the AWS CLI knows',
    ],
    [
      'a duration that is none',
      'source_profile = base\nduration_seconds = 1h\n',
      'profile r: duration_seconds is not a number of seconds',
    ],
    [
      'a duration that is too long',
      'source_profile = base\nduration_seconds = 86400\n',
      'profile r: duration_seconds must be from 15m to 12h: "24h"',
    ],
    [
      'a session name that AWS rejects',
      'source_profile = base\nrole_session_name = a b\n',
      'profile r: role_session_name must have 2 to 64 letters, digits and _+=,.@-: "a b"',
    ],
    [
      'a device that is none',
      'source_profile = base\nmfa_serial = me\n',
      'profile r: mfa_serial is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number',
    ],
    [
      'a region in another partition',
      'source_profile = base\nregion = cn-north-1\n',
      'profile r: region is in the partition aws-cn: "cn-north-1", but the role is in aws',
    ],
  ])('reports %s', (_, settings, problem) => {
    expect(lines(roleOf(settings))).toContain(problem);
  });

  test('what the kind rejects is left out, the rest is kept', () => {
    const { identities } = roleOf(
      'source_profile = base\nduration_seconds = 5\nexternal_id = x-1\n',
    );
    expect(settingsOf(identities)['r']).toMatchObject({
      principal: { assume_role: 'arn:aws:iam::123456789012:role/deploy', external_id: 'x-1' },
    });
  });

  test('a role of a role lasts at most one hour and has no device', () => {
    const imported = importTexts(
      `${session}[profile base]\n${admin}[profile r]\n${role}source_profile = base\nduration_seconds = 7200\nmfa_serial = ${device}\n`,
    );
    expect(lines(imported)).toEqual([
      'profile r: mfa_serial cannot be used with base, which is a session of a role and has no MFA device',
      'profile r: duration_seconds is more than one hour: "2h". AWS limits a role to one hour if it is opened with a session of another role, such as base',
    ]);
    expect(settingsOf(imported.identities)['r']).toEqual({
      kind: 'aws/assume-role',
      via: { identity: 'base' },
      principal: { assume_role: 'arn:aws:iam::123456789012:role/deploy' },
    });
  });

  test('what is not the ARN of a role is not imported, nor what it opens', () => {
    const imported = importTexts(
      `[profile base]\n${keys}[profile r]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n[profile s]\n${role}source_profile = r\n`,
    );
    expect(imported.identities.map(({ name }) => name)).toEqual(['base']);
    expect(lines(imported)).toEqual([
      'profile r: role_arn is not the ARN of a role: "arn:aws:iam::1:role/x"',
      'profile s: source_profile names profile r, which cannot be imported',
    ]);
  });

  test('a relative token file is refused, and an external id with a token is reported', () => {
    const web = (file: string) =>
      importTexts(`[profile w]\n${role}web_identity_token_file = ${file}\nexternal_id = x-1\n`);
    expect(lines(web('token'))).toContain(
      'profile w: web_identity_token_file is not an absolute path',
    );
    expect(web('token').providers).toEqual([]);
    expect(lines(web('/t'))).toEqual([
      'profile w: external_id cannot be used with the OIDC token of w: AWS takes it from the token or not at all',
    ]);
    expect(web('/t').identities).toHaveLength(1);
  });
});

describe('other profiles', () => {
  test.each([
    [
      'a session',
      `[profile x]\n${keys}aws_session_token = t\n`,
      'profile x: contains a session, which expires',
    ],
    [
      'half a key',
      '[profile x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
      'profile x: aws_secret_access_key is missing',
    ],
    [
      'no credentials',
      '[profile x]\nregion = eu-west-1\noutput = json\n',
      'profile x: has no credentials',
    ],
    [
      'aws login',
      '[profile x]\nlogin_session = arn:aws:iam::123456789012:user/me\n',
      'profile x: signs in with aws login',
    ],
    [
      'our own command',
      '[profile x]\ncredential_process = /n /m auth credential-process --handle /h\n',
      'profile x: gets its credentials from atmos auth already',
    ],
    [
      'a process for a shell',
      '[profile x]\ncredential_process = helper $HOME\n',
      'profile x: credential_process contains characters that the shell interprets here, but not for the AWS CLI: check it',
    ],
    [
      'a line that is no setting',
      `[profile x]\n${keys}nonsense\n`,
      '/config:4: is not a setting of a profile',
    ],
    ['an open bracket', `[profile x\n${keys}`, '/config:1: is not a setting of a profile'],
    [
      'a header of the other file',
      `[prod]\n${keys}`,
      '/config:1: [prod] is not the header of a profile in this file, write it like [profile name]',
    ],
    [
      'settings of a service',
      `[profile x]\n${keys}s3 =\n  max_concurrent_requests = 20\n`,
      'profile x: s3 has settings of one service, which are not part of an identity',
    ],
    [
      'an endpoint',
      `[profile x]\n${keys}endpoint_url = http://localhost\n`,
      'profile x: endpoint_url is not a setting of an identity: set AWS_ENDPOINT_URL',
    ],
    [
      'endpoints',
      `[profile x]\n${keys}services = s\n[services s]\n`,
      'profile x: services is not a setting of an identity: set variables such as AWS_ENDPOINT_URL_S3',
    ],
    [
      'certificates',
      `[profile x]\n${keys}ca_bundle = /c\n`,
      'profile x: ca_bundle is not a setting of an identity: set AWS_CA_BUNDLE',
    ],
    [
      'an unknown setting',
      `[profile x]\n${keys}colour = red\n`,
      'profile x: colour has no equivalent in atmos.yaml',
    ],
    [
      'a setting of roles',
      `[profile x]\n${keys}external_id = x\n`,
      'profile x: external_id is not used with the other settings of this profile',
    ],
    [
      'a region that is none',
      `[profile x]\n${keys}region = Frankfurt!\n`,
      'profile x: region is not the name of an AWS region: "Frankfurt!"',
    ],
    [
      'a control character',
      '[profile x]\ncredential_process = a\u001b[2J\n',
      'profile x: credential_process contains a control character or an invisible one',
    ],
  ])('reports %s', (_, config, problem) => {
    expect(lines(importTexts(config))).toContain(problem);
  });

  test('settings of the CLI are listed once', () => {
    const imported = importTexts(
      `[profile x]\n${keys}output = json\ncli_pager =\n[profile y]\n${keys}output = text\n`,
    );
    expect(imported.unused).toEqual(['cli_pager', 'output']);
    expect(imported.problems).toEqual([]);
  });

  test('the credentials file counts, with its region', () => {
    const { identities } = importTexts('', { credentials: `[work]\n${keys}region = eu-west-1\n` });
    expect(settingsOf(identities)).toEqual({
      work: { kind: 'aws/user', default: true, credentials: { region: 'eu-west-1' } },
    });
  });
});

describe('names', () => {
  test.each([
    ['"a\u0007"', 'has a name with a control character or an invisible one'],
    ['"\u202eevil"', 'has a name with a control character or an invisible one'],
    ['a'.repeat(129), 'has a name of more than 128 characters'],
    [
      'x@Session',
      'has a name that ends with @session or @token, as entries of sessions and tokens do',
    ],
    ['__proto__', 'has a reserved name'],
    ['Off', 'has a name that turns authentication off: -i off'],
    ['" "', 'has no name'],
  ])('refuses %j', (name, reason) => {
    const { identities, problems } = importTexts(`[profile ${name}]\n${keys}`);
    expect(identities).toEqual([]);
    expect(problems.map((one) => one.reason)).toEqual([reason]);
  });

  test('tells names apart that differ in case only, also as the source of a role', () => {
    const imported = importTexts(
      `[profile dev]\n${keys}[profile Dev]\n${keys}[profile r]\n${role}source_profile = Dev\n`,
    );
    const { identities } = imported;
    expect(identities.map(({ name, from }) => [name, from])).toEqual([
      ['Dev-2', 'profile Dev'],
      ['dev', 'profile dev'],
      ['r', 'profile r'],
    ]);
    expect(settingsOf(identities)['r']).toMatchObject({ via: { identity: 'Dev-2' } });
    expect(lines(imported)).toEqual([
      'profile Dev: becomes the identity Dev-2, because atmos.yaml does not distinguish its name from that of profile dev',
    ]);
  });

  test('also those of sessions', () => {
    const other =
      '[sso-session CORP]\nsso_start_url = https://d-2.awsapps.com/start\nsso_region = us-east-1\n';
    const imported = importTexts(`${session}${other}[profile a]\n${admin}`);
    expect(imported.providers.map(({ name }) => name)).toEqual(['corp', 'CORP-2']);
    expect(lines(imported)).toEqual([
      'sso-session CORP: becomes the provider CORP-2, because atmos.yaml does not distinguish its name from that of another session',
    ]);
  });

  test('a session with a space in its name needs quotes', () => {
    const text = session.replace('corp', 'our corp');
    expect(lines(importTexts(text))).toEqual([
      '/config:1: [sso-session our corp] is not the header of a session in this file, write it like [sso-session "a name"]',
    ]);
  });

  test('the only identity becomes the default', () => {
    expect(settingsOf(importTexts(`[profile x]\n${keys}`).identities)).toEqual({
      x: { kind: 'aws/user', default: true },
    });
  });

  test('[default] with only a region is for the AWS CLI', () => {
    const { identities, problems } = importTexts(
      `[default]\nregion = eu-west-1\noutput = json\n[profile x]\n${keys}`,
    );
    expect([identities.map(({ name }) => name), problems]).toEqual([['x'], []]);
  });

  test('[default] becomes the default', () => {
    const { identities } = importTexts(`[default]\n${keys}[profile x]\n${keys}`);
    expect(settingsOf(identities)).toEqual({
      default: { kind: 'aws/user', default: true },
      x: { kind: 'aws/user' },
    });
  });
});

describe('what exists', () => {
  const corp = {
    name: 'Corp',
    kind: 'aws/iam-identity-center',
    settings: { start_url: 'https://d-1234567890.awsapps.com/start/', region: 'eu-central-1' },
  };

  test('is not changed, and is used', () => {
    const existing = {
      providers: [corp],
      identities: [{ name: 'X', kind: 'aws/permission-set', isDefault: false }],
    };
    const { providers, identities, problems } = importTexts(
      `${session}[profile x]\n${admin}[profile y]\n${role}source_profile = x\n`,
      { existing },
    );
    expect(providers).toMatchObject([{ name: 'Corp', state: 'exists' }]);
    expect(identities).toMatchObject([
      { name: 'X', state: 'exists' },
      { name: 'y', state: 'new', settings: { via: { identity: 'X' } } },
    ]);
    expect(problems).toEqual([]);
  });

  test('a portal under another name is used', () => {
    const existing = { providers: [{ ...corp, name: 'sso' }], identities: [] };
    const { providers, identities } = importTexts(`${session}[profile x]\n${admin}`, { existing });
    expect(providers).toMatchObject([{ name: 'sso', state: 'exists' }]);
    expect(identities[0]?.settings['via']).toEqual({ provider: 'sso' });
  });

  test('a provider of the name with another portal: nothing is opened with it', () => {
    const other = { ...corp, settings: { ...corp.settings, region: 'us-east-1' } };
    const imported = importTexts(`${session}[profile x]\n${admin}`, {
      existing: { providers: [other], identities: [] },
    });
    expect([imported.providers, imported.identities]).toEqual([[], []]);
    expect(lines(imported)).toEqual([
      'sso-session corp: becomes the provider corp, but the configuration has a provider Corp with other settings',
      'profile x: signs in at a portal that has no provider',
    ]);
  });

  test('an identity of the name and another kind is not the base of another one', () => {
    const imported = importTexts(`[profile x]\n${keys}[profile y]\n${role}source_profile = x\n`, {
      existing: { providers: [], identities: [{ name: 'x', kind: 'ambient', isDefault: true }] },
    });
    expect(imported.identities).toEqual([]);
    expect(lines(imported)).toEqual([
      'profile x: becomes the identity x of kind aws/user, but the configuration has one of kind ambient',
      'profile y: source_profile names profile x, which cannot be imported',
    ]);
  });

  test('there is no second default', () => {
    const imported = importTexts(`[default]\n${keys}`, {
      existing: { providers: [], identities: [{ name: 'x', kind: 'ambient', isDefault: true }] },
    });
    expect(settingsOf(imported.identities)).toEqual({ default: { kind: 'aws/user' } });
    expect(lines(imported)).toEqual([
      'profile default: does not become the default: identity x is the default already',
    ]);
  });

  test('a web identity of another file is not replaced', () => {
    const imported = importTexts(`[profile w]\n${role}web_identity_token_file = /t\n`, {
      existing: {
        providers: [{ name: 'w', kind: 'oidc/token', settings: { spec: { file: '/other' } } }],
        identities: [],
      },
    });
    expect(imported.identities).toEqual([]);
    expect(lines(imported)).toEqual([
      'profile w: becomes the provider w, but the configuration has one with other settings',
    ]);
  });
});

const values = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'Dev',
    'dev',
    'corp',
    'default',
    'us-east-1',
    '111111111111',
    '3600',
    '99999999999',
    'arn:aws:iam::123456789012:role/x',
    'arn:aws-cn:iam::123456789012:role/x',
    device,
    'https://d-1.awsapps.com/start#/',
    'http://x',
    'Environment',
    '/t',
    'Admin',
    'ambient',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const settingNames = fc.constantFrom(
  'role_arn',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'mfa_serial',
  'duration_seconds',
  'external_id',
  'role_session_name',
  'region',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'credential_process',
  's3',
  'output',
  'x',
);
const headers = fc.oneof(
  fc.constantFrom(
    'default',
    'profile a',
    'profile b',
    'profile Dev',
    'profile dev',
    'profile ambient',
    'sso-session corp',
    'sso-session a',
    'services s',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const files = fc
  .array(fc.tuple(headers, fc.array(fc.tuple(settingNames, values), { maxLength: 8 })), {
    maxLength: 8,
  })
  .map((sections) =>
    sections
      .map(([name, pairs]) =>
        [`[${name}]`, ...pairs.map(([key, value]) => `${key} = ${value}`)].join('\n'),
      )
      .join('\n'),
  );

/** The plan of the last link. The base is what `via` names, which must exist. */
async function planOf(
  link: LinkConfig,
  { identities, providers }: Pick<Config, 'identities' | 'providers'>,
): Promise<LinkPlan> {
  const via = isProvider(link) ? undefined : link.via;
  const bases: readonly LinkConfig[] = via?.provider === undefined ? identities : providers;
  const name = via?.provider ?? via?.identity;
  const next = bases.find((one) => one.name === name);
  if (name !== undefined && next === undefined) throw new Error(`there is no ${name}`);
  const base = next && (await planOf(next, { identities, providers }));
  return (await linkKindOf(link)).plan(link, { base, env: {} });
}

describe('whatever the files contain', () => {
  test('the result is a valid configuration', async () => {
    await fc.assert(
      fc.asyncProperty(files, files, async (config, credentials) => {
        const imported = importTexts(config, { credentials });
        const object = {
          auth: {
            providers: settingsOf(imported.providers),
            identities: settingsOf(imported.identities),
          },
        };
        const loaded = await configFromObject(object, fakeHost());
        for (const identity of loaded.identities) await planOf(identity, loaded);
      }),
      { numRuns: 200 },
    );
  });

  test('importing again finds everything', () => {
    fc.assert(
      fc.property(files, files, (config, credentials) => {
        const first = importTexts(config, { credentials });
        const existing = {
          providers: first.providers.map(({ name, settings }) => ({
            name,
            kind: settings.kind,
            settings,
          })),
          identities: first.identities.map(({ name, settings: { kind, default: isDefault } }) => ({
            name,
            kind,
            isDefault: isDefault === true,
          })),
        };
        const second = importTexts(config, { credentials, existing });
        const states = [...second.providers, ...second.identities].map(({ state }) => state);
        expect(states.filter((state) => state === 'new')).toEqual([]);
        expect(second.identities.map(({ name }) => name)).toEqual(
          first.identities.map(({ name }) => name),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('arbitrary text throws nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          importTexts(text, { credentials: text });
        } catch (error) {
          expect(isAtmosError(error)).toBe(true);
        }
      }),
    );
  });
});
