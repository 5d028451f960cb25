import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../src/core/credentials.ts';
import { formatEnvelope, parseEnvelope } from '../../src/store/envelope.ts';

const secretAccessKey = 'CanaryIn/The+Coal/Mine0123456789abcdefgh';
const minimal = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: secretAccessKey };
const minimalCredentials = { type: 'aws', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };

// As Go's encoding/json writes Atmos's structures with all fields set.
const writtenByAtmos =
  '{"type":"aws","data":{"access_key_id":"AKIAIOSFODNN7EXAMPLE",' +
  `"secret_access_key":"${secretAccessKey}","session_token":"CanaryToken==",` +
  '"region":"eu-west-1","expiration":"2026-01-31T12:00:00Z",' +
  '"mfa_arn":"arn:aws:iam::012345678901:mfa/ada","session_duration":"12h"}}';

const full = {
  ...minimalCredentials,
  sessionToken: 'CanaryToken==',
  region: 'eu-west-1',
  expiresAt: new Date('2026-01-31T12:00:00Z'),
  mfaArn: 'arn:aws:iam::012345678901:mfa/ada',
  sessionDuration: '12h',
};

const aws = (data: unknown) => JSON.stringify({ type: 'aws', data });
const withOwn = (own: object) => JSON.stringify({ type: 'aws', data: minimal, ...own });

describe('an envelope that Atmos wrote', () => {
  test('is parsed with all its fields', () => {
    expect(parseEnvelope(writtenByAtmos)).toEqual({ credentials: full });
  });

  test('is parsed with only the required fields', () => {
    expect(parseEnvelope(aws(minimal))).toEqual({ credentials: minimalCredentials });
  });

  test('is parsed without empty and unknown fields', () => {
    const text = aws({ ...minimal, session_token: '', region: '', expiration: '', other: [1] });
    expect(parseEnvelope(text)).toEqual({ credentials: minimalCredentials });
  });

  test('is parsed with surrounding space', () => {
    expect(parseEnvelope(` ${aws(minimal)}\n`)).toEqual({ credentials: minimalCredentials });
  });

  test.each(['never', '2026-01-31', '1769860800', '2026-02-30T00:00:00Z'])(
    'has expired when its expiration cannot be read: %s',
    (expiration) => {
      const envelope = parseEnvelope(aws({ ...minimal, expiration }));
      expect(envelope).toMatchObject({ credentials: { expiresAt: new Date(0) } });
    },
  );

  test.each<[string, string]>([
    ['2026-01-31T14:00:00+02:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.25Z', '2026-01-31T12:00:00.250Z'],
  ])('expires at %s, in any time zone', (expiration, iso) => {
    const envelope = parseEnvelope(aws({ ...minimal, expiration }));
    expect(envelope).toMatchObject({ credentials: { expiresAt: new Date(iso) } });
  });
});

describe('an envelope that we write', () => {
  const owner = { realm: 'r', alias: 'Dev' };

  test("has Atmos's fields byte for byte, and our own fields next to them at the top", () => {
    const credentials = awsCredentials(full);
    const text = formatEnvelope({
      credentials,
      ...owner,
      item: 'session',
      savedAt: new Date('2026-01-31T00:00:00.123Z'),
      chainFingerprint: 'f00d',
      chainSettings: { 'spec.x': { value: 'a', shown: '<value of !env X>' }, y: { value: null } },
      clockOffsetMs: -1500,
      limits: ['without MFA, …'],
    });
    expect(text).toBe(
      `${writtenByAtmos.slice(0, -1)},"realm":"r","alias":"Dev","item":"session",` +
        '"saved_at":"2026-01-31T00:00:00.123Z","chain_fingerprint":"f00d",' +
        '"chain_settings":{"spec.x":{"value":"a","shown":"<value of !env X>"},"y":{"value":null}},' +
        '"clock_offset_ms":-1500,"limits":["without MFA, …"]}',
    );
  });

  test('omits empty and absent fields', () => {
    const credentials = awsCredentials({ ...full, sessionToken: '', region: '', mfaArn: '' });
    const { expiresAt: _, sessionDuration: __, ...rest } = credentials;
    const text = formatEnvelope({ credentials: rest, ...owner, item: 'key' });
    expect(text).toBe(
      '{"type":"aws","data":{"access_key_id":"AKIAIOSFODNN7EXAMPLE",' +
        `"secret_access_key":"${secretAccessKey}"},"realm":"r","alias":"Dev","item":"key"}`,
    );
  });

  test('has an expiration in whole seconds', () => {
    const credentials = awsCredentials({
      ...full,
      expiresAt: new Date('2026-01-31T12:00:00.999Z'),
    });
    const { data } = JSON.parse(formatEnvelope({ credentials, ...owner, item: 'session' }));
    expect(data.expiration).toBe('2026-01-31T12:00:00Z');
  });

  test('is the same after writing and parsing', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    const name = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((s) => !/\p{Cc}/u.test(s));
    const second = fc
      .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
    const credentials = fc.record(
      {
        accessKeyId: text,
        secretAccessKey: text,
        sessionToken: text,
        region: text,
        expiresAt: second,
        mfaArn: text,
        sessionDuration: text,
      },
      { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
    );
    const notes = fc.record(
      {
        savedAt: second,
        chainFingerprint: text,
        clockOffsetMs: fc.maxSafeInteger(),
        limits: fc.array(text, { maxLength: 16 }),
      },
      { requiredKeys: [] },
    );
    const item = fc.constantFrom('key', 'session', 'token');
    fc.assert(
      fc.property(credentials, notes, name, name, item, (fields, noted, realm, alias, kind) => {
        const entry = { credentials: awsCredentials(fields), realm, alias, item: kind, ...noted };
        expect(parseEnvelope(formatEnvelope(entry))).toEqual(entry);
      }),
    );
  });
});

