import { describe, expect, it } from 'vitest';
import { isPassing, translateStsError } from '../../../src/clouds/aws/errors.ts';
import type { StsCall } from '../../../src/clouds/aws/sts-answer.ts';
import { setClock } from '../../../src/host/set-clock.ts';

const call: StsCall = {
  action: 'GetCallerIdentity',
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'canary' },
  region: 'eu-west-1',
  timeoutMs: 5000,
  timedOut: false,
  at: new Date('2026-01-31T12:00:00Z'),
  clockHints: setClock({ platform: 'linux' }),
  exchange: { origin: 'https://sts.eu-west-1.amazonaws.com' },
};

// What no test can make the machine it runs on do.
describe('an error of the network', () => {
  it.each([
    ['ENOTFOUND', 'there is no host of that name (ENOTFOUND)'],
    ['EAI_AGAIN', 'the name server does not answer (EAI_AGAIN)'],
    ['EHOSTUNREACH', 'no route to it (EHOSTUNREACH)'],
    ['ENETUNREACH', 'the network cannot be reached (ENETUNREACH)'],
    ['ETIMEDOUT', 'no answer in time (ETIMEDOUT)'],
    ['EPIPE', 'the connection was cut (EPIPE)'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS failed (ERR_TLS_CERT_ALTNAME_INVALID)'],
  ])('%s names the host and the reason', (code, reason) => {
    const error = translateStsError(systemError(code), call);
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(`cannot reach https://sts.eu-west-1.amazonaws.com: ${reason}`);
    expect(error.hints).toContain('curl -i https://sts.eu-west-1.amazonaws.com/');
    expect(error.cause).toBeUndefined();
  });

  it.each(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])('%s may be the clock', (code) => {
    expect(translateStsError(systemError(code), call).hints).toContain(
      'sudo timedatectl set-ntp true',
    );
  });

  it('names a connection that was not made in time', () => {
    const error = Object.assign(new Error('the SDK says so'), { name: 'TimeoutError' });
    expect(translateStsError(error, call).message).toBe(
      'cannot reach https://sts.eu-west-1.amazonaws.com: no connection within 5 seconds',
    );
  });

  it('names the region when no request was made', () => {
    expect(translateStsError(systemError('ENOTFOUND'), { ...call, exchange: {} })).toMatchObject({
      message: 'cannot reach AWS STS in eu-west-1: there is no host of that name (ENOTFOUND)',
      hints: [],
    });
  });

  it('is worth a second attempt where it may pass', () => {
    const passing = ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'ENOTFOUND', 'ECONNREFUSED', 'EPROTO'];
    expect(passing.filter((code) => isPassing(systemError(code), {}))).toEqual([
      'ECONNRESET',
      'EPIPE',
    ]);
  });
});

describe('an error that should not be', () => {
  it('is named by its kind, and its words are not repeated', () => {
    const error = translateStsError(new RangeError('canary'), call);
    expect(error.code).toBe('ERR_AWS');
    expect(error.message).toBe('sts:GetCallerIdentity could not be sent (RangeError)');
  });
});

function systemError(code: string): Error {
  return Object.assign(new Error(`canary ${code}`), { code });
}

// What the tests' STS does not answer.
describe('a role that AWS does not open', () => {
  const role = 'arn:aws:iam::123456789012:role/deploy';
  const byToken: StsCall = {
    ...call,
    action: 'AssumeRoleWithWebIdentity',
    credentials: undefined,
    token: 'canary-token',
    role,
  };
  const refused = (code: string, message: string, of: StsCall) => {
    const fields = { name: code, $fault: 'client', $metadata: { requestId: 'r-1' } };
    return translateStsError(Object.assign(new Error(message), fields), of);
  };

  it.each(['InvalidIdentityTokenException', 'IDPRejectedClaimException'])(
    'for its token (%s): the hints name the provider and its audiences',
    (code) => {
      const error = refused(code, 'No OpenIDConnect provider found', byToken);
      expect(error).toMatchObject({ code: 'ERR_AUTH_DENIED' });
      expect(error.message).toBe(
        'AWS does not accept the token that is to open arn:aws:iam::123456789012:role/deploy: No OpenIDConnect provider found',
      );
      expect(error.hints).toEqual([
        'check that the account has an identity provider for the issuer of the token',
        'check that its list of audiences has the audience of the token',
      ]);
    },
  );

  it.each(['InvalidClientTokenId', 'SignatureDoesNotMatch', 'ExpiredTokenException'])(
    'for the session before it (%s): that one is to be opened again',
    (code) => {
      const session = { accessKeyId: 'ASIA0', secretAccessKey: 'canary', sessionToken: 't' };
      const error = refused(code, 'The security token is invalid', {
        ...call,
        action: 'AssumeRole',
        credentials: session,
        role,
      });
      expect(error).toMatchObject({ code: 'ERR_AUTH_BASE_REFUSED' });
      expect(error.hints).toEqual(['atmos auth login --force']);
    },
  );

  it('for a parameter that AWS finds wrong', () => {
    const message = "1 validation error detected: Value '99999' at 'durationSeconds'";
    const error = refused('ValidationError', message, { ...call, action: 'AssumeRole', role });
    expect(error).toMatchObject({ code: 'ERR_AWS', hints: [] });
  });
});
