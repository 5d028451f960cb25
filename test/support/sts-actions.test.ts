import { afterEach, describe, expect, it } from 'vitest';
import { call, credentialsOf, type Signer } from './sts-client.ts';
import { startSts } from './sts-server.mjs';
import type { StsOptions, StsRole, StsServer } from './sts-types.ts';

const device = 'arn:aws:iam::012345678901:mfa/ada';
const ada = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  account: '012345678901',
  userName: 'ada',
  mfa: { arn: device, codes: ['111111', '222222'] },
};
const adaArn = 'arn:aws:iam::012345678901:user/ada';
const noon = new Date('2026-01-31T12:00:00Z');

const arnOf = (name: string) => `arn:aws:iam::012345678901:role/${name}`;
const sessionOf = (name: string) => `arn:aws:sts::012345678901:assumed-role/${name}/me`;
const role = (name: string, ...trust: StsRole['trust']): StsRole => ({
  arn: arnOf(name),
  trust,
  maxSessionSeconds: 43_200,
});

let sts: StsServer | undefined;

afterEach(async () => {
  await sts?.close();
  sts = undefined;
});

async function start(roles: StsRole[], options: Partial<StsOptions> = {}): Promise<StsServer> {
  sts = await startSts({ keys: [ada], roles, now: () => noon, ...options });
  return sts;
}

function assume(
  server: StsServer,
  credentials: Signer | undefined,
  name: string,
  params: Record<string, string> = {},
) {
  const request = { Action: 'AssumeRole', RoleArn: arnOf(name), RoleSessionName: 'me', ...params };
  return call(server, credentials, request, { at: noon.toISOString() });
}

/** Assumes each role with the session of the one before. */
async function assumeAll(server: StsServer, names: readonly string[], params = {}) {
  let credentials: Signer = ada;
  for (const name of names) {
    credentials = credentialsOf(await assume(server, credentials, name, params));
  }
  return credentials;
}

function denied(action: string, name: string, caller = adaArn) {
  return [
    403,
    'AccessDenied',
    `User: ${caller} is not authorized to perform: sts:${action} on resource: ${arnOf(name)}`,
  ];
}

function invalid(text: string) {
  return [400, 'ValidationError', `1 validation error detected: ${text}`];
}

