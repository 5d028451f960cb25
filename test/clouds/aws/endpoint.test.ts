import { describe, expect, it } from 'vitest';
import { isTrustedEndpoint } from '../../../src/clouds/aws/endpoint.ts';

const sts = (url: string) => isTrustedEndpoint(url, ['sts']);
const portal = (url: string) => isTrustedEndpoint(url, ['sso', 'sso-oidc']);

describe('an endpoint', () => {
  it.each([
    'https://sts.amazonaws.com',
    'https://sts.amazonaws.com./',
    'https://STS.eu-west-1.amazonaws.com:443/',
    'https://sts.us-gov-west-1.amazonaws.com',
    'https://sts-fips.us-east-1.amazonaws.com',
    'https://sts.cn-north-1.amazonaws.com.cn',
    'https://sts.eusc-de-east-1.amazonaws.eu',
    'https://sts.us-east-1.api.aws',
    'http://localhost:4566',
    'https://localhost',
    'http://127.0.0.1:4566',
    'http://127.1.2.3',
    'http://[::1]:80',
  ])('of AWS or of this machine needs no trust: %s', (url) => {
    expect(sts(url)).toBe(true);
  });

  it.each([
    'https://portal.sso.eu-west-1.amazonaws.com',
    'https://portal.sso-fips.us-east-1.amazonaws.com',
    'https://portal.sso.us-east-1.api.aws',
    'https://oidc.us-gov-west-1.amazonaws.com',
    'https://oidc-fips.us-east-1.api.aws',
    'https://oidc.cn-north-1.amazonaws.com.cn/',
    'https://oidc.eusc-de-east-1.api.amazonwebservices.eu',
  ])('of IAM Identity Center needs no trust for its tokens, but for requests to STS: %s', (url) => {
    expect(portal(url)).toBe(true);
    expect(sts(url)).toBe(false);
  });

  it.each([
    'http://sts.amazonaws.com',
    'http://oidc.us-east-1.amazonaws.com',
    'https://s3.us-east-1.amazonaws.com/bucket',
    'https://s3.us-east-1.amazonaws.com',
    'https://s3-fips.us-east-1.amazonaws.com',
    'https://sso.us-east-1.amazonaws.com',
    'https://sts.us-east-1.amazonaws.com/x',
    'https://sts.us-east-1.amazonaws.com/?x',
    'https://sts.us-east-1.amazonaws.com:8443',
    'https://oidc.us-east-1.amazonaws.com/x',
    'https://portal.sso.us-east-1.amazonaws.com:8443',
    'https://oidc.amazonaws.com',
    'https://amazonaws.com',
    'https://evilamazonaws.com',
    'https://sts.amazonaws.com.evil.example',
    'https://sts.amazonaws.com@evil.example',
    'https://evil.example/sts.amazonaws.com',
    'https://evil.example#.amazonaws.com',
    'https://sts.s3.amazonaws.com',
    'https://bucket.s3-us-west-2.amazonaws.com',
    'https://abc.execute-api.us-east-1.amazonaws.com',
    'https://ec2-192-0-2-1.compute-1.amazonaws.com',
    'https://lb.elb.us-east-1.amazonaws.com',
    'https://vpce-0.sts.us-east-1.vpce.amazonaws.com',
    'https://abc.lambda-url.us-east-1.on.aws',
    'http://127.0.0.1.nip.io',
    'http://localhost.evil.example',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'http://169.254.169.254',
    'ftp://localhost',
    'file:///etc/passwd',
    'sts.amazonaws.com',
    '',
  ])('elsewhere needs trust: %s', (url) => {
    expect(sts(url)).toBe(false);
    expect(portal(url)).toBe(false);
  });
});
