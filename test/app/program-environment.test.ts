import { describe, expect, test } from 'vitest';
import {
  sortOut,
  withIdentityVariables,
  withVariables,
} from '../../src/app/program-environment.ts';

const list = (variables: Record<string, string>) =>
  Object.entries(variables).map(([key, value]) => ({ key, value }));

test('variables that must not be set are removed, including the configured password variable', () => {
  const said = list({
    A: '1',
    LD_PRELOAD: 'x',
    AWS_PAGER: '',
    PAGER: 'sh',
    my_Password: 'p',
    PATH: '/b',
  });
  expect(sortOut(said, ['MY_PASSWORD'])).toEqual({
    given: list({ A: '1', AWS_PAGER: '', PATH: '/b' }),
    refused: list({ LD_PRELOAD: 'x', PAGER: 'sh', my_Password: 'p' }),
  });
});

describe('variables over an environment', () => {
  test('override existing variables, and the last of each name counts', () => {
    const said = [...list({ A: 'one', B: '' }), ...list({ A: 'two' })];
    expect(withVariables({ A: 'zero', C: 'c', D: undefined }, said, 'linux')).toEqual({
      A: 'two',
      B: '',
      C: 'c',
      D: undefined,
    });
  });

  test('have case-insensitive names only on Windows', () => {
    const said = [...list({ PATH: '/one' }), ...list({ path: '/two' })];
    expect(withVariables({ Path: '/zero' }, said, 'win32')).toEqual({ path: '/two' });
    expect(withVariables({ Path: '/zero' }, said, 'linux')).toEqual({
      Path: '/zero',
      PATH: '/one',
      path: '/two',
    });
  });
});

describe('variables of an identity', () => {
  const regions = ['AWS_REGION', 'AWS_DEFAULT_REGION'];
  const change = {
    set: {
      AWS_ACCESS_KEY_ID: 'ASIA',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
    },
    unset: ['AWS_PROFILE'],
  };

  test('may choose another region but no other variable of the credentials', () => {
    const said = list({
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'false',
      TF_LOG: 'INFO',
    });
    expect(withIdentityVariables(change, said, regions, 'linux')).toEqual({
      set: { ...change.set, AWS_REGION: 'us-east-1', TF_LOG: 'INFO' },
      unset: ['AWS_PROFILE'],
    });
  });

  test('have case-insensitive names on Windows', () => {
    const said = list({ Aws_Region: 'us-east-1', aws_ec2_metadata_disabled: 'false' });
    expect(withIdentityVariables(change, said, regions, 'win32').set).toEqual({
      AWS_ACCESS_KEY_ID: 'ASIA',
      AWS_EC2_METADATA_DISABLED: 'true',
      Aws_Region: 'us-east-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
    });
  });
});
