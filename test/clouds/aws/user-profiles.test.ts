import { parseKnownFiles } from '@smithy/shared-ini-file-loader';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { awsUserProfiles } from '../../../src/clouds/aws/user-profiles.ts';
import { thrownBy } from '../../support/error-of.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const profilesOf = (...names: string[]) =>
  names.map((identity) => ({ identity, command: `/n /m ${identity}`, region: 'eu-west-1' }));

/** The edit of a file with this text. */
function edited(text: string, names: readonly string[], more: Partial<Options> = {}) {
  const { realm = 'r', credentials = '', prefix = '' } = more;
  const file = {
    path: '/h/config',
    text,
    credentials: { path: '/h/credentials', text: credentials },
  };
  const profiles = profilesOf(...names).map((profile) => ({ ...profile, prefix }));
  return awsUserProfiles.edit(file, realm, profiles);
}

interface Options {
  readonly realm: string;
  readonly credentials: string;
  readonly prefix: string;
}

const blockOf = (realm: string, ...names: string[]) =>
  [
    `# >>> atmos auth aws-config: realm ${realm} >>>`,
    '# Changes between these lines are lost when atmos auth aws-config --write runs again.',
    ...names.flatMap((name) => [
      `[profile ${name}]`,
      `credential_process = /n /m ${name}`,
      'region = eu-west-1',
    ]),
    `# <<< atmos auth aws-config: realm ${realm} <<<\n`,
  ].join('\n');

