import { describe, expect, test } from 'vitest';
import { awsVault } from '../../../src/clouds/aws/key-importers.ts';

const id = 'AKIAIOSFODNN7EXAMPLE';
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

test('profiles are distinguished from sessions and tokens by their names', () => {
  const names = [
    'work',
    'a, b',
    'session-box',
    'sts.GetSessionToken,d29yaw,YXJuOmF3czppYW06OjE6bWZhL2E,1700000000',
    'sts.AssumeRole,d29yaw,,1700000000',
    'session,work,arn:aws:iam::1:mfa/a,1700000000',
    'session:work:arn:1700000000',
    'work session (61a)',
    'work session (1700000000)',
    'oidc:https://example.awsapps.com/start',
  ];
  expect(names.filter(awsVault.isKey)).toEqual([
    'work',
    'a, b',
    'session-box',
    'work session (61a)',
  ]);
});

describe('an entry', () => {
  test.each([
    ['of version 5', { ProviderName: '' }],
    ['of version 7', { Source: '', CanExpire: false, Expires: '0001-01-01T00:00:00Z' }],
  ])('of a key %s is parsed', (_, more) => {
    const item = { AccessKeyID: id, SecretAccessKey: secret, SessionToken: '', ...more };
    expect(awsVault.parse(JSON.stringify(item), undefined)).toEqual({
      values: { access_key_id: id, secret_access_key: secret },
    });
  });

  test('is given the MFA device of its profile', () => {
    const item = { AccessKeyID: id, SecretAccessKey: secret };
    expect(awsVault.parse(JSON.stringify(item), 'GAHT12345678')).toEqual({
      values: { access_key_id: id, secret_access_key: secret, mfa_arn: 'GAHT12345678' },
    });
  });

  test.each([
    ['not JSON', `${secret}{`, 'it is not a JSON object'],
    ['a list', `["${secret}"]`, 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    [
      'a session',
      JSON.stringify({ AccessKeyID: id, SecretAccessKey: secret, SessionToken: secret }),
      'it contains a session, which expires',
    ],
    [
      'with a token that is not text',
      JSON.stringify({ AccessKeyID: id, SecretAccessKey: secret, SessionToken: 1 }),
      'it contains a session, which expires',
    ],
    [
      'without a secret',
      JSON.stringify({ AccessKeyID: id }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
    [
      'with an id that is not text',
      JSON.stringify({ AccessKeyID: [id], SecretAccessKey: secret }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
    [
      'an entry of Atmos',
      JSON.stringify({ type: 'aws', data: { access_key_id: id, secret_access_key: secret } }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
  ])('that is %s is refused without being quoted', (_, text, problem) => {
    expect(awsVault.parse(text, undefined)).toEqual({ problem });
  });
});
