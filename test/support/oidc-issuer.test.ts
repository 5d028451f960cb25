import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { startOidcIssuer, type OidcIssuer } from './oidc-issuer.ts';
import { call } from './sts-client.ts';
import { startSts } from './sts-server.mjs';

const audience = 'sts.amazonaws.com';
const subject = 'repo:acme/site:ref:refs/heads/main';
const roleArn = 'arn:aws:iam::012345678901:role/deploy';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(options: Parameters<typeof startOidcIssuer>[0] = {}): Promise<OidcIssuer> {
  const issuer = await startOidcIssuer(options);
  closing.push(() => issuer.close());
  return issuer;
}

describe('the issuer', () => {
  it.each(['RS256', 'ES256'] as const)(
    'signs with %s, and publishes its keys',
    async (algorithm) => {
      const issuer = await start({ algorithm });
      const discovery = await fetch(`${issuer.url}/.well-known/openid-configuration`);
      const { issuer: named, jwks_uri: keys } = (await discovery.json()) as Record<string, string>;
      expect(named).toBe(issuer.url);
      const token = await issuer.mint({ audience, subject, extra: { repository: 'acme/site' } });
      const { payload, protectedHeader } = await jwtVerify(
        token,
        createRemoteJWKSet(new URL(keys ?? '')),
        { issuer: issuer.url, audience },
      );
      expect(protectedHeader.alg).toBe(algorithm);
      expect(payload).toMatchObject({ sub: subject, repository: 'acme/site' });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    },
  );

  it('mints tokens by its own clock, also expired ones', async () => {
    const noon = new Date('2026-01-31T12:00:00Z');
    const issuer = await start({ now: () => noon });
    const { iat, exp } = decodeJwt(await issuer.mint({ audience, subject, lifetime: -60 }));
    expect(iat).toBe(noon.getTime() / 1000);
    expect(exp).toBe(noon.getTime() / 1000 - 60);
  });

  it.each(['RS256', 'ES256'] as const)(
    'mints tokens with %s that the stand-in for AWS STS accepts',
    async (algorithm) => {
      const issuer = await start({ algorithm });
      const sts = await startSts({
        keys: [],
        roles: [{ arn: roleArn, trust: [{ issuer: issuer.url, subject }] }],
        issuers: [{ url: issuer.url, audiences: [audience] }],
      });
      closing.push(() => sts.close());
      const exchange = async (token: string) =>
        (
          await call(sts, undefined, {
            Action: 'AssumeRoleWithWebIdentity',
            RoleArn: roleArn,
            RoleSessionName: 'ci',
            WebIdentityToken: token,
          })
        ).error();
      expect((await exchange(await issuer.mint({ audience, subject })))[0]).toBe(200);
      const expired = await issuer.mint({ audience, subject, lifetime: -1 });
      expect((await exchange(expired))[1]).toBe('ExpiredTokenException');
      const other = await issuer.mint({ audience: 'https://github.com/acme', subject });
      expect((await exchange(other))[2]).toBe('Incorrect token audience');
    },
  );
});
