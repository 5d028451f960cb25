import { describe, expect, test } from 'vitest';
import { awsUser } from '../../../src/clouds/aws/user.ts';
import { awsCredentials, type AwsCredentials } from '../../../src/core/credentials.ts';
import { KeyringError } from '../../../src/core/errors.ts';
import type { Identity } from '../../../src/core/kind-config.ts';
import {
  awsUserIdentity,
  codes,
  codesOf,
  device,
  identityAt,
  keys,
  openPlace,
} from '../../auth/place.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';

const canary = 'CanaryIn/The+Coal/Mine/Of/AWS/0123456789';
const inYaml = { access_key_id: 'AKIAINTHEYAMLFILE000', secret_access_key: canary };
const hints = ['atmos auth user configure --identity dev'];

const planOf = (fields: Partial<Identity>) =>
  awsUser.plan(awsUserIdentity(fields), { base: undefined, env: {} });

/** The key that would open a session, and how often it was read from the store. */
async function keyOf(
  fields: Partial<Identity>,
  stored: AwsCredentials | null = keys,
  isStoreLasting = true,
): Promise<{ key: AwsCredentials | undefined; reads: number }> {
  let reads = 0;
  const source = {
    async storedKey() {
      reads++;
      return stored;
    },
    isStoreLasting,
  };
  return { key: await planOf(fields).longLivedKey?.(source), reads };
}

describe('the keys of a user', () => {
  test('come from the configuration if it has both, and the store is not read', async () => {
    const { key, reads } = await keyOf({ credentials: inYaml });
    expect(key?.accessKeyId).toBe('AKIAINTHEYAMLFILE000');
    expect(reads).toBe(0);
    expect(planOf({ credentials: inYaml }).storedKey).toBe('configured');
  });

  test.each([
    ['no keys', {}],
    ['empty keys', { access_key_id: '', secret_access_key: '' }],
  ])('come from the store if the configuration has %s', async (_, credentials) => {
    const { key } = await keyOf({ credentials });
    expect(key?.accessKeyId).toBe(keys.accessKeyId);
    expect(planOf({ credentials }).storedKey).toBe('needed');
  });

  test.each([
    ['only the id', { access_key_id: 'AKIAINTHEYAMLFILE000' }],
    ['only the secret', { secret_access_key: canary }],
    ['an empty secret', { ...inYaml, secret_access_key: '' }],
    ['an empty id', { ...inYaml, access_key_id: '' }],
  ])('are an error if the configuration has %s', async (_, credentials) => {
    const error = await errorOf(keyOf({ credentials }));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      'credentials of identity dev (/p/atmos.yaml:credentials) hold only one of access_key_id and secret_access_key',
    );
    expect(error.hints).toEqual([
      'set both or neither; if neither is set, the keys come from the keyring',
    ]);
  });

  test('may be missing', async () => {
    const error = await errorOf(keyOf({}, null));
    expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
    expect(error.message).toBe('no access key is stored for identity dev');
    expect(error.hints).toEqual([
      ...hints,
      'to sign in with a browser instead: atmos auth login --identity dev --webflow',
    ]);
  });

  describe('with empty variables, as in CI', () => {
    const tags: Record<string, string> = {
      access_key_id: '!env CI_KEY_ID',
      secret_access_key: '!env CI_SECRET',
    };
    const tagAt = ([, field = '']: readonly string[]) => tags[field];
    const empty = { access_key_id: '', secret_access_key: '' };

    test('are missing: each variable is reported with its line, and the first hint says what to set', async () => {
      const error = await errorOf(keyOf({ credentials: empty, tagAt }, null));
      expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
      expect(error.message).toBe(
        'credentials.access_key_id (/p/atmos.yaml:credentials:access_key_id) is empty: !env CI_KEY_ID returned an empty value; ' +
          'credentials.secret_access_key (/p/atmos.yaml:credentials:secret_access_key) is empty: !env CI_SECRET returned an empty value; ' +
          'no access key is stored for identity dev',
      );
      expect(error.hints).toEqual([
        'set the variables CI_KEY_ID and CI_SECRET, which are not set or empty',
        ...hints,
      ]);
    });

    test('are not to be stored in a keyring that does not keep them', async () => {
      const error = await errorOf(keyOf({ credentials: empty, tagAt }, null, false));
      expect(error.hints).toEqual([
        'set the variables CI_KEY_ID and CI_SECRET, which are not set or empty',
      ]);
    });

    test('are replaced by a stored key', async () => {
      const { key } = await keyOf({ credentials: empty, tagAt }, keys);
      expect(key?.accessKeyId).toBe(keys.accessKeyId);
    });

    test('are an error if one of the two is empty, which is named', async () => {
      const credentials = { ...inYaml, secret_access_key: '' };
      const error = await errorOf(keyOf({ credentials, tagAt }));
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expect(error.message).toBe(
        'credentials.secret_access_key of identity dev (/p/atmos.yaml:credentials:secret_access_key) is empty: !env CI_SECRET returned an empty value, but the other half of the access key is set',
      );
      expect(error.hints).toEqual(['set the variable CI_SECRET, which is not set or empty']);
    });
  });

  test('must come from variables if the keyring does not keep them', async () => {
    const error = await errorOf(keyOf({}, null, false));
    expect(error.hints).toEqual([
      'set access_key_id and secret_access_key with !env (/p/atmos.yaml:credentials)',
    ]);
  });

  test('are an error if the stored entry is a session', async () => {
    const session = awsCredentials({ ...keys, sessionToken: 'CanaryToken' });
    const error = await errorOf(keyOf({}, session));
    expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
    expect(error.message).toBe(
      'the entry for the access key of identity dev contains a session, which cannot open another session',
    );
    expect(error.hints).toEqual(hints);
  });

  test('are not reported as missing if they could not be read', async () => {
    const locked = new KeyringError('ERR_KEYRING_LOCKED', 'the keyring is locked');
    const reading = planOf({}).longLivedKey?.({
      storedKey: () => Promise.reject(locked),
      isStoreLasting: true,
    });
    expect(await errorOf(Promise.resolve(reading))).toBe(locked);
  });
});

