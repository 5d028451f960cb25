import { describe, expect, test } from 'vitest';
import {
  checkEndpointVariable,
  chooseEndpoint,
  endpointSetting,
  endpointVariant,
} from '../../../src/clouds/aws/endpoint-variables.ts';
import { thrownBy } from '../../support/error-of.ts';

const url = 'https://sts.example.com';

describe('the endpoint', () => {
  const service = { AWS_ENDPOINT_URL_STS: url };
  const general = { AWS_ENDPOINT_URL: 'http://localhost:4566' };
  test.each<[string, Record<string, string>, Record<string, string>, object]>([
    ['is that of AWS by default', {}, {}, {}],
    [
      'is that of AWS_ENDPOINT_URL_STS',
      {},
      { ...service, ...general },
      { endpoint: url, endpointVariable: 'AWS_ENDPOINT_URL_STS' },
    ],
    [
      'is that of AWS_ENDPOINT_URL',
      {},
      { ...general, AWS_ENDPOINT_URL_STS: '' },
      { endpoint: 'http://localhost:4566', endpointVariable: 'AWS_ENDPOINT_URL' },
    ],
    [
      'is the configured one first',
      { endpoint: 'https://own' },
      service,
      { endpoint: 'https://own' },
    ],
    [
      'follows no variable with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
      {},
      { ...service, ...general, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'True' },
      {},
    ],
    ['is not that of another service', {}, { AWS_ENDPOINT_URL_S3: url }, {}],
  ])('%s', (_name, settings, env, chosen) => {
    expect(chooseEndpoint(settings, env)).toEqual(chosen);
  });

  test('is the same setting of a session, whether configured or from a variable', () => {
    const configured = endpointSetting(
      {},
      { endpoint: url, endpointPath: ['spec', 'endpoint_url'] },
    );
    const followed = endpointSetting({}, chooseEndpoint({}, service));
    expect(configured).toEqual({ value: url });
    expect(followed).toEqual({ value: url, shown: `${url} (AWS_ENDPOINT_URL_STS)` });
    expect(endpointSetting({}, {})).toEqual({ value: null });
  });

  test('is not shown if it has a password', () => {
    const env = { AWS_ENDPOINT_URL: 'http://user:hunter2@localhost:4566' };
    expect(endpointSetting({}, chooseEndpoint({}, env)).shown).toBe('… (AWS_ENDPOINT_URL)');
  });
});

describe('the endpoint of a variable is refused', () => {
  const check = (settings: object, env: Record<string, string>) =>
    checkEndpointVariable(chooseEndpoint(settings, env), env);

  test.each(['http://user:hunter2@localhost:4566', 'sts.example.com', 'ftp://sts.example.com'])(
    'if it is not a URL without user and password: %s',
    (value) => {
      expect(thrownBy(() => check({}, { AWS_ENDPOINT_URL: value }))).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: 'AWS_ENDPOINT_URL is not an http or https URL without user and password',
        hints: [
          'set AWS_ENDPOINT_URL to a URL such as https://sts.example.com',
          'unset AWS_ENDPOINT_URL',
        ],
      });
    },
  );

  test.each([
    ['AWS_USE_FIPS_ENDPOINT', {}, { AWS_USE_FIPS_ENDPOINT: 'true' }],
    ['AWS_USE_DUALSTACK_ENDPOINT', {}, { AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
    ['spec.use_fips', { useFips: true }, {}],
    ['spec.use_dualstack', { useDualstack: true }, {}],
  ])('with %s', (other, settings, env) => {
    const error = thrownBy(() => check(settings, { AWS_ENDPOINT_URL: url, ...env }));
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `AWS_ENDPOINT_URL cannot be combined with ${other}: only endpoints of AWS have this variant`,
    });
  });

  test('but not if the configuration disables the variant or names the endpoint', () => {
    const env = { AWS_ENDPOINT_URL: url, AWS_USE_FIPS_ENDPOINT: 'true' };
    expect(() => check({ useFips: false }, env)).not.toThrow();
    expect(() => check({ endpoint: url }, env)).not.toThrow();
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
