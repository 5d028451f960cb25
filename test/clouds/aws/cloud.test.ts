import { describe, expect, test } from 'vitest';
import { aws } from '../../../src/clouds/aws/cloud.ts';
import { formatProcessAnswer } from '../../../src/clouds/aws/format-process-answer.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { credentialVariables, isSecretVariable } from '../../../src/core/variables.ts';

const session = awsCredentials({
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiresAt: new Date('2026-01-01T12:00:00.123Z'),
});

describe('mode env', () => {
  test('sets the session and unsets every variable that could take precedence', () => {
    const { set, unset } = aws.environment(session, 'eu-central-1');
    expect(set).toEqual({
      AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_CREDENTIAL_EXPIRATION: '2026-01-01T12:00:00Z',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'eu-central-1',
    });
    expect([...unset, ...Object.keys(set)]).toEqual(
      expect.arrayContaining([...credentialVariables]),
    );
    expect(unset.filter((name) => name in set)).toEqual([]);
  });

  test('leaves no session token of other credentials with long-lived keys', () => {
    const { set, unset } = aws.environment(
      awsCredentials({ accessKeyId: 'AKIA', secretAccessKey: 's' }),
      undefined,
    );
    expect(Object.keys(set)).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_EC2_METADATA_DISABLED',
    ]);
    expect(unset).toEqual(
      expect.arrayContaining([
        'AWS_SESSION_TOKEN',
        'AWS_SECURITY_TOKEN',
        'AWS_CREDENTIAL_EXPIRATION',
      ]),
    );
    expect(unset).not.toContain('AWS_REGION');
  });
});

describe('mode process', () => {
  test('with a profile of the user does not change the files that programs read', () => {
    const { set, unset } = aws.process.environment({
      identity: 'atmos',
      userProfile: 'work-atmos',
      configFile: '/state/aws',
      emptyFile: '/state/empty',
      region: undefined,
    });
    expect(set).toEqual({
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PROFILE: 'work-atmos',
      AWS_SDK_LOAD_CONFIG: '1',
    });
    expect(unset).toEqual(expect.arrayContaining(['AWS_ACCESS_KEY_ID', 'AWS_DEFAULT_PROFILE']));
    expect(unset).not.toContain('AWS_CONFIG_FILE');
    expect(unset).not.toContain('AWS_SHARED_CREDENTIALS_FILE');
  });

  test('sets the place of the profile, and no secret', () => {
    const { set, unset } = aws.process.environment({
      identity: 'atmos',
      userProfile: undefined,
      configFile: '/state/aws',
      emptyFile: '/state/empty',
      region: 'eu-west-1',
    });
    expect(set).toEqual({
      AWS_CONFIG_FILE: '/state/aws',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PROFILE: 'atmos',
      AWS_REGION: 'eu-west-1',
      AWS_SDK_LOAD_CONFIG: '1',
      AWS_SHARED_CREDENTIALS_FILE: '/state/empty',
    });
    expect(Object.keys(set).filter(isSecretVariable)).toEqual([]);
    expect(unset).toEqual(
      expect.arrayContaining([
        'AWS_ACCESS_KEY_ID',
        'AWS_ACCESS_KEY',
        'AWS_DEFAULT_PROFILE',
        'AWS_ROLE_ARN',
      ]),
    );
  });
});

describe('the answer of a credential_process', () => {
  test('has the expiration of a session in UTC', () => {
    expect(JSON.parse(formatProcessAnswer(session))).toEqual({
      Version: 1,
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'secret',
      SessionToken: 'token',
      Expiration: '2026-01-01T12:00:00Z',
    });
  });

  test('has no Expiration for long-lived keys, which do not expire', () => {
    const keys = awsCredentials({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' });
    expect(formatProcessAnswer(keys)).toBe(
      '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"secret"}\n',
    );
  });
});
