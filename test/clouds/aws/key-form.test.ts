import { describe, expect, test } from 'vitest';
import {
  accessKeyIdFault,
  checkAccessKey,
  durationFault,
  mfaArnFault,
  parseAccessKey,
  secretAccessKeyFault,
} from '../../../src/clouds/aws/key-form.ts';
import { thrownBy } from '../../support/error-of.ts';

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

describe('the id of an access key', () => {
  const shape =
    'the access key id is not 16 to 128 capital letters and digits, like AKIAIOSFODNN7EXAMPLE';

  test.each<[string, string | undefined]>([
    [accessKeyId, undefined],
    ['A'.repeat(16), undefined],
    ['A'.repeat(128), undefined],
    ['', 'the access key id is empty'],
    [` ${accessKeyId}`, 'the access key id has a space or a line break in it'],
    [`${accessKeyId}\n`, 'the access key id has a space or a line break in it'],
    [
      'ASIAIOSFODNN7EXAMPLE',
      'the access key id is the id of a session, which ends; a long-lived key starts with AKIA',
    ],
    ['AIDAIOSFODNN7EXAMPLE', 'the access key id is the id of a user, not of an access key'],
    ['AROAIOSFODNN7EXAMPLE', 'the access key id is the id of a role, not of an access key'],
    [secretAccessKey, 'the access key id looks like a secret: were the two swapped?'],
    ['AKIA', shape],
    ['A'.repeat(129), shape],
    ['akiaiosfodnn7example', shape],
    ['AKIAIOSFODNN7EXAMPL“', shape],
  ])('%j', (id, fault) => {
    expect(accessKeyIdFault(id)).toBe(fault);
  });
});

describe('a secret access key', () => {
  test.each([
    [secretAccessKey, undefined],
    ['', 'the secret access key is empty'],
    [`${secretAccessKey} `, 'the secret access key has a space or a line break in it'],
    [accessKeyId, 'the secret access key looks like an id: were the two swapped?'],
    [
      `"${secretAccessKey.slice(2)}"`,
      'the secret access key has other characters than letters, digits, /, + and =',
    ],
    [secretAccessKey.slice(1), 'the secret access key has 39 characters, and one of AWS has 40'],
    ['a'.repeat(500), 'the secret access key has 500 characters, and one of AWS has 40'],
  ])('%j', (secret, fault) => {
    expect(secretAccessKeyFault(secret)).toBe(fault);
  });
});

describe('an MFA device', () => {
  test.each([
    'arn:aws:iam::123456789012:mfa/ada',
    'arn:aws:iam::123456789012:mfa/path/to/ada@example.com',
    'arn:aws-us-gov:iam::123456789012:mfa/ada',
    'GAHT12345678',
  ])('%s', (arn) => {
    expect(mfaArnFault(arn)).toBeUndefined();
  });

  test.each([
    '',
    'ada',
    'arn:aws:iam::12345678901:mfa/ada',
    'arn:aws:iam::123456789012:user/ada',
    'arn:aws:iam::123456789012:mfa/',
    'arn:aws:iam::123456789012:mfa/ada\n',
    accessKeyId,
    secretAccessKey,
  ])('is not %j, which is not repeated', (arn) => {
    expect(mfaArnFault(arn)).toBe(
      'the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number',
    );
  });
});

test('a duration is as Atmos takes it, and what is none is not repeated', () => {
  expect(['12h', '1h30m', '900s', '2d', '900'].map(durationFault)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
  for (const text of ['', 'soon', '-1h', secretAccessKey]) {
    expect(durationFault(text)).toBe(
      'the session duration is not one like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    );
  }
});

describe('JSON', () => {
  test('in our form; what may be left out may be null or empty', () => {
    const key = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    const plain = { accessKeyId, secretAccessKey };
    expect(parseAccessKey(JSON.stringify(key))).toEqual(plain);
    expect(parseAccessKey(JSON.stringify({ ...key, mfa_arn: null, session_duration: '' }))).toEqual(
      plain,
    );
    expect(
      parseAccessKey(JSON.stringify({ ...key, mfa_arn: 'GAHT12345678', session_duration: '1h' })),
    ).toEqual({ ...plain, mfaArn: 'GAHT12345678', sessionDuration: '1h' });
  });

  test('as aws iam create-access-key prints it, to which the rest may be added', () => {
    const AccessKey = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
    expect(parseAccessKey(JSON.stringify({ AccessKey }))).toEqual({ accessKeyId, secretAccessKey });
    expect(parseAccessKey(JSON.stringify({ AccessKey, session_duration: '1h' }))).toMatchObject({
      sessionDuration: '1h',
    });
  });

  test.each([
    [' \n', 'standard input is empty'],
    [secretAccessKey, 'standard input is not JSON'],
    ['"text"', 'the JSON on standard input is not an object'],
    ['null', 'the JSON on standard input is not an object'],
    ['{}', 'access_key_id is missing in the JSON on standard input'],
    ['{"AccessKey":{}}', 'AccessKey.AccessKeyId is missing in the JSON on standard input'],
    [
      '{"AccessKey":{"AccessKeyId":[]}}',
      'AccessKey.AccessKeyId is not text in the JSON on standard input',
    ],
    [
      '{"__proto__":{"access_key_id":"x"}}',
      'access_key_id is missing in the JSON on standard input',
    ],
  ])('that is no key: %s', (json, message) => {
    const error = thrownBy(() => parseAccessKey(json));
    expect(error).toMatchObject({ code: 'ERR_USAGE', message });
    expect(error.hints).toHaveLength(2);
    expect(JSON.stringify(error)).not.toContain(secretAccessKey);
  });
});

test('every fault of a key is said, with where the key came from', () => {
  expect(() => checkAccessKey({ accessKeyId, secretAccessKey }, 'here')).not.toThrow();
  const key = { accessKeyId: '', secretAccessKey: '', mfaArn: 'x', sessionDuration: '1h' };
  expect(thrownBy(() => checkAccessKey(key, 'the AWS profile x'))).toMatchObject({
    code: 'ERR_USAGE',
    message:
      'the access key id is empty (from the AWS profile x)\n' +
      'the secret access key is empty (from the AWS profile x)\n' +
      'the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number (from the AWS profile x)',
  });
});