describe('an invalid envelope', () => {
  test.each<[string, string, string]>([
    ['nothing', '', 'it is not a JSON object'],
    ['text', secretAccessKey, 'it is not a JSON object'],
    ['a truncated envelope', writtenByAtmos.slice(0, 90), 'it is not a JSON object'],
    ['two envelopes', `${aws(minimal)}{}`, 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    ['a list', '[]', 'it is not a JSON object'],
    ['a string', '"aws"', 'it is not a JSON object'],
    ['deeply nested text', '['.repeat(1_000_000), 'it is not a JSON object'],
    ['an empty object', '{}', 'its type or data is missing'],
    ['credentials without envelope', JSON.stringify(minimal), 'its type or data is missing'],
    ['an envelope without type', JSON.stringify({ data: minimal }), 'its type or data is missing'],
    ['an envelope without data', '{"type":"aws"}', 'its type or data is missing'],
    [
      'an envelope whose data is text',
      '{"type":"aws","data":"text"}',
      'its type or data is missing',
    ],
    ['an envelope whose data is a list', '{"type":"aws","data":[]}', 'its type or data is missing'],
    ['an envelope whose type is a number', '{"type":1,"data":{}}', 'its type or data is missing'],
    [
      'an envelope in __proto__',
      '{"__proto__":{"type":"aws","data":{}}}',
      'its type or data is missing',
    ],
    ['an envelope of Google', '{"type":"gcp","data":{}}', 'its type gcp is not supported'],
    [
      'an envelope of Atmos Pro',
      '{"type":"atmos-pro","data":{}}',
      'its type atmos-pro is not supported',
    ],
    ['another spelling', '{"type":"AWS","data":{}}', 'its type is not supported'],
    ['a type of any text', '{"type":"Canary\\n","data":{}}', 'its type is not supported'],
    ['an envelope without a key', aws({}), 'its access key id or secret access key is missing'],
    [
      'an envelope without an id',
      aws({ ...minimal, access_key_id: '' }),
      'its access key id or secret access key is missing',
    ],
    [
      'an envelope without a secret',
      aws({ access_key_id: 'AKIA' }),
      'its access key id or secret access key is missing',
    ],
    [
      'data in __proto__',
      '{"type":"aws","data":{"__proto__":{"access_key_id":"a","secret_access_key":"b"}}}',
      'its access key id or secret access key is missing',
    ],
    [
      'an envelope whose secret is a number',
      aws({ ...minimal, secret_access_key: 5 }),
      'its secret_access_key is not text',
    ],
    [
      'an envelope whose token is null',
      aws({ ...minimal, session_token: null }),
      'its session_token is not text',
    ],
    [
      'an envelope whose expiry is a number',
      aws({ ...minimal, expiration: 1769860800 }),
      'its expiration is not text',
    ],
    [
      'an envelope whose region is a list',
      aws({ ...minimal, region: ['eu-west-1'] }),
      'its region is not text',
    ],
    ['an envelope whose realm is a number', withOwn({ realm: 5 }), 'its realm is damaged'],
    ['an envelope whose realm is null', withOwn({ realm: null }), 'its realm is damaged'],
    ['a realm that is too long', withOwn({ realm: 'r'.repeat(241) }), 'its realm is damaged'],
    ['an alias with a control sequence', withOwn({ alias: '\u001b[31m' }), 'its alias is damaged'],
    ['an unknown item', withOwn({ item: 'keys' }), 'its item is damaged'],
    ['an invalid time', withOwn({ saved_at: 'yesterday' }), 'its saved_at is damaged'],
    [
      'an invalid fingerprint',
      withOwn({ chain_fingerprint: {} }),
      'its chain_fingerprint is damaged',
    ],
    ...[
      'text',
      ['a'],
      { x: 'a' },
      { x: { value: {} } },
      { x: { value: 'a', shown: 1 } },
      { x: { value: 'a'.repeat(4097) } },
      Object.fromEntries(Array.from({ length: 1025 }, (_, at) => [`s${at}`, { value: null }])),
    ].map((settings): [string, string, string] => [
      `one whose settings are ${JSON.stringify(settings).slice(0, 40)}`,
      withOwn({ chain_settings: settings }),
      'its chain_settings is damaged',
    ]),
    [
      'an envelope whose offset is text',
      withOwn({ clock_offset_ms: '0' }),
      'its clock_offset_ms is damaged',
    ],
    [
      'an offset that is out of range',
      withOwn({ clock_offset_ms: 1e300 }),
      'its clock_offset_ms is damaged',
    ],
    ['limits that are not a list', withOwn({ limits: 'all' }), 'its limits is damaged'],
    ['a limit that is not text', withOwn({ limits: [7] }), 'its limits is damaged'],
  ])('is reported: %s', (_, text, fault) => {
    expect(parseEnvelope(text)).toEqual({ fault });
  });

  test('still states its owner', () => {
    const own = { realm: 'r', alias: 'dev', item: 'token' };
    const text = JSON.stringify({ type: 'oidc', data: {}, ...own });
    expect(parseEnvelope(text)).toEqual({ fault: 'its type oidc is not supported', ...own });
  });
});

test('any text is an envelope or a fault that does not quote the content', () => {
  const canary = 'CANARY';
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string().map((text) => `${canary}${text}`),
    fc.constant(minimal),
  );
  const field = (name: string) => ({ [name]: value });
  const envelope = fc.record(
    {
      ...field('type'),
      data: fc.oneof(
        value,
        fc.record(
          { access_key_id: value, secret_access_key: value, expiration: value, region: value },
          { requiredKeys: [] },
        ),
      ),
      ...field('realm'),
      ...field('alias'),
      ...field('item'),
      ...field('saved_at'),
      ...field('chain_fingerprint'),
      ...field('chain_settings'),
      ...field('clock_offset_ms'),
      ...field('limits'),
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    envelope.map((entry) => JSON.stringify(entry)),
    envelope.map((entry) => JSON.stringify({ ...entry, type: 'aws' })),
    envelope.map((entry) => JSON.stringify({ ...entry, type: 'sso' })),
    envelope.map((entry) => JSON.stringify(entry).slice(1)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const read = parseEnvelope(text);
      if (!('fault' in read)) {
        const { credentials } = read;
        const [id, secret] =
          credentials.type === 'aws'
            ? [credentials.accessKeyId, credentials.secretAccessKey]
            : credentials.type === 'sso'
              ? [credentials.startUrl, credentials.accessToken]
              : [credentials.endpoint, credentials.principal];
        expect(id).not.toBe('');
        expect(secret).not.toBe('');
        return;
      }
      expect(read.fault).toMatch(/^its? .{1,60}$/);
      expect(read.fault).not.toContain(canary);
    }),
    { numRuns: 2000 },
  );
});

