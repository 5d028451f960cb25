import { describe, expect, test } from 'vitest';
import { createKeyForm } from '../../../src/clouds/aws/key-form.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { thrownBy } from '../../support/error-of.ts';

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

const { parse } = createKeyForm(awsUserIdentity({}));

describe('JSON', () => {
  test('in our form; what may be left out may be null or empty', () => {
    const key = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    expect(parse(JSON.stringify(key))).toEqual(key);
    expect(parse(JSON.stringify({ ...key, mfa_arn: null, session_duration: '' }))).toEqual(key);
    expect(
      parse(JSON.stringify({ ...key, mfa_arn: 'GAHT12345678', session_duration: '1h' })),
    ).toEqual({ ...key, mfa_arn: 'GAHT12345678', session_duration: '1h' });
  });

  test('as aws iam create-access-key prints it, to which the rest may be added', () => {
    const AccessKey = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
    expect(parse(JSON.stringify({ AccessKey }))).toEqual({
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
    });
    expect(parse(JSON.stringify({ AccessKey, session_duration: '1h' }))).toMatchObject({
      session_duration: '1h',
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
    const error = thrownBy(() => parse(json));
    expect(error).toMatchObject({ code: 'ERR_USAGE', message });
    expect(error.hints).toHaveLength(2);
    expect(JSON.stringify(error)).not.toContain(secretAccessKey);
  });
});

describe('the form', () => {
  test('names its fields as JSON does and hides the secret', () => {
    const { fields } = createKeyForm(awsUserIdentity({}));
    expect(fields.map(({ name, isSecret, isOptional }) => [name, isSecret, isOptional])).toEqual([
      ['access_key_id', false, false],
      ['secret_access_key', true, false],
      ['mfa_arn', false, true],
      ['session_duration', false, true],
    ]);
  });

  test('names the values that the configuration has', () => {
    const credentials = { mfa_arn: 'GAHT12345678' };
    const { fields } = createKeyForm(awsUserIdentity({ credentials }));
    const configured = fields.flatMap((field) => field.configured ?? []);
    expect(configured).toEqual([
      { value: 'GAHT12345678', source: '/p/atmos.yaml:credentials:mfa_arn', title: 'mfa_arn' },
    ]);
  });

  test('checks a value without quoting it', () => {
    const { fields } = createKeyForm(awsUserIdentity({}));
    expect(fields.map(({ check }) => check('a b'))).toEqual([
      'the access key id has a space or a line break in it',
      'the secret access key has a space or a line break in it',
      'the MFA device has a space or a line break in it',
      'the session duration is not one like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ]);
  });

  test('makes the key of its values', () => {
    const { make } = createKeyForm(awsUserIdentity({}));
    const values = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    expect(make(values)).toEqual({ type: 'aws', accessKeyId, secretAccessKey });
    expect(make({ ...values, mfa_arn: 'GAHT12345678', session_duration: '1h' })).toMatchObject({
      mfaArn: 'GAHT12345678',
      sessionDuration: '1h',
    });
  });
});
