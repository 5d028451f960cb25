import { expect, test } from 'vitest';
import { formatCredentialProcess } from '../../../src/clouds/aws/process-output.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';

test('a session is told with its end, in UTC', () => {
  const session = awsCredentials({
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiresAt: new Date('2026-01-01T12:00:00.500Z'),
    region: 'eu-west-1',
  });
  expect(JSON.parse(formatCredentialProcess(session))).toEqual({
    Version: 1,
    AccessKeyId: 'ASIAEXAMPLE',
    SecretAccessKey: 'secret',
    SessionToken: 'token',
    Expiration: '2026-01-01T12:00:00Z',
  });
});

test('long-lived keys have no end, and so no Expiration', () => {
  const keys = awsCredentials({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' });
  expect(formatCredentialProcess(keys)).toBe(
    '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"secret"}\n',
  );
});
