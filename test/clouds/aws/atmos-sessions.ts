import { awsCredentials, type AwsCredentials } from '../../../src/core/credentials.ts';

// A session that tests write to the files of Atmos, and its owner.

export const owner = { realm: 'r', root: 'aws-user', identity: 'dev' };

export function sessionWith(fields: Partial<Omit<AwsCredentials, 'type'>> = {}): AwsCredentials {
  return awsCredentials({
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
    sessionToken: 'Canary/Session+Token==',
    expiresAt: new Date('2026-01-01T12:00:00Z'),
    region: 'eu-central-1',
    ...fields,
  });
}
