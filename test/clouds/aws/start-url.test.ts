import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isAwsPage,
  normalizeStartUrl,
  partitionOfHost,
  regionInHost,
} from '../../../src/clouds/aws/start-url.ts';

describe('a start URL has one spelling', () => {
  const portal = 'https://d-1234567890.awsapps.com/start';

  test.each([
    portal,
    `${portal}/`,
    `${portal}#/`,
    `${portal}/#/`,
    `${portal}/#`,
    `${portal}/#/?tab=accounts`,
    'https://D-1234567890.AWSAPPS.com/start',
    'HTTPS://d-1234567890.awsapps.com:443/start//',
    'https://d-1234567890.awsapps.com./start',
  ])('%s', (text) => {
    expect(normalizeStartUrl(text)).toBe(portal);
  });

  test.each([
    ['https://ssoins-1.portal.eu-west-1.app.aws/', 'https://ssoins-1.portal.eu-west-1.app.aws'],
    ['https://corp.awsapps.com/Start', 'https://corp.awsapps.com/Start'],
    ['http://127.0.0.1:8400/start/', 'http://127.0.0.1:8400/start'],
    ['http://localhost/start', 'http://localhost/start'],
  ])('%s', (text, normalized) => {
    expect(normalizeStartUrl(text)).toBe(normalized);
  });

  test.each([
    '',
    'd-1234567890.awsapps.com/start',
    'http://d-1234567890.awsapps.com/start',
    'ftp://d-1234567890.awsapps.com/start',
    'https://ada:secret@d-1.awsapps.com/start',
    'https://ada@d-1.awsapps.com/start',
    'https://d-1.awsapps.com/start?x=1',
    'https://d-1.awsapps.com/start?',
    'https://d-1.awsapps.com/st art',
    ' https://d-1.awsapps.com/start',
    'https://d-1.awsapps.com/start\n',
    'https://',
    'javascript:alert(1)',
  ])('is refused: %j', (text) => {
    expect(normalizeStartUrl(text)).toBeUndefined();
  });

  test('that is not changed again', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, validSchemes: ['https'] }), (url) => {
        const once = normalizeStartUrl(url);
        fc.pre(once !== undefined);
        expect(normalizeStartUrl(once)).toBe(once);
        expect(normalizeStartUrl(`${once}/#/`)).toBe(once);
        expect(new URL(once)).toMatchObject({ username: '', password: '', search: '', hash: '' });
      }),
    );
  });
});

describe('a page', () => {
  test.each([
    'https://d-1234567890.awsapps.com/start/#/device?user_code=AAAA-BBBB',
    'https://start.us-gov-home.awsapps.com/directory/x',
    'https://portal.awsapps.cn/start',
    'https://ssoins-1.portal.eu-west-1.app.aws',
    'https://ssoins-1.eu-west-1.portal.amazonaws.com',
    'https://identitycenter.amazonaws.com/ssoins-1',
    'https://identitycenter.us-gov.amazonaws.com/ssoins-1',
    'https://device.sso.eu-west-1.amazonaws.com/?user_code=AAAA-BBBB',
    'https://device.sso.cn-north-1.amazonaws.com.cn/',
  ])('belongs to AWS: %s', (url) => {
    expect(isAwsPage(new URL(url))).toBe(true);
  });

  test.each([
    'http://d-1234567890.awsapps.com/start',
    'https://d-1234567890.awsapps.com:8443/start',
    'https://awsapps.com/start',
    'https://d-1.awsapps.com.example.com/start',
    'https://d-1.awsapps.community/start',
    'https://evilawsapps.com/start',
    'https://bucket.s3.amazonaws.com/start',
    'https://device.sso.evil.example.amazonaws.com/',
    'https://identitycenter.amazonaws.com.example.com/',
    'https://127.0.0.1/start',
  ])('does not: %s', (url) => {
    expect(isAwsPage(new URL(url))).toBe(false);
  });
});

test.each([
  ['https://ssoins-1.portal.eu-west-1.app.aws', 'eu-west-1'],
  ['https://ssoins-1.us-gov-west-1.portal.amazonaws.com', 'us-gov-west-1'],
  ['https://d-1234567890.awsapps.com/start', undefined],
  ['https://a.b.portal.eu-west-1.app.aws', undefined],
  ['https://ssoins-1.portal.-.app.aws', undefined],
])('the host of %s names the region %s', (url, region) => {
  expect(regionInHost(new URL(url))).toBe(region);
});

test.each([
  ['https://d-1.awsapps.com/start', 'aws'],
  ['https://us-gov-fans.awsapps.com/start', 'aws'],
  ['https://start.us-gov-home.awsapps.com/directory/x', 'aws-us-gov'],
  ['https://ssoins-1.portal.us-gov-west-1.app.aws', 'aws-us-gov'],
  ['https://x.awsapps.cn/start', 'aws-cn'],
  ['https://ssoins-1.eusc-de-east-1.portal.amazonaws.eu', 'aws-eusc'],
])('the portal %s is in the partition %s', (url, partition) => {
  expect(partitionOfHost(new URL(url))).toBe(partition);
});