describe('the MFA device of a user', () => {
  const other = 'arn:aws:iam::012345678901:mfa/other';
  const configuredKey = {
    access_key_id: keys.accessKeyId,
    secret_access_key: keys.secretAccessKey,
  };

  test.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['neither has one', {}, undefined, undefined],
    ['the store has one', {}, device, device],
    ['the configuration has one', { mfa_arn: device }, undefined, device],
    ['both have one, and the configured one is used', { mfa_arn: device }, other, device],
    ['the configured one is empty', { mfa_arn: '' }, device, device],
    ['keys and device are configured', { ...configuredKey, mfa_arn: device }, undefined, device],
    ['keys are configured, and the store has one', configuredKey, device, undefined],
  ])('is selected: %s', async (_, credentials, stored, expected) => {
    const { asked, mfaCode } = codesOf(codes[0]);
    const place = await openPlace({ mfaCode });
    const identity = identityAt(place, { credentials });
    const key = stored === undefined ? keys : { ...keys, mfaArn: stored };
    await place.manager.saveKeys(identity, key);
    const { session } = await place.manager.login(identity);
    expect(asked.map((request) => request.device)).toEqual(
      expected === undefined ? [] : [expected],
    );
    expect(session.limits).toHaveLength(expected === undefined ? 1 : 0);
    const again = await place.manager.login(identity);
    expect(again).toMatchObject({ wasOpened: false, session: { limits: session.limits } });
  });
});