describe('a block', () => {
  test('is added at the end, with one profile for each identity', () => {
    const before = '# mine\n[default]\nregion = us-east-2\n';
    const { text, block, ...rest } = edited(before, ['dev', 'prod']);
    expect(text).toBe(`${before}${blockOf('r', 'dev', 'prod')}`);
    expect(block).toBe(blockOf('r', 'dev', 'prod'));
    expect(rest).toEqual({
      profiles: [
        { identity: 'dev', profile: 'dev', change: 'added' },
        { identity: 'prod', profile: 'prod', change: 'added' },
      ],
      removed: [],
      taken: [],
    });
  });

  test('is replaced in place, with the changes by profile', () => {
    const before = `[default]\n${blockOf('r', 'a', 'b', 'c')}[profile z]\n`;
    const stale = before.replace('/m a', '/old a');
    const { text, profiles, removed } = edited(stale, ['a', 'c', 'd']);
    expect(text).toBe(`[default]\n${blockOf('r', 'a', 'c', 'd')}[profile z]\n`);
    expect(profiles.map(({ change }) => change)).toEqual(['changed', 'unchanged', 'added']);
    expect(removed).toEqual(['b']);
  });

  test('names the identity above a profile of another name, in one line of ASCII', () => {
    const { text, block } = edited('', ['dev', 'my r\u00f4le', 'a\u202e[x]'], { prefix: 'w-' });
    const comments = block.split('\n').filter((line) => line.startsWith('# identity'));
    expect(comments).toEqual(['# identity: my r\\u00f4le', '# identity: a\\u202e[x]']);
    expect(block).toMatch(/^# identity: my .*\n\[profile w-atmos-[0-9a-f]{8}\]$/m);
    expect(edited(text, ['dev', 'my r\u00f4le', 'a\u202e[x]'], { prefix: 'w-' }).text).toBe(text);
    expect(edited(text, []).text).toBe('');
  });

  test('of another realm is kept, and its profiles are taken', () => {
    const other = blockOf('other', 'a');
    const { text, profiles, taken } = edited(other, ['a', 'b']);
    expect(text).toBe(`${other}${blockOf('r', 'b')}`);
    expect(profiles).toMatchObject([{ identity: 'b' }]);
    expect(taken).toEqual([
      { identity: 'a', profile: 'a', position: '/h/config:3, in the block of realm other' },
    ]);
    expect(edited(text, []).text).toBe(other);
  });

  test('is removed when it would have no profile', () => {
    const { text, removed } = edited(`[a]\n${blockOf('r', 'a')}[b]`, []);
    expect({ text, removed }).toEqual({ text: '[a]\n[b]', removed: ['a'] });
  });

  test('has the line breaks of the file', () => {
    const { text } = edited('; windows\r\n[default]\r\n', ['a']);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(edited(text, ['b']).text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('leaves a last line without a line break as it was', () => {
    const { text } = edited('[default]\nregion = x', ['a']);
    expect(text).toBe(`[default]\nregion = x\n${blockOf('r', 'a').trimEnd()}`);
    expect(edited(text, ['a']).text).toBe(text);
    expect(edited(text, []).text).toBe('[default]\nregion = x');
  });

  test.each([
    ['its last line is missing', 'x\n# >>> atmos auth aws-config: realm r >>>\n[profile a]\n', 2],
    ['its first line is missing', '# <<< atmos auth aws-config: realm r <<<\n', 1],
    [
      'its last line is missing',
      `# >>> atmos auth aws-config: realm q >>>\n${blockOf('r', 'a')}`,
      1,
    ],
    [
      'its last line is missing',
      '# >>> atmos auth aws-config: realm r >>>\n# <<< atmos auth aws-config: realm q <<<\n',
      1,
    ],
    ['a second block of realm r', `${blockOf('r', 'a')}${blockOf('r', 'a')}`, 7],
  ])('whose markers do not match is an error: %s', (message, text, line) => {
    const error = thrownBy(() => edited(text, ['a']));
    expect(error).toMatchObject({ code: 'ERR_USAGE' });
    expect(error.message).toContain(`/h/config:${line} `);
    expect(error.message).toContain(message);
    expect(error.hints).toEqual([
      `remove the lines of the block, then run this again (/h/config:${line})`,
    ]);
  });
});

describe('a profile outside of the block', () => {
  test.each([
    ['[profile dev]\n', '', '/h/config:1'],
    ['\uFEFF[profile  "dev" ]\r\nregion = x\r\n', '', '/h/config:1'],
    ['[default]\n[profile dev] ; mine\n', '', '/h/config:2'],
    ['', '# keys\n[dev]\n', '/h/credentials:2'],
  ])('takes its name: %j, %j', (config, credentials, position) => {
    const { text, taken } = edited(config, ['dev'], { credentials });
    expect(taken).toEqual([{ identity: 'dev', profile: 'dev', position }]);
    expect(text).toBe(config);
  });

  test('does not take the name with a prefix', () => {
    const { profiles } = edited('[profile dev]\n', ['dev', 'default', 'a b'], { prefix: 'work-' });
    expect(profiles.map(({ profile }) => profile)).toEqual([
      'work-dev',
      'work-default',
      'work-atmos-c8687a08',
    ]);
  });

  test('of the same block takes its name', () => {
    const { taken } = edited('', ['a b', 'atmos-c8687a08']);
    expect(taken).toMatchObject([{ identity: 'atmos-c8687a08' }]);
  });
});

test('a prefix has the characters of a profile', () => {
  for (const prefix of ['work-', 'a/b.', '@', 'x'.repeat(64)]) awsUserProfiles.checkPrefix(prefix);
  for (const prefix of [' ', 'a b', 'a]', 'é', 'a\n', 'x'.repeat(65), '=']) {
    expect(() => awsUserProfiles.checkPrefix(prefix)).toThrow(/cannot begin the name/);
  }
});

test('the files are those of the variables, or in the home directory', () => {
  const host = { env: {}, homeDirectory: '/h', userId: 1000 };
  expect(awsUserProfiles.files(host)).toEqual({
    config: { value: '/h/.aws/config', source: 'the home directory' },
    credentials: '/h/.aws/credentials',
  });
  const env = { AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '/d' };
  expect(awsUserProfiles.files({ ...host, env })).toEqual({
    config: { value: '/h/c', source: 'AWS_CONFIG_FILE' },
    credentials: '/d',
  });
});

const line = fc.oneof(
  fc.constantFrom(
    '[default]',
    '[profile a]',
    '[profile "b c"]',
    '[a]',
    '# comment',
    '  ; indented',
    's3 =',
    '  max_concurrent_requests = 20',
    'region = eu-west-1',
    '',
    'no value',
    '[profile d',
    '# >>> atmos auth aws-config >>>',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
/** Config files of all sorts: comments, duplicate sections, mixed line breaks, a byte order mark. */
const configFiles = fc
  .record({
    mark: fc.constantFrom('', '\uFEFF'),
    lines: fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 12 }),
    last: fc.constantFrom('', 'region = x', '\r', ' '),
  })
  .map(({ mark, lines, last }) => `${mark}${lines.flat().join('')}${last}`);
const names = fc.uniqueArray(fc.constantFrom('dev', 'x', 'y', 'a b', 'ü'), { minLength: 1 });

describe('for every config file', () => {
  test('what is outside of the blocks stays, and removing gives the original', () => {
    fc.assert(
      fc.property(configFiles, names, names, (before, first, second) => {
        const once = edited(before, first).text;
        expect(once.startsWith(before)).toBe(true);
        expect(edited(once, first).text).toBe(once);
        const changed = edited(once, second).text;
        expect(changed.startsWith(before)).toBe(true);
        expect(edited(changed, []).text).toBe(before);
      }),
    );
  });

  test('blocks of several realms are independent', () => {
    fc.assert(
      fc.property(configFiles, configFiles, (before, after) => {
        const one = edited(before, ['x'], { realm: 'one' }).text;
        const between = one.endsWith('\n') ? one : `${one}\n`;
        const both = edited(`${between}${after}`, ['y'], { realm: 'two' }).text;
        const onlyTwo = edited(both, [], { realm: 'one' }).text;
        expect(edited(onlyTwo, [], { realm: 'two' }).text).toBe(
          edited(edited(both, [], { realm: 'two' }).text, [], { realm: 'one' }).text,
        );
      }),
    );
  });
});

test('the JavaScript SDK reads the profiles', async () => {
  const before = `# mine\r\n[default]\r\nregion = us-east-2\r\ns3 =\r\n  a = b\r\n`;
  const { text, profiles } = edited(before, ['dev', 'a b', 'team/x@y']);
  const filepath = join(temporaryDirectory(), 'none');
  const configFilepath = join(temporaryDirectory(), 'config');
  writeFileSync(configFilepath, text);
  const read = await parseKnownFiles({ filepath, configFilepath });
  for (const { identity, profile } of profiles) {
    expect(read[profile]).toEqual({
      credential_process: `/n /m ${identity}`,
      region: 'eu-west-1',
    });
  }
});
