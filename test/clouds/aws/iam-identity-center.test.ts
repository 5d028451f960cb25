import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { awsIamIdentityCenter } from '../../../src/clouds/aws/iam-identity-center.ts';
import { thrownBy } from '../../support/error-of.ts';
import { providerOf } from '../open-context.ts';
import { planOf } from './portal-place.ts';

const startUrl = 'https://d-1234567890.awsapps.com/start';
const settings = { start_url: startUrl, region: 'eu-west-1' };
const withSpec = (spec: Readonly<Record<string, unknown>>) => ({ ...settings, spec });

describe('the plan of a provider', () => {
  test('shares one token for a portal', () => {
    expect(planOf(settings)).toMatchObject({
      name: 'corp',
      gives: 'sso',
      slot: { issuer: startUrl },
      storedKey: 'none',
      mayAsk: ['browser'],
      region: 'eu-west-1',
      partition: 'aws',
      fingerprint: {
        start_url: { value: startUrl },
        region: { value: 'eu-west-1' },
        'spec.session': { value: null },
        'spec.endpoint_url': { value: null },
        'endpoint of the portal': { value: null },
      },
    });
  });

  test('names the token as Atmos names its file', () => {
    const hash = (text: string) => createHash('sha1').update(text).digest('hex');
    expect(planOf(settings).slot).toMatchObject({ id: hash(`${startUrl}|eu-west-1`) });
    expect(planOf({ ...settings, start_url: `${startUrl}/#/` }).slot).toEqual(
      planOf(settings).slot,
    );
    expect(planOf(withSpec({ session: 'ops' })).slot).toMatchObject({
      id: hash(`${startUrl}|eu-west-1|ops`),
    });
  });

  test('depends on nothing that only concerns the sign-in', () => {
    const spec = {
      flow: 'device',
      callback_port: '8400',
      browser: 'firefox',
      expect: { account: '123456789012', user: 'ada' },
    };
    expect(planOf(withSpec(spec)).fingerprint).toEqual(planOf(settings).fingerprint);
    expect(planOf(withSpec(spec)).slot).toEqual(planOf(settings).slot);
  });

  test('accepts a token of who was compared with what is expected', () => {
    const { accepts } = planOf(withSpec({ expect: { account: '123456789012', user: 'ada' } }));
    const credentials = { type: 'none' } as const;
    const kept = (renewal: Record<string, string>) => ({ credentials, renewal });
    const account = { expected_account: '123456789012' };
    expect(accepts?.({ credentials })).toBe(false);
    expect(accepts?.(kept(account))).toBe(false);
    expect(accepts?.(kept({ ...account, expected_user: 'bob' }))).toBe(false);
    expect(accepts?.(kept({ ...account, expected_user: 'ada' }))).toBe(true);
    expect(planOf(settings).accepts?.({ credentials })).toBe(true);
  });

  test('follows the variable of each service', () => {
    const env = {
      AWS_ENDPOINT_URL_SSO: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SSO_OIDC: 'http://127.0.0.1:2',
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:3',
    };
    const { portal, fingerprint } = planOf(settings, env) as unknown as {
      portal: { endpoints: Record<string, { endpoint?: string }> };
      fingerprint: Record<string, { value: unknown }>;
    };
    expect(portal.endpoints['sso']?.endpoint).toBe('http://127.0.0.1:1');
    expect(portal.endpoints['sso-oidc']?.endpoint).toBe('http://127.0.0.1:2');
    expect(fingerprint['spec.endpoint_url']?.value).toBe('http://127.0.0.1:2');
    expect(fingerprint['endpoint of the portal']?.value).toBe('http://127.0.0.1:1');
  });

  test('tells the route of the sign-in', async () => {
    expect(await planOf(settings).route?.({ env: {} })).toMatchObject({
      endpoint: 'https://oidc.eu-west-1.amazonaws.com',
    });
    const fault = await planOf(settings, { AWS_ENDPOINT_URL: 'x' }).route?.({ env: {} });
    expect(fault?.fault?.code).toBe('ERR_CONFIG_INVALID');
  });
});

