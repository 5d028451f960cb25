import { describe, expect, test } from 'vitest';
import { parseAccessKey } from '../../../src/clouds/aws/key-form.ts';
import { thrownBy } from '../../support/error-of.ts';

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

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
