import { describe, expect, test } from 'vitest';
import { childEnvironment } from '../../src/app/exec-environment.ts';
import type { EnvironmentChange } from '../../src/core/variables.ts';

describe('the environment of a child', () => {
  const childOf = (
    parent: Record<string, string | undefined>,
    change: EnvironmentChange,
    platform: NodeJS.Platform = 'linux',
  ) => childEnvironment(parent, change, ['MY_PASSWORD'], platform);

  test('is that of the parent with the change', () => {
    const parent = {
      PATH: '/bin',
      AWS_PROFILE: 'other',
      AWS_REGION: 'us-east-1',
      EMPTY: '',
      ABSENT: undefined,
    };
    const change = { set: { AWS_REGION: 'eu-west-1' }, unset: ['AWS_PROFILE'] };
    expect(childOf(parent, change)).toEqual({
      PATH: '/bin',
      AWS_REGION: 'eu-west-1',
      EMPTY: '',
    });
  });

  test('does not contain ATMOS_CHDIR, which was already applied', () => {
    const parent = { ATMOS_CHDIR: 'sub', PATH: '/bin' };
    const change = { set: {}, unset: [] };
    expect(childOf(parent, change)).toEqual({ PATH: '/bin' });
  });

  test('has no secret of atmos-auth and no bearer token from any source', () => {
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
    expect(childOf(parent, { set: secrets, unset: [] })).toEqual({
      PATH: '/bin',
    });
  });

  test('compares names without case only on Windows', () => {
    const parent = {
      Path: 'C:\\bin',
      aws_profile: 'other',
      Aws_Region: 'us-east-1',
      my_password: 'p',
      aws_bearer_token_x: 'b',
    };
    const change = { set: { AWS_REGION: 'eu-west-1' }, unset: ['AWS_PROFILE'] };
    expect(childOf(parent, change, 'win32')).toEqual({
      Path: 'C:\\bin',
      AWS_REGION: 'eu-west-1',
    });
    expect(childOf(parent, change)).toEqual({
      ...parent,
      AWS_REGION: 'eu-west-1',
    });
  });
});
