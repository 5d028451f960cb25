import { describe, expect, test } from 'vitest';
import {
  keyFaults,
  type AccessKeyValues,
  type KeyUse,
} from '../../../src/clouds/aws/key-values.ts';

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

const messageOf = (values: AccessKeyValues, use?: KeyUse) => keyFaults(values, use)[0]?.message;

describe('the id of an access key', () => {
  const shape = 'is not 16 to 128 capital letters and digits, like AKIAIOSFODNN7EXAMPLE';

  test.each<[string, string | undefined]>([
    [accessKeyId, undefined],
    ['A'.repeat(16), undefined],
    ['A'.repeat(128), undefined],
    ['', 'is empty'],
    [` ${accessKeyId}`, 'contains a space or a line break'],
    [`${accessKeyId}\n`, 'contains a space or a line break'],
    [
      'ASIAIOSFODNN7EXAMPLE',
      'is the id of a session, which expires; a long-lived key starts with AKIA',
    ],
    ['AIDAIOSFODNN7EXAMPLE', 'is the id of a user, not of an access key'],
    ['AROAIOSFODNN7EXAMPLE', 'is the id of a role, not of an access key'],
    [secretAccessKey, 'looks like a secret: were the two swapped?'],
    ['AKIA', shape],
    ['A'.repeat(129), shape],
    ['akiaiosfodnn7example', shape],
    ['AKIAIOSFODNN7EXAMPL“', shape],
  ])('is checked: %j', (id, message) => {
    expect(messageOf({ accessKeyId: id })).toBe(message);
  });
});

describe('a secret access key', () => {
  test.each([
    [secretAccessKey, undefined],
    ['', 'is empty'],
    [`${secretAccessKey} `, 'contains a space or a line break'],
    [accessKeyId, 'looks like an id: were the two swapped?'],
    [`"${secretAccessKey.slice(2)}"`, 'contains characters other than letters, digits, /, + and ='],
    [secretAccessKey.slice(1), 'has 39 characters instead of 40'],
    ['a'.repeat(500), 'has 500 characters instead of 40'],
  ])('is checked: %j', (secret, message) => {
    expect(messageOf({ secretAccessKey: secret })).toBe(message);
  });
});

describe('a key for a server other than AWS', () => {
  test.each(['test', 'mock-key', 'x'])('may be any text: %s', (text) => {
    const values = { accessKeyId: text, secretAccessKey: text };
    expect(keyFaults(values, { hasOwnEndpoint: true })).toEqual([]);
    expect(keyFaults(values)).toHaveLength(2);
  });

  test('is refused if it is empty, has two words, is of a session, or is in the wrong field', () => {
    const use = { hasOwnEndpoint: true };
    for (const id of ['', 'a b', 'ASIAIOSFODNN7EXAMPLE', secretAccessKey]) {
      expect(messageOf({ accessKeyId: id }, use)).toBeDefined();
    }
    for (const secret of ['', 'a b', accessKeyId]) {
      expect(messageOf({ secretAccessKey: secret }, use)).toBeDefined();
    }
  });
});

describe('an MFA device', () => {
  test.each([
    'arn:aws:iam::123456789012:mfa/ada',
    'arn:aws:iam::123456789012:mfa/path/to/ada@example.com',
    'arn:aws:iam::123456789012:mfa/root-account-mfa-device',
    'arn:aws-us-gov:iam::123456789012:mfa/ada',
    'GAHT12345678',
  ])('may be %s', (mfaArn) => {
    expect(keyFaults({ mfaArn })).toEqual([]);
  });

  const neither = 'is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number';
  const userArn =
    'is the ARN of a user; the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/name';
  const fido =
    'is a FIDO security key or passkey, which shows no code: AWS STS GetSessionToken needs a virtual device (arn:aws:iam::123456789012:mfa/name) or a hardware token that shows codes';
  const space = 'contains a space or a line break';

  test.each([
    ['', neither],
    ['ada', neither],
    ['arn:aws:iam::12345678901:mfa/ada', neither],
    ['arn:aws:iam::123456789012:mfa/', neither],
    ['arn:aws:iam::123456789012:role/ada', neither],
    ['arn:aws:iam::123456789012:sms-mfa/ada', neither],
    ['arn:aws:sts::123456789012:mfa/ada', neither],
    ['arn:aws:iam::123456789012:user/ada', userArn],
    ['arn:aws-cn:iam::123456789012:user/team/ada', userArn],
    ['arn:aws:iam::123456789012:u2f/user/ada/yubikey-ABCDEFGHIJ', fido],
    ['arn:aws:iam::123456789012:u2f/root-account', fido],
    ['arn:aws:iam::123456789012:mfa/ada ', space],
    [' GAHT12345678', space],
    ['arn:aws:iam::123456789012:mfa/ada\n', space],
    [accessKeyId, neither],
    [secretAccessKey, neither],
  ])('may not be %j, and the value is not quoted', (mfaArn, message) => {
    expect(keyFaults({ mfaArn })).toEqual([{ field: 'mfaArn', name: 'the MFA device', message }]);
  });

  const arnIn = (partition: string) => `arn:${partition}:iam::123456789012:mfa/ada`;

  // Partitions and regions from botocore's partitions.json.
  test.each([
    ['aws', 'us-east-1'],
    ['aws', 'ap-southeast-7'],
    ['aws', 'mx-central-1'],
    ['aws-cn', 'cn-northwest-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-iso', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-iso-e', 'eu-isoe-west-1'],
    ['aws-iso-f', 'us-isof-south-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ])('of the partition %s belongs to the region %s', (partition, region) => {
    expect(keyFaults({ mfaArn: arnIn(partition) }, { region })).toEqual([]);
    const other = partition === 'aws' ? 'aws-cn' : 'aws';
    expect(messageOf({ mfaArn: arnIn(other) }, { region })).toBe(
      `is in another AWS partition than the region (${partition}), where it cannot be used`,
    );
    expect(keyFaults({ mfaArn: 'GAHT12345678' }, { region })).toEqual([]);
  });

  test('of any partition is accepted for a region with an unknown form', () => {
    for (const region of ['local', 'us-east', 'moon-far-1']) {
      expect(keyFaults({ mfaArn: arnIn('aws-cn') }, { region })).toEqual([]);
    }
  });
});

test('a duration has the form of Atmos, and an invalid one is not quoted', () => {
  for (const sessionDuration of ['12h', '1h30m', '900s', '2d', '900']) {
    expect(keyFaults({ sessionDuration })).toEqual([]);
  }
  for (const sessionDuration of ['', 'soon', '-1h', secretAccessKey]) {
    expect(messageOf({ sessionDuration })).toBe(
      'is not a duration like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    );
  }
});

test('every given value is checked, in the order of the fields', () => {
  expect(keyFaults({ accessKeyId, secretAccessKey })).toEqual([]);
  const values = { sessionDuration: 'x', mfaArn: 'x', secretAccessKey: '', accessKeyId: '' };
  expect(keyFaults(values).map(({ field, name }) => [field, name])).toEqual([
    ['accessKeyId', 'the access key id'],
    ['secretAccessKey', 'the secret access key'],
    ['mfaArn', 'the MFA device'],
    ['sessionDuration', 'the session duration'],
  ]);
});