describe('the fingerprint of a session', () => {
  const valuesOf = (fields: Partial<Identity>) =>
    Object.fromEntries(
      Object.entries(planOf(fields).fingerprint).map(([setting, { value }]) => [setting, value]),
    );

  test('contains the configured partition, endpoint, device and key', () => {
    const credentials = { ...inYaml, mfa_arn: device, region: 'eu-west-1' };
    const spec = { endpoint_url: 'https://sts.example.com' };
    expect(planOf({ credentials, spec }).region).toBe('eu-west-1');
    expect(valuesOf({ credentials, spec })).toEqual({
      'the partition': 'aws',
      'spec.endpoint_url': 'https://sts.example.com',
      'credentials.mfa_arn': device,
      'credentials.access_key_id': 'AKIAINTHEYAMLFILE000',
    });
  });

  test('is AWS in us-east-1 by default, and contains nothing that is stored', () => {
    expect(valuesOf({ credentials: { region: '' }, spec: { endpoint_url: '' } })).toEqual({
      'the partition': 'aws',
      'spec.endpoint_url': null,
      'credentials.mfa_arn': null,
      'credentials.access_key_id': null,
    });
  });
});

describe('who must sign in', () => {
  test('is in the fingerprint only if it is set', () => {
    const spec = { expect: { account: '123456789012', user: 'ada' } };
    expect(planOf({ spec }).fingerprint).toMatchObject({
      'spec.expect.account': { value: '123456789012' },
      'spec.expect.user': { value: 'ada' },
    });
    expect(Object.keys(planOf({ spec: { expect: {} } }).fingerprint)).toEqual(
      Object.keys(planOf({}).fingerprint),
    );
  });

  test('does not become anyone if a variable is not set', () => {
    const tagAt = (path: readonly string[]) =>
      path.at(-1) === 'account' ? '!env ACCOUNT' : undefined;
    const error = thrownBy(() => planOf({ spec: { expect: { account: '' } }, tagAt }));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message:
        'spec.expect.account of identity dev (/p/atmos.yaml:spec:expect:account) is empty: the variable ACCOUNT is not set, or empty',
    });
  });
});

describe('trust is needed', () => {
  const needsOf = (spec: Identity['spec']) => awsUser.trustNeeds(awsUserIdentity({ spec }));

  test('for an endpoint that is neither AWS nor this machine', () => {
    expect(needsOf({ endpoint_url: 'https://sts.example.com' })).toEqual([
      { path: ['spec', 'endpoint_url'], what: 'sends signed requests to https://sts.example.com' },
    ]);
    for (const endpoint_url of ['https://sts.eu-west-1.amazonaws.com', '']) {
      expect(needsOf({ endpoint_url })).toEqual([]);
    }
    expect(needsOf({})).toEqual([]);
  });

  test.each(['http://127.0.0.1:4566', 'https://localhost./', 'http://[::1]:1'])(
    'to send an MFA code to an endpoint on this machine: %s',
    (endpoint_url) => {
      const what = `sends MFA codes to ${endpoint_url}, where any user of this machine can listen`;
      expect(needsOf({ endpoint_url })).toEqual([
        { path: ['spec', 'endpoint_url'], what, occasion: 'mfa-code' },
      ]);
    },
  );

  test.each([
    'https://ada:hunter2@sts.example.com',
    'file:///etc/passwd',
    'sts.example.com',
    5,
    null,
  ])('for no setting that is refused anyway, and nothing throws: %j', (endpoint_url) => {
    expect(needsOf({ endpoint_url })).toEqual([]);
  });
});

