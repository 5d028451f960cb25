import { describe, expect, onTestFinished, test } from 'vitest';
import { awsAssumeRole } from '../../../src/clouds/aws/assume-role.ts';
import { openSts } from '../../../src/clouds/aws/sts.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';

/** The partition, a region, and the domain of its endpoints. */
const partitions = [
  ['aws', 'eu-west-1', 'amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
  ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'],
  ['aws-iso', 'us-iso-east-1', 'c2s.ic.gov'],
  ['aws-iso-b', 'us-isob-east-1', 'sc2s.sgov.gov'],
  ['aws-iso-e', 'eu-isoe-west-1', 'cloud.adc-e.uk'],
  ['aws-iso-f', 'us-isof-south-1', 'csp.hci.ic.gov'],
] as const;

/** The host to which a request goes: a proxy learns it, and refuses to connect. */
async function hostOf(region: string, variant = { useFips: false, useDualstack: false }) {
  const proxy = await startConnectProxy(0, '403 Forbidden');
  onTestFinished(() => proxy.close());
  const sts = openSts({
    region,
    variant,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
    timeoutMs: 10_000,
    host: fakeHost({ env: { HTTPS_PROXY: proxy.url } }),
  });
  onTestFinished(() => sts.close());
  expect((await errorOf(sts.getCallerIdentity())).code).toBe('ERR_NETWORK');
  return proxy.targets;
}

describe('the endpoint of AWS STS', () => {
  test.each(partitions)('in the partition %s, region %s, is in %s', async (_, region, domain) => {
    expect(await hostOf(region)).toEqual([`sts.${region}.${domain}:443`]);
  });

  test.each([
    ['of a region of an unknown form', 'xx-moon-1', false, false, 'sts.xx-moon-1.amazonaws.com'],
    ['with FIPS', 'us-east-1', true, false, 'sts-fips.us-east-1.amazonaws.com'],
    ['with FIPS in GovCloud', 'us-gov-west-1', true, false, 'sts.us-gov-west-1.amazonaws.com'],
    ['with dual-stack', 'eu-west-1', false, true, 'sts.eu-west-1.api.aws'],
    ['with both', 'us-east-1', true, true, 'sts-fips.us-east-1.api.aws'],
  ])('%s is that of the SDKs', async (_, region, useFips, useDualstack, host) => {
    expect(await hostOf(region, { useFips, useDualstack })).toEqual([`${host}:443`]);
  });
});

describe('the ARN of a role', () => {
  const planOf = (partition: string, region?: string) =>
    awsAssumeRole.plan(
      awsUserIdentity({
        kind: 'aws/assume-role',
        principal: {
          assume_role: `arn:${partition}:iam::123456789012:role/r`,
          ...(region === undefined ? {} : { region }),
        },
      }),
      { base: undefined, env: {} },
    );

  test.each(partitions)('in %s goes with its region %s', (partition, region) => {
    expect(planOf(partition, region).region).toBe(region);
    expect(planOf(partition).defaultRegion).toMatch(/^[a-z]+(-[a-z]+)+-1$/);
  });

  test.each(partitions)(
    'in another partition than %s is refused for the region %s',
    (own, region) => {
      const other = own === 'aws' ? 'aws-cn' : 'aws';
      const error = thrownBy(() => planOf(other, region));
      expect(error).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: `principal.region of identity dev (/p/atmos.yaml:principal:region) is in the partition ${own}: "${region}", but the role is in ${other}`,
      });
    },
  );

  test('is accepted with a region of an unknown form', () => {
    expect(planOf('aws', 'xx-moon-1').region).toBe('xx-moon-1');
    expect(planOf('aws-moon', 'xx-moon-1').region).toBe('xx-moon-1');
  });
});
