import { describe, expect, test } from 'vitest';
import { awsVaultProfiles, parseVaultKey } from '../../src/app/import-sources.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';

const id = 'AKIAIOSFODNN7EXAMPLE';
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

test('profiles are told from sessions and tokens by their names', async () => {
  const keyring = openMemoryKeyring();
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
  for (const name of names) await keyring.set(name, '{}');
  expect(await awsVaultProfiles(keyring)).toEqual({
    profiles: ['a, b', 'session-box', 'work', 'work session (61a)'],
    others: [
      'oidc:https://example.awsapps.com/start',
      'session,work,arn:aws:iam::1:mfa/a,1700000000',
      'session:work:arn:1700000000',
      'sts.AssumeRole,d29yaw,,1700000000',
      'sts.GetSessionToken,d29yaw,YXJuOmF3czppYW06OjE6bWZhL2E,1700000000',
      'work session (1700000000)',
    ],
  });
});

describe('an entry', () => {
  test.each([
    ['of version 5', { ProviderName: '' }],
    ['of version 7', { Source: '', CanExpire: false, Expires: '0001-01-01T00:00:00Z' }],
  ])('%s is read', (_, more) => {
    const item = { AccessKeyID: id, SecretAccessKey: secret, SessionToken: '', ...more };
    expect(parseVaultKey(JSON.stringify(item))).toEqual({
      accessKeyId: id,
      secretAccessKey: secret,
    });
  });

  test.each([
    ['no JSON', `${secret}{`, 'it is not a JSON object'],
    ['a list', `["${secret}"]`, 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    [
      'a session',
      JSON.stringify({ AccessKeyID: id, SecretAccessKey: secret, SessionToken: secret }),
      'it holds a session, which ends',
    ],
    [
      'a token that is no text',
      JSON.stringify({ AccessKeyID: id, SecretAccessKey: secret, SessionToken: 1 }),
      'it holds a session, which ends',
    ],
    [
      'no secret',
      JSON.stringify({ AccessKeyID: id }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
    [
      'an id that is no text',
      JSON.stringify({ AccessKeyID: [id], SecretAccessKey: secret }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
    [
      'an entry of Atmos',
      JSON.stringify({ type: 'aws', data: { access_key_id: id, secret_access_key: secret } }),
      'its AccessKeyID or SecretAccessKey is missing',
    ],
  ])('that is %s is refused without a word of it', (_, text, fault) => {
    expect(parseVaultKey(text)).toEqual({ fault });
  });
});