test('an envelope does not show its secrets when it is inspected', () => {
  const shown = inspect(parseEnvelope(writtenByAtmos), { depth: 10, showHidden: true });
  expect(shown).not.toContain('Canary');
});

describe('a sign-in', () => {
  const token = {
    type: 'sign-in',
    principal: 'arn:aws:iam::123456789012:user/ada',
    endpoint: 'https://eu-west-1.signin.aws.amazon.com/',
    expiresAt: new Date('2026-01-01T12:00:00Z'),
  } as const;

  test('is read as it was written, with what renews it', () => {
    const renewal = { refresh_token: 'r', dpop_key: 'k' };
    const owned = { alias: 'ada', realm: 'r', item: 'token', renewal } as const;
    expect(parseEnvelope(formatEnvelope({ credentials: token, ...owned }))).toEqual({
      credentials: token,
      ...owned,
    });
  });

  test.each([
    [{ principal: 1, endpoint: 'https://x/' }, 'its principal is not text'],
    [{ principal: 'arn' }, 'its principal or endpoint is missing'],
    [{ endpoint: 'https://x/' }, 'its principal or endpoint is missing'],
  ])('with the data %j is a fault', (data, fault) => {
    expect(parseEnvelope(JSON.stringify({ type: 'sign-in', data }))).toEqual({ fault });
  });

  test('without a valid time has expired', () => {
    const data = { principal: 'arn', endpoint: 'https://x/', expiration: 'soon' };
    expect(parseEnvelope(JSON.stringify({ type: 'sign-in', data }))).toMatchObject({
      credentials: { expiresAt: new Date(0) },
    });
  });
});
