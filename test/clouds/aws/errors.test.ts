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
