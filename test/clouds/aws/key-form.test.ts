import { describe, expect, test } from 'vitest';
import { createKeyForm } from '../../../src/clouds/aws/key-form.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { thrownBy } from '../../support/error-of.ts';

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

const { parse } = createKeyForm(awsUserIdentity({}));

describe('JSON on standard input', () => {
  test('may have our own fields; optional ones may be null or empty', () => {
    const key = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    expect(parse(JSON.stringify(key))).toEqual(key);
    expect(parse(JSON.stringify({ ...key, mfa_arn: null, session_duration: '' }))).toEqual(key);
    expect(
      parse(JSON.stringify({ ...key, mfa_arn: 'GAHT12345678', session_duration: '1h' })),
    ).toEqual({ ...key, mfa_arn: 'GAHT12345678', session_duration: '1h' });
  });

  test('may be the output of aws iam create-access-key with additional fields', () => {
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
  ])('is refused: %s', (json, message) => {
    const error = thrownBy(() => parse(json));
    expect(error).toMatchObject({ code: 'ERR_USAGE', message });
    expect(error.hints).toHaveLength(2);
    expect(JSON.stringify(error)).not.toContain(secretAccessKey);
  });
});

describe('the form', () => {
  test('has the field names of the JSON and hides the secret', () => {
    const { fields } = createKeyForm(awsUserIdentity({}));
    expect(fields.map(({ name, isSecret, isOptional }) => [name, isSecret, isOptional])).toEqual([
      ['access_key_id', false, false],
      ['secret_access_key', true, false],
      ['mfa_arn', false, true],
      ['session_duration', false, true],
    ]);
  });

  test('contains the values of the configuration', () => {
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
      'the access key id contains a space or a line break',
      'the secret access key contains a space or a line break',
      'the MFA device contains a space or a line break',
      'the session duration is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ]);
  });

  test('creates the key from its values', () => {
    const { make } = createKeyForm(awsUserIdentity({}));
    const values = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
    expect(make(values)).toEqual({ type: 'aws', accessKeyId, secretAccessKey });
    expect(make({ ...values, mfa_arn: 'GAHT12345678', session_duration: '1h' })).toMatchObject({
      mfaArn: 'GAHT12345678',
      sessionDuration: '1h',
    });
  });
});
