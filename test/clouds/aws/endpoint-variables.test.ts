import { describe, expect, test } from 'vitest';
import {
  endpointVariant,
  refuseEndpointVariables,
} from '../../../src/clouds/aws/endpoint-variables.ts';
import { thrownBy } from '../../support/error-of.ts';

const aws = { region: 'eu-west-1', endpoint: undefined };
const own = { region: 'eu-west-1', endpoint: 'https://sts.example.com' };

describe('a request to the public AWS is refused', () => {
  test.each(['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'])(
    'where %s names another endpoint',
    (name) => {
      const env = { [name]: 'http://user:hunter2@localhost:4566' };
      expect(thrownBy(() => refuseEndpointVariables(aws, 'dev', env))).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: `${name} is set, which this version does not follow: a request of identity dev would go to another endpoint of AWS`,
        hints: [
          'set spec.endpoint_url of identity dev to the endpoint of AWS STS, such as https://sts.eu-west-1.amazonaws.com',
          `unset ${name}`,
        ],
      });
      // Also in the SDKs the configured endpoint wins.
      refuseEndpointVariables(own, 'dev', env);
      refuseEndpointVariables(aws, 'dev', { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' });
      refuseEndpointVariables(aws, 'dev', { [name]: '' });
    },
  );

  test('not where a variable names the endpoint of another service', () => {
    const env = { AWS_ENDPOINT_URL_S3: 'http://x' };
    expect(() => refuseEndpointVariables(aws, 'dev', env)).not.toThrow();
  });
});

describe('the variant of the endpoint', () => {
  const fips = { AWS_USE_FIPS_ENDPOINT: 'true' };
  const dualstack = { AWS_USE_DUALSTACK_ENDPOINT: 'TRUE' };
  test.each([
    ['is none by default', {}, {}, [false, false]],
    ['follows AWS_USE_FIPS_ENDPOINT', {}, fips, [true, false]],
    ['follows AWS_USE_DUALSTACK_ENDPOINT', {}, dualstack, [false, true]],
    ['is that of the configuration first', { useFips: false }, fips, [false, false]],
    ['is that of the configuration', { useFips: true, useDualstack: true }, {}, [true, true]],
    ['is none of an endpoint that is named', { endpoint: 'https://x' }, fips, [false, false]],
    ['ignores other values', {}, { AWS_USE_FIPS_ENDPOINT: '1' }, [false, false]],
  ])('%s', (_name, configured, env, [useFips, useDualstack]) => {
    expect(endpointVariant(configured, env)).toEqual({ useFips, useDualstack });
  });
});