describe('the duration of a session', () => {
  const clamped = (to: number, from: number, because: string) =>
    `the session of identity dev lasts ${to} seconds instead of ${from}: ${because} seconds are allowed`;
  const withoutMfa = 'without MFA, 900 to 43200';
  const withMfa = 'with MFA, 900 to 129600';
  const unreadable =
    'the session duration stored with the key of identity dev is invalid: the default of 12h is used';

  interface Wish {
    configured?: string;
    stored?: string;
    mfa?: boolean;
  }

  test.each<[string, Wish, number, string[]]>([
    ['12 hours unless said otherwise', {}, 43_200, []],
    ['12 hours with MFA too', { mfa: true }, 43_200, []],
    ['as configured', { configured: '8h' }, 28_800, []],
    ['as configured, in seconds', { configured: '7200' }, 7200, []],
    ['as configured, in days, with MFA', { configured: '1d', mfa: true }, 86_400, []],
    ['as configured, in parts', { configured: '1h30m' }, 5400, []],
    ['as stored', { stored: '2h' }, 7200, []],
    ['as configured if another one is stored', { configured: '1h', stored: '2h' }, 3600, []],
    ['as stored if the configured one is empty', { configured: '', stored: '2h' }, 7200, []],
    ['36 hours with MFA', { configured: '36h', mfa: true }, 129_600, []],
    [
      'at most 12 hours without MFA',
      { configured: '24h' },
      43_200,
      [clamped(43_200, 86_400, withoutMfa)],
    ],
    [
      'at most 36 hours with MFA',
      { stored: '48h', mfa: true },
      129_600,
      [clamped(129_600, 172_800, withMfa)],
    ],
    ['at least 15 minutes', { configured: '5m' }, 900, [clamped(900, 300, withoutMfa)]],
    ['the default if the stored one is invalid', { stored: 'a while' }, 43_200, [unreadable]],
    ['the default if the stored one is negative', { stored: '-1h' }, 43_200, [unreadable]],
    ['the default if the stored one is too long', { stored: '2147483648' }, 43_200, [unreadable]],
  ])('is determined: %s', async (_, { configured, stored, mfa = false }, seconds, warnings) => {
    const place = await openPlace({ mfaCode: async () => '271828' });
    const identity = identityAt(place, {
      session: configured === undefined ? {} : { duration: configured },
      credentials: mfa ? { mfa_arn: device } : {},
    });
    const entry = { ...keys, ...(stored === undefined ? {} : { sessionDuration: stored }) };
    await place.manager.saveKeys(identity, entry);
    await place.manager.login(identity);
    expect(place.server.calls[0]?.params['DurationSeconds']).toBe(String(seconds));
    expect(place.warnings).toEqual(warnings);
    expect(await place.context.store.read('dev', 'key')).toMatchObject({ credentials: entry });
  });

  test.each(['a while', '-1h', '0', '12x', '2147483648'])(
    'is an error if %j is configured',
    async (duration) => {
      const error = await errorOf(keyOf({ session: { duration } }));
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expect(error.message).toBe(
        `session.duration of identity dev (/p/atmos.yaml:session:duration) "${duration}" is not a duration`,
      );
      expect(error.hints).toEqual(['write it like 12h, 1h30m, 900s, 2d or 900 (seconds)']);
    },
  );
});

