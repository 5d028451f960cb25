import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  awsCredentials,
  credentialId,
  isSameCredentials,
  isSession,
  redactCredentials,
  shortAccessKeyId,
} from '../../src/core/credentials.ts';

const fields = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  sessionToken: 'CanaryToken==',
  region: 'eu-west-1',
  expiresAt: new Date('2026-01-31T12:00:00Z'),
  mfaArn: 'arn:aws:iam::012345678901:mfa/ada',
  sessionDuration: '12h',
};
const redacted = {
  type: 'aws',
  accessKeyId: 'ASIA…MPLE',
  region: 'eu-west-1',
  expiresAt: '2026-01-31T12:00:00.000Z',
};

describe('credentials', () => {
  test('contain all their fields', () => {
    expect(awsCredentials(fields)).toEqual({ type: 'aws', ...fields });
  });

  test('are redacted when shown', () => {
    const credentials = awsCredentials(fields);
    expect(redactCredentials(credentials)).toEqual(redacted);
    expect(JSON.parse(JSON.stringify({ credentials }))).toEqual({ credentials: redacted });
  });

  test('are identified by the access key id', () => {
    expect(credentialId(awsCredentials(fields))).toBe(fields.accessKeyId);
  });

  test('are a session if they have a session token, otherwise a long-lived key', () => {
    const { sessionToken: _, ...key } = fields;
    expect(isSession(awsCredentials(fields))).toBe(true);
    expect(isSession(awsCredentials(key))).toBe(false);
  });

  test('are equal if their values are equal, in any order of the fields', () => {
    const { accessKeyId, ...others } = fields;
    const turned = awsCredentials({ ...others, accessKeyId });
    expect(isSameCredentials(awsCredentials(fields), turned)).toBe(true);
    for (const field of Object.keys(fields)) {
      const other = awsCredentials({
        ...fields,
        [field]: field === 'expiresAt' ? new Date(0) : 'x',
      });
      expect(isSameCredentials(awsCredentials(fields), other)).toBe(false);
    }
  });

  test('show the fields that are set, and no others', () => {
    const { accessKeyId, secretAccessKey } = fields;
    expect(redactCredentials(awsCredentials({ accessKeyId, secretAccessKey }))).toEqual({
      type: 'aws',
      accessKeyId: 'ASIA…MPLE',
    });
  });

  test.each([
    ['alone', (value: object) => value],
    ['in an object', (value: object) => ({ value })],
    ['in a list', (value: object) => [[value]]],
    ['in an error', (value: object) => Object.assign(new Error('x'), { value })],
    ['as a cause', (value: object) => new Error('x', { cause: value })],
  ])('do not show secrets when inspected: %s', (_, wrap) => {
    const shown = inspect(wrap(awsCredentials(fields)), { depth: 10, showHidden: true });
    expect(shown).toContain('ASIA…MPLE');
    expect(shown).not.toContain('Canary');
    expect(shown).not.toContain(fields.accessKeyId);
  });
});

test.each([
  ['AKIAIOSFODNN7EXAMPLE', 'AKIA…MPLE'],
  ['12345678', '…'],
  ['', '…'],
])('the short form of the access key id %j is %j', (id, short) => {
  expect(shortAccessKeyId(id)).toBe(short);
});
