import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  AssumeRootCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
  type Credentials,
} from '@aws-sdk/client-sts';
import { afterEach, describe, expect, it } from 'vitest';
import { startOidcIssuer, type TokenClaims } from './oidc-issuer.ts';
import { startSts } from './sts-server.mjs';
import type { StsServer } from './sts-types.ts';

// The responses of the stand-in, read by the client of AWS.
const account = '012345678901';
const ada = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const roleArn = `arn:aws:iam::${account}:role/team/admin`;
const audience = 'sts.amazonaws.com';
const credentials = {
  AccessKeyId: expect.stringMatching(/^ASIA/),
  SecretAccessKey: expect.any(String),
  SessionToken: expect.any(String),
  Expiration: expect.any(Date),
};
const assumed = {
  AssumedRoleId: expect.stringMatching(/^AROA.*:me$/),
  Arn: `arn:aws:sts::${account}:assumed-role/admin/me`,
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start() {
  const issuer = await startOidcIssuer({ algorithm: 'ES256' });
  const trust = [
    { principal: '*', denies: ['sts:SetSourceIdentity' as const] },
    { principal: '*', sourceIdentity: 'ada' },
    { issuer: issuer.url },
  ];
  const sts = await startSts({
    keys: [{ ...ada, account, userName: 'ada' }],
    roles: [{ arn: roleArn, trust }],
    issuers: [{ url: issuer.url, audiences: [audience], revoked: ['7'] }],
    organization: { managementAccount: account, memberAccounts: ['222222222222'] },
  });
  closing.push(
    () => issuer.close(),
    () => sts.close(),
  );
  return { issuer, sts, client: clientOf(sts) };
}

function clientOf({ url }: StsServer, given?: Credentials): STSClient {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = given ?? {};
  const session = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
  const client = new STSClient({
    credentials: given ? session : ada,
    endpoint: url,
    region: 'eu-west-1',
    maxAttempts: 1,
  });
  closing.push(() => client.destroy());
  return client;
}

describe('the client of AWS reads', () => {
  it('the session of a user, of a role and of a root user, which it can use', async () => {
    const { client, sts } = await start();
    const user = await client.send(new GetSessionTokenCommand({}));
    expect(user).toMatchObject({ Credentials: credentials });

    const role = await client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: 'me',
        SourceIdentity: 'ada',
        Tags: [{ Key: 'team', Value: 'blue + green = 1' }],
        TransitiveTagKeys: ['team'],
        PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
      }),
    );
    expect(role).toMatchObject({
      Credentials: credentials,
      AssumedRoleUser: assumed,
      SourceIdentity: 'ada',
      PackedPolicySize: 2,
    });
    const { AccessKeyId = '' } = role.Credentials ?? {};
    expect(sts.session(AccessKeyId)?.tags).toEqual({ team: 'blue + green = 1' });

    const TaskPolicyArn = { arn: 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy' };
    const root = await client.send(
      new AssumeRootCommand({ TargetPrincipal: '222222222222', TaskPolicyArn }),
    );
    expect(root).toMatchObject({ Credentials: credentials });

    const arns = [user, role, root].map(async ({ Credentials: issued }) => {
      const caller = clientOf(sts, issued);
      return (await caller.send(new GetCallerIdentityCommand({}))).Arn;
    });
    expect(await Promise.all(arns)).toEqual([
      `arn:aws:iam::${account}:user/ada`,
      assumed.Arn,
      'arn:aws:iam::222222222222:root',
    ]);
  });

  it('the session of a web identity', async () => {
    const { client, issuer } = await start();
    const answer = await client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: 'me',
        WebIdentityToken: await issuer.mint({ audience, subject: 'job' }),
      }),
    );
    expect(answer).toMatchObject({
      Credentials: credentials,
      AssumedRoleUser: assumed,
      SubjectFromWebIdentityToken: 'job',
      Audience: audience,
      Provider: `arn:aws:iam::${account}:oidc-provider/${issuer.url.slice('http://'.length)}`,
    });
  });

  it('the errors that its model has by their classes', async () => {
    const { client, issuer, sts } = await start();
    const request = { RoleArn: roleArn, RoleSessionName: 'me' };
    const mint = (claims: Partial<TokenClaims> = {}) =>
      issuer.mint({ audience, subject: 'job', ...claims });
    const exchange = (WebIdentityToken: string) =>
      client.send(new AssumeRoleWithWebIdentityCommand({ ...request, WebIdentityToken }));
    const genuine = await mint();
    await expect(exchange(await mint({ lifetime: -1 }))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    });
    await expect(exchange(await mint({ extra: { jti: '7' } }))).rejects.toMatchObject({
      name: 'IDPRejectedClaimException',
    });
    await expect(exchange(await mint({ audience: 'another' }))).rejects.toMatchObject({
      name: 'InvalidIdentityTokenException',
    });
    const Tags = Array.from({ length: 20 }, (_, at) => ({ Key: `${at}`, Value: 'v'.repeat(256) }));
    await expect(client.send(new AssumeRoleCommand({ ...request, Tags }))).rejects.toMatchObject({
      name: 'PackedPolicyTooLargeException',
    });
    await expect(
      client.send(new AssumeRoleCommand({ ...request, Policy: '{' })),
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    await issuer.close();
    await expect(exchange(genuine)).rejects.toMatchObject({
      name: 'IDPCommunicationErrorException',
    });
    expect(sts.requests()).toEqual({ AssumeRoleWithWebIdentity: 4, AssumeRole: 2 });
  });

  it('the errors without a class by their codes', async () => {
    const { client } = await start();
    const request = { RoleArn: roleArn, RoleSessionName: 'me' };
    await expect(
      client.send(new AssumeRoleCommand({ ...request, SourceIdentity: 'bob' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${account}:user/ada is not authorized to perform: sts:SetSourceIdentity on resource: ${roleArn}`,
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      client.send(new AssumeRoleCommand({ ...request, DurationSeconds: 3601 })),
    ).rejects.toMatchObject({ name: 'ValidationError', $metadata: { httpStatusCode: 400 } });
  });
});
