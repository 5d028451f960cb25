import { describe, expect, test } from 'vitest';
import {
  childEnvironment,
  envCredentials,
  isSecretVariable,
  processEnvironment,
} from '../../../src/clouds/aws/environment.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { credentialVariables } from '../../../src/core/variables.ts';

const session = awsCredentials({
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiresAt: new Date('2026-01-01T12:00:00.123Z'),
});

describe('mode env', () => {
  test('sets the session and takes away all that could win', () => {
    const { set, unset } = envCredentials(session, 'eu-central-1');
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

  test('long-lived keys leave no session token of others behind', () => {
    const { set, unset } = envCredentials(
      awsCredentials({ accessKeyId: 'AKIA', secretAccessKey: 's' }),
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
  const options = { configFile: '/state/aws', emptyFile: '/state/empty', profile: 'atmos' };

  test('says where the profile is, and holds no secret', () => {
    const { set, unset } = processEnvironment({ ...options, region: 'eu-west-1' });
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

describe('the environment of a child', () => {
  const options = { platform: 'linux', secretVariables: ['MY_PASSWORD'] } as const;

  test('is the parent with the change', () => {
    const parent = {
      PATH: '/bin',
      AWS_PROFILE: 'other',
      AWS_REGION: 'us-east-1',
      EMPTY: '',
      ABSENT: undefined,
    };
    const change = { set: { AWS_REGION: 'eu-west-1' }, unset: ['AWS_PROFILE'] };
    expect(childEnvironment(parent, change, options)).toEqual({
      PATH: '/bin',
      AWS_REGION: 'eu-west-1',
      EMPTY: '',
    });
  });

  test('is not led into a directory that we are in already', () => {
    const parent = { ATMOS_CHDIR: 'sub', PATH: '/bin' };
    const change = { set: {}, unset: [] };
    expect(childEnvironment(parent, change, options)).toEqual({ PATH: '/bin' });
  });

  test('has no secret of ours and no bearer token, whoever sets them', () => {
    const secrets = {
      ATMOS_KEYRING_PASSWORD: 'p',
      ATMOS_MFA_TOKEN: '123456',
      CREDENTIALS_DIRECTORY: '/run/credentials',
      MY_PASSWORD: 'p',
    };
    const parent = {
      ...secrets,
      AWS_BEARER_TOKEN_BEDROCK: 'b',
      AWS_BEARER_TOKEN_TOMORROW: 'b',
      PATH: '/bin',
    };
    expect(childEnvironment(parent, { set: secrets, unset: [] }, options)).toEqual({
      PATH: '/bin',
    });
  });

  test('takes names without regard to case on Windows only', () => {
    const parent = {
      Path: 'C:\\bin',
      aws_profile: 'other',
      Aws_Region: 'us-east-1',
      my_password: 'p',
      aws_bearer_token_x: 'b',
    };
    const change = { set: { AWS_REGION: 'eu-west-1' }, unset: ['AWS_PROFILE'] };
    expect(childEnvironment(parent, change, { ...options, platform: 'win32' })).toEqual({
      Path: 'C:\\bin',
      AWS_REGION: 'eu-west-1',
    });
    expect(childEnvironment(parent, change, options)).toEqual({
      ...parent,
      AWS_REGION: 'eu-west-1',
    });
  });
});
