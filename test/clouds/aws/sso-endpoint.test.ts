import { describe, expect, test } from 'vitest';
import { regionalEndpoint } from '../../../src/clouds/aws/sso-endpoint.ts';
import { endpointOf } from '../../../src/clouds/aws/sts-client.ts';

const regions = [
  'eu-west-1',
  'xx-unknown-1',
  'cn-north-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
];

describe.each(regions)('in %s', (region) => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('FIPS %s, dual-stack %s: in the domain of AWS STS', (useFips, useDualstack) => {
    const variant = { useFips, useDualstack };
    const sts = endpointOf(region, variant).hostname;
    const hostOf = (service: 'sso' | 'sso-oidc') =>
      regionalEndpoint(service, region, variant).hostname;
    expect(hostOf('sso')).toBe(sts.replace(/^sts/, 'portal.sso'));
    expect(hostOf('sso-oidc')).toBe(sts.replace(/^sts/, 'oidc'));
  });
});

test('is a host of its own for each service', () => {
  const variant = { useFips: true, useDualstack: false };
  expect(regionalEndpoint('sso', 'us-east-1', variant).origin).toBe(
    'https://portal.sso-fips.us-east-1.amazonaws.com',
  );
  expect(regionalEndpoint('sso-oidc', 'us-gov-east-1', variant).origin).toBe(
    'https://oidc.us-gov-east-1.amazonaws.com',
  );
});