describe('AssumeRole', () => {
  it('opens a session of an hour that speaks for the role, without its path', async () => {
    const server = await start([role('team/admin', { principal: adaArn })]);
    const answer = await assume(server, ada, 'team/admin');
    expect(answer.status).toBe(200);
    expect(answer.tag('Arn')).toBe(sessionOf('admin'));
    expect(answer.tag('AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:me$/);
    expect(answer.tag('Expiration')).toBe('2026-01-31T13:00:00Z');
    expect(answer.tag('PackedPolicySize')).toBeUndefined();

    const caller = await call(
      server,
      credentialsOf(answer),
      { Action: 'GetCallerIdentity' },
      { at: noon.toISOString() },
    );
    expect(caller.tag('Arn')).toBe(sessionOf('admin'));
    expect(caller.tag('UserId')).toBe(answer.tag('AssumedRoleId'));
    expect(caller.tag('Account')).toBe('012345678901');
  });

  it('refuses an unsigned request', async () => {
    const server = await start([role('admin', { principal: '*' })]);
    expect((await assume(server, undefined, 'admin')).error()[1]).toBe(
      'MissingAuthenticationToken',
    );
  });

  it.each([
    ['the user', adaArn],
    ['its account', 'arn:aws:iam::012345678901:root'],
    ['everyone', '*'],
  ])('accepts a trust policy for %s', async (_, principal) => {
    const server = await start([role('admin', { principal: arnOf('other') }, { principal })]);
    expect((await assume(server, ada, 'admin')).status).toBe(200);
  });

  it.each([
    ['another user', [{ principal: `${adaArn}2` }]],
    ['another account', [{ principal: 'arn:aws:iam::999999999999:root' }]],
    ['an issuer', [{ issuer: 'https://issuer.test' }]],
    ['no one', []],
  ])('denies a role whose trust policy is for %s', async (_, trust) => {
    const server = await start([role('admin', ...trust)]);
    expect((await assume(server, ada, 'admin')).error()).toEqual(denied('AssumeRole', 'admin'));
  });

  it('denies a role that does not exist in the same words', async () => {
    const server = await start([]);
    expect((await assume(server, ada, 'admin')).error()).toEqual(denied('AssumeRole', 'admin'));
  });

  it('checks the external ID', async () => {
    const server = await start([role('admin', { principal: adaArn, externalId: 'two' })]);
    expect((await assume(server, ada, 'admin', { ExternalId: 'two' })).status).toBe(200);
    for (const params of [{}, { ExternalId: 'three' }] as Record<string, string>[]) {
      const answer = await assume(server, ada, 'admin', params);
      expect(answer.error()).toEqual(denied('AssumeRole', 'admin'));
    }
  });

  it.each([
    [{ RoleSessionName: 'm' }, "'m' at 'roleSessionName'", 'length greater than or equal to 2'],
    [
      { RoleSessionName: 'm'.repeat(65) },
      "at 'roleSessionName'",
      'length less than or equal to 64',
    ],
    [{ ExternalId: 'x' }, "'x' at 'externalId'", 'length greater than or equal to 2'],
    [{ RoleArn: 'arn:aws' }, "'arn:aws' at 'roleArn'", 'length greater than or equal to 20'],
    [
      { DurationSeconds: '899' },
      "'899' at 'durationSeconds'",
      'value greater than or equal to 900',
    ],
    [{ DurationSeconds: '43201' }, "at 'durationSeconds'", 'value less than or equal to 43200'],
    [{ Policy: ' '.repeat(2049) }, "at 'policy'", 'length less than or equal to 2048'],
    [{ 'Tags.member.1.Key': 'k'.repeat(129) }, "at 'tags.1.member.key'", 'equal to 128'],
    [
      { 'Tags.member.1.Key': 'k', 'Tags.member.1.Value': 'v'.repeat(257) },
      "at 'tags.1.member.value'",
      'equal to 256',
    ],
  ] as [Record<string, string>, string, string][])('refuses %o', async (params, at, bound) => {
    const server = await start([role('admin', { principal: '*' })]);
    const [status, code, message] = (await assume(server, ada, 'admin', params)).error();
    expect([status, code]).toEqual([400, 'ValidationError']);
    expect(message).toMatch(/^1 validation error detected: Value /);
    expect(message).toContain(`${at} failed to satisfy constraint: Member must have `);
    expect(message).toContain(bound);
  });

  it('names the pattern of a session name, and every problem of a request', async () => {
    const server = await start([]);
    const bad = await assume(server, ada, 'admin', { RoleSessionName: 'two words' });
    expect(bad.error()).toEqual(
      invalid(
        String.raw`Value 'two words' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
      ),
    );
    const none = await call(server, ada, { Action: 'AssumeRole' }, { at: noon.toISOString() });
    expect(none.error()[2]).toBe(
      "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    );
  });

  it("opens no session beyond the role's maximum, which is an hour by default", async () => {
    const server = await start([
      { arn: arnOf('short'), trust: [{ principal: adaArn }] },
      { arn: arnOf('long'), trust: [{ principal: adaArn }], maxSessionSeconds: 7200 },
    ]);
    const two = await assume(server, ada, 'long', { DurationSeconds: '7200' });
    expect(two.tag('Expiration')).toBe('2026-01-31T14:00:00Z');
    for (const [name, DurationSeconds] of [
      ['short', '3601'],
      ['long', '7201'],
    ] as const) {
      expect((await assume(server, ada, name, { DurationSeconds })).error()).toEqual([
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      ]);
    }
  });
});

describe('a chain of roles', () => {
  const chain = [
    role('one', { principal: adaArn }),
    role('two', { principal: arnOf('one') }),
    role('three', { principal: sessionOf('two') }),
  ];

  it('goes from role to role by the ARN of the role or of its session', async () => {
    const server = await start(chain);
    const session = await assumeAll(server, ['one', 'two', 'three']);
    expect(server.session(session.accessKeyId)).toBeDefined();
    expect(server.requests()).toEqual({ AssumeRole: 3 });
    const skipped = await assume(server, ada, 'two');
    expect(skipped.error()).toEqual(denied('AssumeRole', 'two'));
    const direct = await assume(server, await assumeAll(server, ['one']), 'three');
    expect(direct.error()).toEqual(denied('AssumeRole', 'three', sessionOf('one')));
  });

  it('is limited to an hour, whatever the maximum of the role', async () => {
    const server = await start(chain);
    const one = credentialsOf(await assume(server, ada, 'one', { DurationSeconds: '43200' }));
    const answer = await assume(server, one, 'two', { DurationSeconds: '3601' });
    expect(answer.error()).toEqual([
      400,
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    ]);
    expect((await assume(server, one, 'two', { DurationSeconds: '3600' })).status).toBe(200);
  });

  it('is limited to an hour from the session of a user, as users report', async () => {
    const server = await start(chain);
    const user = credentialsOf(
      await call(server, ada, { Action: 'GetSessionToken' }, { at: noon.toISOString() }),
    );
    const answer = await assume(server, user, 'one', { DurationSeconds: '3601' });
    expect(answer.error()[1]).toBe('ValidationError');
    expect((await assume(server, ada, 'one', { DurationSeconds: '43200' })).status).toBe(200);
  });

  it('ends when the session of a link has expired', async () => {
    const server = await start(chain);
    const one = await assumeAll(server, ['one']);
    server.expireSessions();
    expect((await assume(server, one, 'two')).error()[1]).toBe('ExpiredToken');
  });

  it('can be stopped at one action by a script', async () => {
    const server = await start(chain);
    server.script({
      action: 'AssumeRole',
      fail: { code: 'InternalFailure', message: '', status: 500 },
    });
    expect((await assume(server, ada, 'one')).status).toBe(500);
    expect((await assume(server, ada, 'one')).status).toBe(200);
  });
});

describe('a second factor', () => {
  const roles = [
    role('one', { principal: '*', needsMfa: true }),
    role('two', { principal: '*', needsMfa: true }),
    role('open', { principal: '*' }),
  ];
  const factor = { SerialNumber: device, TokenCode: '111111' };

  it('is required by a trust policy, and given with the request', async () => {
    const server = await start(roles);
    expect((await assume(server, ada, 'one')).error()).toEqual(denied('AssumeRole', 'one'));
    expect((await assume(server, ada, 'one', factor)).status).toBe(200);
  });

  it('comes from the session of a user, but not from that of a role', async () => {
    const server = await start(roles);
    const request = { Action: 'GetSessionToken', ...factor };
    const user = credentialsOf(await call(server, ada, request, { at: noon.toISOString() }));
    expect(server.session(user.accessKeyId)?.hasMfa).toBe(true);
    const one = await assume(server, user, 'one');
    expect(one.status).toBe(200);
    const two = await assume(server, credentialsOf(one), 'two');
    expect(two.error()).toEqual(denied('AssumeRole', 'two', sessionOf('one')));
  });

  it('is refused when it is wrong, used, incomplete, or asked of a role', async () => {
    const server = await start(roles);
    const asked = async (params: Record<string, string>, from: Signer = ada) =>
      (await assume(server, from, 'open', params)).error()[2];
    const wrong = 'MultiFactorAuthentication failed with invalid MFA one time pass code. ';
    expect(await asked({ ...factor, TokenCode: '999999' })).toBe(wrong);
    expect(await asked({ SerialNumber: device })).toBe(
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    );
    expect(await asked(factor)).toBeUndefined();
    expect(await asked(factor)).toBe(wrong);
    const session = await assumeAll(server, ['open']);
    expect(await asked({ ...factor, TokenCode: '222222' }, session)).toContain(
      'unable to validate MFA code',
    );
  });
});

describe('a source identity', () => {
  it('stays through the chain and cannot be changed', async () => {
    const server = await start([role('one', { principal: '*' }), role('two', { principal: '*' })]);
    const first = await assume(server, ada, 'one', { SourceIdentity: 'ada' });
    expect(first.tag('SourceIdentity')).toBe('ada');
    const one = credentialsOf(first);
    expect((await assume(server, one, 'two')).tag('SourceIdentity')).toBe('ada');
    expect((await assume(server, one, 'two', { SourceIdentity: 'ada' })).status).toBe(200);
    expect((await assume(server, one, 'two', { SourceIdentity: 'bob' })).error()).toEqual([
      400,
      'ValidationError',
      'The source identity is already set for this assume role session',
    ]);
  });

  it('must be allowed by every role of the chain, and can be required', async () => {
    const server = await start([
      role('one', { principal: '*' }),
      role('strict', { principal: '*', denies: ['sts:SetSourceIdentity'] }),
      role('named', { principal: '*', sourceIdentity: 'ada' }),
    ]);
    const one = await assumeAll(server, ['one'], { SourceIdentity: 'ada' });
    expect((await assume(server, one, 'strict')).error()).toEqual(
      denied('SetSourceIdentity', 'strict', sessionOf('one')),
    );
    expect((await assume(server, one, 'named')).status).toBe(200);
    expect((await assume(server, ada, 'named')).error()).toEqual(denied('AssumeRole', 'named'));
    const other = await assume(server, ada, 'named', { SourceIdentity: 'bob' });
    expect(other.error()).toEqual(denied('SetSourceIdentity', 'named'));
  });
});

describe('session tags', () => {
  const roles = ['one', 'two', 'three'].map((name) => role(name, { principal: '*' }));
  const team = {
    'Tags.member.1.Key': 'team',
    'Tags.member.1.Value': 'blue',
    'Tags.member.2.Key': 'ticket',
    'Tags.member.2.Value': '7',
    'TransitiveTagKeys.member.1': 'Team',
  };

  it('go on to the next role if they are transitive, and cannot be replaced there', async () => {
    const server = await start(roles);
    const one = credentialsOf(await assume(server, ada, 'one', team));
    expect(server.session(one.accessKeyId)?.tags).toEqual({ team: 'blue', ticket: '7' });
    const two = credentialsOf(await assume(server, one, 'two'));
    expect(server.session(two.accessKeyId)?.tags).toEqual({ team: 'blue' });
    const added = { 'Tags.member.1.Key': 'ticket', 'Tags.member.1.Value': '8' };
    const three = credentialsOf(await assume(server, two, 'three', added));
    expect(server.session(three.accessKeyId)?.tags).toEqual({ team: 'blue', ticket: '8' });
    const replaced = { 'Tags.member.1.Key': 'TEAM', 'Tags.member.1.Value': 'red' };
    expect((await assume(server, two, 'three', replaced)).error()).toEqual([
      400,
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    ]);
  });

  it('must be allowed by the role, inherited ones too', async () => {
    const server = await start([
      ...roles,
      role('plain', { principal: '*', denies: ['sts:TagSession'] }),
    ]);
    expect((await assume(server, ada, 'plain', team)).error()).toEqual(
      denied('TagSession', 'plain'),
    );
    const one = await assumeAll(server, ['one'], team);
    const inherited = await assume(server, one, 'plain');
    expect(inherited.error()).toEqual(denied('TagSession', 'plain', sessionOf('one')));
  });

  it('have distinct keys, at most fifty, with every transitive key among them', async () => {
    const server = await start(roles);
    const numbered = (count: number, key = (at: number) => `k${at}`) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`Tags.member.${at + 1}.Key`, key(at)]),
      );
    expect((await assume(server, ada, 'one', numbered(50))).status).toBe(200);
    expect((await assume(server, ada, 'one', numbered(51))).error()).toEqual(
      invalid(
        "Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
      ),
    );
    const twice = numbered(2, (at) => ['key', 'KEY'][at] ?? '');
    expect((await assume(server, ada, 'one', twice)).error()).toEqual([
      400,
      'InvalidParameterValue',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ]);
    const missing = { ...numbered(1), 'TransitiveTagKeys.member.1': 'other' };
    expect((await assume(server, ada, 'one', missing)).error()).toEqual([
      400,
      'InvalidParameterValue',
      'The specified transitive tag key must be included in the requested tags.',
    ]);
  });

  it('fill the packed size, as policies do', async () => {
    const server = await start(roles);
    expect((await assume(server, ada, 'one', team)).tag('PackedPolicySize')).toBe('1');
    const large = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        [`Tags.member.${at + 1}.Key`, `k${at}`],
        [`Tags.member.${at + 1}.Value`, 'v'.repeat(256)],
      ]).flat(),
    );
    expect((await assume(server, ada, 'one', large)).error()).toEqual([
      400,
      'PackedPolicyTooLarge',
      'Packed size of session tags consumes 127% of allotted space.',
    ]);
  });
});

describe('session policies', () => {
  const arns = (count: number, length: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [
        `PolicyArns.member.${at + 1}.arn`,
        `arn:aws:iam::aws:policy/${'p'.repeat(length)}`,
      ]),
    );

  it('are JSON, at most ten, and fit into the packed size', async () => {
    const server = await start([role('one', { principal: '*' })]);
    const policy = { Policy: '{"Version":"2012-10-17","Statement":[]}' };
    expect((await assume(server, ada, 'one', policy)).tag('PackedPolicySize')).toBe('1');
    expect((await assume(server, ada, 'one', { Policy: '{' })).error()).toEqual([
      400,
      'MalformedPolicyDocument',
      'Syntax errors in policy.',
    ]);
    expect((await assume(server, ada, 'one', arns(11, 8))).error()).toEqual(
      invalid(
        "Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
      ),
    );
    const tooLarge = { ...arns(10, 476), Policy: '{}' };
    expect((await assume(server, ada, 'one', tooLarge)).error()).toEqual([
      400,
      'PackedPolicyTooLarge',
      'Packed policy consumes 123% of allotted space, please use smaller policy.',
    ]);
  });
});

describe('AssumeRoot', () => {
  const organization = { managementAccount: '012345678901', memberAccounts: ['222222222222'] };
  const task = 'arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials';
  const request = {
    Action: 'AssumeRoot',
    TargetPrincipal: '222222222222',
    'TaskPolicyArn.arn': task,
  };
  const asRoot = (server: StsServer, params = {}, from: Signer = ada, host?: string) =>
    call(
      server,
      from,
      { ...request, ...params },
      { at: noon.toISOString(), ...(host === undefined ? {} : { host }) },
    );

  it('opens a session of a quarter of an hour that can assume no role', async () => {
    const server = await start([role('one', { principal: '*' })], { organization });
    const answer = await asRoot(server);
    expect(answer.tag('Expiration')).toBe('2026-01-31T12:15:00Z');
    const root = credentialsOf(answer);
    const caller = await call(
      server,
      root,
      { Action: 'GetCallerIdentity' },
      { at: noon.toISOString() },
    );
    expect(caller.tag('Arn')).toBe('arn:aws:iam::222222222222:root');
    expect((await assume(server, root, 'one')).error()).toEqual([
      403,
      'AccessDenied',
      'Roles may not be assumed by root accounts.',
    ]);
    expect((await asRoot(server, {}, root)).error()[1]).toBe('AccessDenied');
  });

  it('accepts the ARN of the root user, and the session of a role', async () => {
    const server = await start([role('one', { principal: '*' })], { organization });
    const TargetPrincipal = 'arn:aws:iam::222222222222:root';
    const one = await assumeAll(server, ['one']);
    expect((await asRoot(server, { TargetPrincipal }, one)).status).toBe(200);
  });

  it.each([
    [{ TargetPrincipal: '333333333333' }, 'AccessDenied'],
    [{ TargetPrincipal: 'arn:aws:iam::222222222222:user/ada' }, 'AccessDenied'],
    [{ 'TaskPolicyArn.arn': 'arn:aws:iam::aws:policy/AdministratorAccess' }, 'ValidationError'],
    [{ DurationSeconds: '901' }, 'ValidationError'],
  ] as [Record<string, string>, string][])('refuses %o', async (params, code) => {
    const server = await start([], { organization });
    expect((await asRoot(server, params)).error()[1]).toBe(code);
  });

  it('refuses an account that manages none, the session of a user, and the global endpoint', async () => {
    const outside = await start([]);
    expect((await asRoot(outside)).error()[1]).toBe('AccessDenied');
    await outside.close();
    const server = await start([], { organization });
    const session = await call(
      server,
      ada,
      { Action: 'GetSessionToken' },
      { at: noon.toISOString() },
    );
    expect((await asRoot(server, {}, credentialsOf(session))).error()[1]).toBe('AccessDenied');
    expect((await asRoot(server, {}, ada, 'sts.amazonaws.com')).error()[2]).toContain(
      'global endpoint',
    );
    expect((await asRoot(server, {}, ada, 'sts.eu-west-1.amazonaws.com')).status).toBe(200);
  });
});