describe('the settings of a provider are refused', () => {
  const place = (path: string) =>
    `${path.replaceAll(':', '.')} of provider corp (/p/atmos.yaml:${path})`;

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'without a start URL',
      { region: 'eu-west-1' },
      'provider corp (/p/atmos.yaml) has no start_url, which the kind aws/iam-identity-center needs',
    ],
    [
      'without a region',
      { start_url: startUrl, region: '' },
      'provider corp (/p/atmos.yaml) has no region, which the kind aws/iam-identity-center needs',
    ],
    [
      'a start URL with a password, which is not shown',
      { ...settings, start_url: 'https://ada:secret@d-1.awsapps.com/start' },
      `${place('start_url')} is not an https URL without user, password and query`,
    ],
    [
      'a region that is none',
      { ...settings, region: 'x.example.com/' },
      `${place('region')} is not the name of an AWS region: "x.example.com/"`,
    ],
    [
      'a region of another partition than the portal',
      { ...settings, region: 'cn-north-1' },
      `${place('region')} is in the partition aws-cn: "cn-north-1", but the portal of start_url is in aws`,
    ],
    [
      'another region than that of the portal',
      { start_url: 'https://ssoins-1.portal.eu-west-1.app.aws', region: 'us-east-1' },
      `${place('region')} is not the region of the portal: "us-east-1"`,
    ],
    [
      'a flow',
      withSpec({ flow: 'magic' }),
      `${place('spec:flow')} is not auto, browser or device: "magic"`,
    ],
    [
      'a port',
      withSpec({ callback_port: 65_536 }),
      `${place('spec:callback_port')} is not a port, 1 to 65535: "65536"`,
    ],
    [
      'another tool to share with',
      withSpec({ share: 'granted' }),
      `${place('spec:share')} is not aws-cli: "granted"`,
    ],
    [
      'sharing without a tool',
      withSpec({ share: true }),
      `${place('spec:share')} must be aws-cli, not true`,
    ],
    [
      'a shared token of another endpoint',
      withSpec({ share: 'aws-cli', endpoint_url: 'https://portal.sso.eu-west-1.amazonaws.com' }),
      `${place('spec:share')} cannot be set together with spec.endpoint_url`,
    ],
    [
      'a label with a control character',
      withSpec({ session: 'a\u001b' }),
      `${place('spec:session')} is longer than 64 characters, or contains control characters`,
    ],
    [
      'an account',
      withSpec({ expect: { account: 'prod' } }),
      `${place('spec:expect:account')} is not the number of an account, 12 digits: "prod"`,
    ],
    [
      'an endpoint with a password',
      withSpec({ endpoint_url: 'https://ada:secret@sso.example.com' }),
      `${place('spec:endpoint_url')} is not an http or https URL without user and password`,
    ],
    [
      'FIPS at another endpoint',
      withSpec({ endpoint_url: 'https://sso.example.com', use_fips: true }),
      `${place('spec:use_fips')} cannot be true together with spec.endpoint_url`,
    ],
  ])('%s', (_name, given, message) => {
    expect(thrownBy(() => planOf(given))).toMatchObject({ code: 'ERR_CONFIG_INVALID', message });
  });

  test('if a variable that is to name the user is not set', () => {
    const tagAt = (path: readonly string[]) => (path.at(-1) === 'user' ? '!env WHO' : undefined);
    const error = thrownBy(() => planOf(withSpec({ expect: { user: '' } }), {}, { tagAt }));
    expect(error.message).toBe(
      `${place('spec:expect:user')} is empty: the variable WHO is not set, or empty`,
    );
  });

  test('without quoting what a tag gave', () => {
    const error = thrownBy(() =>
      planOf({ ...withSpec({ flow: 'canary' }), region: 'CANARY' }, {}, { tagAt: () => '!env X' }),
    );
    expect(error.message).not.toMatch(/canary/i);
    expect(error.message).toContain('<value of !env X>');
  });
});

describe('trust', () => {
  const needs = (given: Readonly<Record<string, unknown>>) =>
    awsIamIdentityCenter
      .trustNeeds(providerOf('aws/iam-identity-center', {}, { settings: given }))
      .map(({ what }) => what);

  test('is not needed for a portal of AWS, or for settings that are wrong', () => {
    expect(needs(settings)).toEqual([]);
    expect(needs({ start_url: 1, spec: [], region: {} })).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'a start URL of another domain',
      { ...settings, start_url: 'https://sso.example.com/' },
      'signs in at the portal to which https://sso.example.com leads',
    ],
    [
      'a browser command',
      withSpec({ browser: 'firefox -P work' }),
      'runs the browser command firefox -P work',
    ],
    [
      'a shared token',
      withSpec({ share: 'aws-cli', session: 'corp' }),
      'writes the token, and what renews it, to ~/.aws/sso/cache in plain text',
    ],
    [
      'another endpoint',
      withSpec({ endpoint_url: 'https://sso.example.com' }),
      'sends tokens to https://sso.example.com',
    ],
    [
      'an endpoint on this machine',
      withSpec({ endpoint_url: 'http://127.0.0.1:1' }),
      'sends tokens to http://127.0.0.1:1, where any user of this machine can listen',
    ],
  ])('is needed for %s', (_name, given, what) => {
    expect(needs(given)).toEqual([what]);
  });
});