describe('an invalid configuration', () => {
  test.each<[string, Partial<Identity>, string]>([
    [
      'a secret that is a number, which is not shown',
      { credentials: { access_key_id: 'AKIA', secret_access_key: 271828182845 } },
      'credentials.secret_access_key of identity dev (/p/atmos.yaml:credentials:secret_access_key) must be text, not a number',
    ],
    [
      'an id that is a list',
      { credentials: { access_key_id: ['AKIA'], secret_access_key: 'x' } },
      'credentials.access_key_id of identity dev (/p/atmos.yaml:credentials:access_key_id) must be text, not a list',
    ],
    [
      'a region that is empty',
      { credentials: { region: null } },
      'credentials.region of identity dev (/p/atmos.yaml:credentials:region) must be text, not empty',
    ],
    [
      'a region of two lines, quoted as one',
      { credentials: { region: 'eu-west-1\ncredential_process = id' } },
      'credentials.region of identity dev (/p/atmos.yaml:credentials:region) is not the name of an AWS region: "eu-west-1\\ncredential_process = id"',
    ],
    [
      'a region that is a host',
      { credentials: { region: 'evil.example.com' } },
      'credentials.region of identity dev (/p/atmos.yaml:credentials:region) is not the name of an AWS region: "evil.example.com"',
    ],
    [
      'a switch that is text',
      { credentials: { webflow_enabled: 'yes' } },
      'credentials.webflow_enabled of identity dev (/p/atmos.yaml:credentials:webflow_enabled) must be true or false, not text',
    ],
    [
      'an endpoint that is a number',
      { spec: { endpoint_url: 443 } },
      'spec.endpoint_url of identity dev (/p/atmos.yaml:spec:endpoint_url) must be text, not the number 443',
    ],
    [
      'an endpoint without a scheme',
      { spec: { endpoint_url: 'sts.example.com' } },
      'spec.endpoint_url of identity dev (/p/atmos.yaml:spec:endpoint_url) is not an http or https URL without user and password',
    ],
    [
      'an endpoint that is a file',
      { spec: { endpoint_url: 'file:///etc/passwd' } },
      'spec.endpoint_url of identity dev (/p/atmos.yaml:spec:endpoint_url) is not an http or https URL without user and password',
    ],
    [
      'an endpoint with a password, which is not shown',
      { spec: { endpoint_url: `https://ada:${encodeURIComponent(canary)}@sts.example.com` } },
      'spec.endpoint_url of identity dev (/p/atmos.yaml:spec:endpoint_url) is not an http or https URL without user and password',
    ],
    [
      'an account that is a name',
      { spec: { expect: { account: 'prod' } } },
      'spec.expect.account of identity dev (/p/atmos.yaml:spec:expect:account) is not the number of an account, 12 digits: "prod"',
    ],
    [
      'the name of a user without an account',
      { spec: { expect: { user: 'ada' } } },
      'spec.expect.user of identity dev (/p/atmos.yaml:spec:expect:user) names a user but not the account, and any account can have this user: "ada"',
    ],
    [
      'an ARN of no person',
      { spec: { expect: { user: 'arn:aws:s3:::bucket' } } },
      'spec.expect.user of identity dev (/p/atmos.yaml:spec:expect:user) is not the ARN of a user, of a role session or of root: "arn:aws:s3:::bucket"',
    ],
    [
      'an expectation that is text',
      { spec: { expect: 'ada' } },
      'spec.expect of identity dev (/p/atmos.yaml:spec:expect) must be a map, not the text "ada"',
    ],
    [
      'a sign-in that is neither on nor off',
      { credentials: { webflow_enabled: 'yes' } },
      'credentials.webflow_enabled of identity dev (/p/atmos.yaml:credentials:webflow_enabled) must be true or false, not text',
    ],
    [
      'an endpoint without a host',
      { spec: { endpoint_url: 'https://' } },
      'spec.endpoint_url of identity dev (/p/atmos.yaml:spec:endpoint_url) is not an http or https URL without user and password',
    ],
  ])('is reported with its place: %s', async (_, fields, message) => {
    const error = thrownBy(() => planOf(fields));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message,
    });
  });

  test('is reported completely', () => {
    const credentials = { access_key_id: 1, secret_access_key: 2 };
    const error = thrownBy(() => planOf({ credentials }));
    expect(error.message.split('\n')).toHaveLength(2);
  });

  test('is reported only if a field is invalid', () => {
    const credentials = { ...inYaml, mfa_arn: device, region: 'eu-west-1', webflow_enabled: false };
    const session = { duration: '36h' };
    const spec = { endpoint_url: 'http://127.0.0.1:1' };
    const identity = awsUserIdentity({ credentials, session, spec });
    expect(() => awsUser.plan(identity, { base: undefined, env: {} })).not.toThrow();
  });
});

test('trust is needed for a command that prints MFA codes, and for an endpoint', () => {
  const credentials = { mfa_process: 'ykman oath accounts code -s aws' };
  const identity = awsUserIdentity({
    credentials,
    spec: { endpoint_url: 'https://x.example.com' },
  });
  expect(awsUser.trustNeeds(identity)).toEqual([
    {
      path: ['credentials', 'mfa_process'],
      what: 'runs the MFA command ykman oath accounts code -s aws',
    },
    { path: ['spec', 'endpoint_url'], what: 'sends signed requests to https://x.example.com' },
  ]);
  expect(awsUser.trustNeeds(awsUserIdentity({ credentials: { mfa_process: 5 } }))).toEqual([]);
});
