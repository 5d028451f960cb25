import { describe, expect, test } from 'vitest';
import {
  requireFollowed,
  unfollowedVariables,
  unfollowedWarning,
} from '../../../src/clouds/aws/unfollowed-variables.ts';
import { thrownBy } from '../../support/error-of.ts';

const aws = { region: 'eu-west-1', endpoint: undefined };
const own = { region: 'eu-west-1', endpoint: 'https://sts.example.com' };
const local = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:4566' };

describe('a request to the public AWS is refused', () => {
  test.each(['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'])(
    'where %s names another place',
    (name) => {
      const env = { [name]: 'http://user:hunter2@localhost:4566' };
      expect(thrownBy(() => requireFollowed(aws, 'dev', env))).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: `${name} is set, which this version does not follow: a request of identity dev would go to another endpoint of AWS`,
        hints: [
          'set spec.endpoint_url of identity dev to the endpoint of AWS STS, such as https://sts.eu-west-1.amazonaws.com',
          `unset ${name}`,
        ],
      });
      // For the SDKs too an endpoint in the code wins.
      requireFollowed(own, 'dev', env);
      requireFollowed(local, 'dev', env);
      requireFollowed(aws, 'dev', { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' });
      requireFollowed(aws, 'dev', { [name]: '' });
    },
  );

  test.each(['true', 'TRUE'])('where AWS_USE_FIPS_ENDPOINT is %s', (value) => {
    const env = { AWS_USE_FIPS_ENDPOINT: value };
    expect(thrownBy(() => requireFollowed(aws, 'dev', env))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'AWS_USE_FIPS_ENDPOINT is set, which this version does not follow: a request of identity dev would go to another endpoint of AWS',
      hints: [
        'set spec.endpoint_url of identity dev to a FIPS endpoint of AWS STS, such as https://sts-fips.us-east-1.amazonaws.com',
        'unset AWS_USE_FIPS_ENDPOINT',
      ],
    });
    requireFollowed(own, 'dev', env);
  });

  test('not for what names no place', () => {
    const env = { AWS_USE_FIPS_ENDPOINT: 'false', AWS_ENDPOINT_URL_S3: 'http://x' };
    expect(() => requireFollowed(aws, 'dev', env)).not.toThrow();
  });
});

describe('what is not followed is named', () => {
  const namesFor = (where: typeof aws | typeof own, env: Record<string, string>) =>
    unfollowedVariables(where, env).map(({ name }) => name);

  test.each([
    [aws, { HTTPS_PROXY: 'http://p' }, ['HTTPS_PROXY']],
    [aws, { https_proxy: 'http://p' }, ['https_proxy']],
    [aws, { ALL_PROXY: 'http://p', all_proxy: 'http://q' }, ['ALL_PROXY']],
    [aws, { HTTPS_PROXY: 'http://p', ALL_PROXY: 'http://p' }, ['HTTPS_PROXY']],
    // It is for http alone.
    [aws, { HTTP_PROXY: 'http://p' }, []],
    [{ ...own, endpoint: 'http://sts.example.com' }, { HTTP_PROXY: 'http://p' }, ['HTTP_PROXY']],
    [aws, { HTTPS_PROXY: '' }, []],
    [local, { HTTP_PROXY: 'http://p', ALL_PROXY: 'http://p' }, []],
    [{ ...own, endpoint: 'https://localhost./' }, { HTTPS_PROXY: 'http://p' }, []],
    [aws, { HTTPS_PROXY: 'http://p', NO_PROXY: '*' }, []],
    [aws, { HTTPS_PROXY: 'http://p', no_proxy: 'localhost, .AmazonAWS.com' }, []],
    [aws, { HTTPS_PROXY: 'http://p', NO_PROXY: 'aws.com,1.amazonaws.com,' }, ['HTTPS_PROXY']],
    [own, { HTTPS_PROXY: 'http://p', NO_PROXY: 'example.com' }, []],
    [{ ...aws, region: 'cn-north-1' }, { HTTPS_PROXY: 'p', NO_PROXY: 'amazonaws.com.cn' }, []],
    [aws, { AWS_CA_BUNDLE: '/ca.pem' }, ['AWS_CA_BUNDLE']],
    [local, { AWS_CA_BUNDLE: '/ca.pem' }, []],
    [{ ...own, endpoint: 'https://localhost:1' }, { AWS_CA_BUNDLE: '/c' }, ['AWS_CA_BUNDLE']],
    [aws, { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, ['AWS_USE_DUALSTACK_ENDPOINT']],
    [own, { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, []],
  ])('for %j with %j: %j', (where, env, names) => {
    expect(namesFor(where, env)).toEqual(names);
  });

  test('in one warning', () => {
    const env = { HTTPS_PROXY: 'http://ada:hunter2@proxy', AWS_CA_BUNDLE: '/ca.pem' };
    expect(unfollowedWarning(unfollowedVariables(aws, env))).toBe(
      'this version does not follow HTTPS_PROXY (calls to AWS go through no proxy), AWS_CA_BUNDLE (certificates are checked by those of Node and of NODE_EXTRA_CA_CERTS)',
    );
    expect(unfollowedWarning([])).toBeUndefined();
  });
});
