import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { addEntries, applyEdits, type Addition } from '../../src/config/edit-yaml.ts';
import { thrownBy } from '../support/error-of.ts';

const path = '/p/atmos.yaml';
const additions: readonly Addition[] = [
  { path: ['auth'], entries: [['realm', 'r']] },
  { path: ['auth', 'providers'], entries: [['corp', { kind: 'p' }]] },
  { path: ['auth', 'identities'], entries: [['new', { kind: 'aws/user', default: true }]] },
];
const added = (text: string, list = additions) =>
  applyEdits(text, addEntries({ path, text }, list));

const block = `auth:
  realm: r
  providers:
    corp:
      kind: p
  identities:
    new:
      kind: aws/user
      default: true
`;

describe('without auth', () => {
  test.each([
    ['an empty file', '', block],
    ['comments', '# mine\n', `# mine\n\n${block}`],
    ['other keys', 'base_path: .\n', `base_path: .\n\n${block}`],
    ['no line break at the end', 'a: 1', `a: 1\n\n${block.trimEnd()}`],
    ['empty lines at the end', 'a: 1\n\n\n', `a: 1\n\n${block}\n\n`],
    ['a block of text at the end', 'a: |\n  # no comment\n', `a: |\n  # no comment\n\n${block}`],
    ['a byte order mark', '\ufeffa: 1\n', `\ufeffa: 1\n\n${block}`],
    ['carriage returns', 'a: 1\r\n', `a: 1\r\n\r\n${block.replaceAll('\n', '\r\n')}`],
    ['a start of the document', '---\na: 1\n', `---\na: 1\n\n${block}`],
  ])('%s', (_, text, expected) => {
    expect(added(text)).toBe(expected);
  });
});

describe('in auth', () => {
  test.each([
    [
      'with identities and comments',
      `# top
auth: # ours
    # the first
    identities:
        dev:   {kind: aws/user}  # me

        # odd
        prod:
            kind: aws/user # not dev
        # the end

# logs
logs:
    level: Info
`,
      `# top
auth: # ours
    # the first
    identities:
        dev:   {kind: aws/user}  # me

        # odd
        prod:
            kind: aws/user # not dev
        # the end
        new:
          kind: aws/user
          default: true
    realm: r
    providers:
      corp:
        kind: p

# logs
logs:
    level: Info
`,
    ],
    ['without a value', 'auth:\nb: 1\n', `${block}b: 1\n`],
    ['with a comment', 'auth: # x\n', block.replace('auth:', 'auth: # x')],
    ['with {}', 'auth: {} # x\n', block.replace('auth:', 'auth: # x')],
    ['with ~', 'auth: ~\nb: 1\n', `${block}b: 1\n`],
    [
      'with empty identities',
      'auth:\n  identities:\n  providers: {}\n',
      'auth:\n  identities:\n    new:\n      kind: aws/user\n      default: true\n  providers:\n    corp:\n      kind: p\n  realm: r\n',
    ],
    [
      'between braces',
      'auth: { identities: { dev: { kind: x } } } # y\n',
      'auth: { "realm": "r", "providers": { "corp": { "kind": "p" } }, identities: { "new": { "kind": "aws/user", "default": true }, dev: { kind: x } } } # y\n',
    ],
    [
      'with an anchor',
      'auth: &a\n  identities: &i\n    dev: { kind: x }\n',
      'auth: &a\n  identities: &i\n    dev: { kind: x }\n    new:\n      kind: aws/user\n      default: true\n  realm: r\n  providers:\n    corp:\n      kind: p\n',
    ],
  ])('%s', (_, text, expected) => {
    expect(added(text)).toBe(expected);
    expect(load(added(text))).toMatchObject({
      auth: { realm: 'r', identities: { new: { kind: 'aws/user' } } },
    });
  });

  test('nothing to add changes nothing', () => {
    expect(addEntries({ path, text: 'a: 1\n' }, [{ path: ['auth'], entries: [] }])).toEqual([]);
  });

  test.each([
    ['an alias', 'x: &x\n  a: 1\nauth: *x\n', `${path}:3:1`],
    ['a tag', 'auth: !include auth.yaml\n', `${path}:1:1`],
    ['a list', 'auth: [a]\n', `${path}:1:1`],
    ['a text', 'auth: "~"\n', `${path}:1:1`],
    [
      'an alias to it',
      'auth: &a\n  identities: &i\n    dev: { kind: x }\nother: *i\n',
      `${path}:1:1`,
    ],
    ['an end of the document', 'a: 1\n...\n', `${path}:1:1`],
    ['a key that exists', 'auth:\n  realm: ""\n', `${path}:1:1`],
  ])('refuses %s', (_, text, place) => {
    const error = thrownBy(() => added(text));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot add to ${place} without changing other parts of the file`,
    });
  });

  test('refuses what is no YAML', () => {
    expect(thrownBy(() => added('a: [\n')).code).toBe('ERR_CONFIG_SYNTAX');
  });
});

describe('any names and texts', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom(
      'yes',
      'null',
      '012',
      '1e3',
      '~',
      'a: b',
      'x:',
      '- a',
      '#',
      '*x',
      '!x',
      '\u2028',
      '\u{e0001}',
      '<<',
      '=',
      '.inf',
    ),
  );
  const maps = fc.uniqueArray(
    fc.tuple(
      text,
      fc.oneof(text, fc.boolean(), fc.dictionary(text, text, { noNullPrototype: true })),
    ),
    {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 5,
    },
  );
  const safe = maps.filter((entries) => !JSON.stringify(entries).includes('__proto__'));

  test.each([
    '',
    'auth: { identities: { dev: { kind: x } } }\n',
    'auth:\n  identities:\n    dev: {}\n',
  ])('are read back from %j', (before) => {
    fc.assert(
      fc.property(safe, (entries) => {
        fc.pre(!entries.some(([key]) => key === 'dev' || key === '<<'));
        const at = ['auth', 'identities'];
        const after = load(added(before, [{ path: at, entries }]));
        expect(after).toMatchObject({ auth: { identities: Object.fromEntries(entries) } });
      }),
      { numRuns: 100 },
    );
  });

  test('every byte of the file stays', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'a: 1\n',
            '# c\n',
            '\n',
            'auth:\n',
            '  realm: x\n',
            '  identities:\n',
            '    b: { kind: x }\n',
            '    # d\n',
            'l: |\n',
            '  text\n',
            'e: [1,\n  2]\n',
          ),
          { maxLength: 12 },
        ),
        (parts) => {
          const before = parts.join('');
          const list = [{ path: ['auth', 'identities'], entries: [['new', 'x'] as const] }];
          let edits;
          try {
            edits = addEntries({ path, text: before }, list);
          } catch {
            return;
          }
          expect(edits.every(({ start, end }) => start === end)).toBe(true);
          const after = applyEdits(before, edits);
          expect(load(after)).toMatchObject({ auth: { identities: { new: 'x' } } });
        },
      ),
      { numRuns: 300 },
    );
  });
});
