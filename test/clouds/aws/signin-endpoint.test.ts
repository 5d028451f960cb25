import { expect, test } from 'vitest';
import { regionalSignin, signinEndpoint } from '../../../src/clouds/aws/signin-endpoint.ts';

// As in the rules of the AWS SDKs (botocore 1.44, data/signin).
test.each([
  ['us-east-1', {}, 'https://us-east-1.signin.aws.amazon.com'],
  ['eu-west-1', {}, 'https://eu-west-1.signin.aws.amazon.com'],
  ['xx-unknown-1', {}, 'https://xx-unknown-1.signin.aws.amazon.com'],
  ['cn-north-1', {}, 'https://cn-north-1.signin.amazonaws.cn'],
  ['us-gov-west-1', {}, 'https://us-gov-west-1.signin.amazonaws-us-gov.com'],
  ['eusc-de-east-1', {}, 'https://eusc-de-east-1.signin.amazonaws-eusc.eu'],
  ['us-iso-east-1', {}, 'https://signin.us-iso-east-1.c2s.ic.gov'],
  ['eu-west-1', { useFips: true }, 'https://signin-fips.eu-west-1.amazonaws.com'],
  ['eu-west-1', { useDualstack: true }, 'https://signin.eu-west-1.api.aws'],
  [
    'us-gov-west-1',
    { useFips: true, useDualstack: true },
    'https://signin-fips.us-gov-west-1.api.aws',
  ],
] as const)('the endpoint of %s with %j is %s', (region, variant, origin) => {
  const both = { useFips: false, useDualstack: false, ...variant };
  expect(regionalSignin(region, both).origin).toBe(origin);
});

test('the endpoint that is chosen wins', () => {
  const endpoint = { endpoint: 'http://127.0.0.1:8080' };
  expect(signinEndpoint({ region: 'eu-west-1', endpoint }, {}).href).toBe('http://127.0.0.1:8080/');
});

test('variables choose the variant', () => {
  const env = { AWS_USE_FIPS_ENDPOINT: 'true' };
  expect(signinEndpoint({ region: 'eu-west-1', endpoint: {} }, env).hostname).toBe(
    'signin-fips.eu-west-1.amazonaws.com',
  );
});
