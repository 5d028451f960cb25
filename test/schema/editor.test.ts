import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atmosTags } from '../../src/config/syntax-error.ts';
import { blocksOf, editorSettings } from '../support/configuration-page.ts';
import { openEditor, type Editor } from './language-server.ts';

// The schema that is published, and the settings that docs/configuration.md gives.
const schema = fileURLToPath(new URL('../../schema/atmos-auth.schema.json', import.meta.url));
const settings = editorSettings();
const customTags = settings['yaml.customTags'] as string[];

let editor: Editor;
beforeAll(async () => {
  editor = await openEditor(schema, { customTags });
});
afterAll(() => editor.close());

test('the settings contain every tag of Atmos and the path of the schema after npm install', () => {
  const tags = new Set(customTags.map((tag) => tag.split(' ')[0]));
  expect(tags).toEqual(new Set(atmosTags));
  expect(Object.keys(settings['yaml.schemas'] as object)).toEqual([
    'node_modules/atmos-auth/schema/atmos-auth.schema.json',
  ]);
});

describe.concurrent('no problem is marked', () => {
  const examples = new URL('../../examples/', import.meta.url);
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => new URL(name, examples));
  test.each(files.filter((file) => existsSync(file)))('in the example %s', async (file) => {
    expect(await editor.problemsOf(readFileSync(file, 'utf8'))).toEqual([]);
  });

  test.each([...blocksOf('yaml'), ...blocksOf('yaml', 'kinds')])(
    'in an example of a page: %s',
    async (block) => {
      expect(await editor.problemsOf(block)).toEqual([]);
    },
  );

  test.each([
    ['what is empty', 'auth:\n  realm:\n  keyring:\n    type:\n  identities:\n    dev:\n'],
    ['a tag for a flag', 'auth:\n  session_files: !env FLAG\n'],
    ['a tag for a choice', 'auth:\n  keyring: { type: !env KEYRING, fallback: !append [file] }\n'],
    ['a tag for a map', 'auth:\n  keyring: !include keyring.yaml\n  identities: !exec ./list x\n'],
    ['what is taken away', 'auth: { keyring: !unset , providers: !unset }\n'],
    ['<<', 'x: &x { type: file }\nauth:\n  keyring:\n    <<: *x\nenv: !include .env\n'],
    ['a level in any case', 'logs: { level: dEBUG }\nauth: { logs: { level: off } }\n'],
    ['one import or several', 'import: a.yaml\n'],
    [
      'what is for Atmos',
      'stacks: { base_path: stacks }\nauth: { integrations: { x: { kind: aws/ecr } } }\n',
    ],
    ['a kind that is not ours', 'auth: { identities: { x: { kind: mock, spec: { a: 1 } } } }\n'],
    ['scalars under env', 'env: { A: 1, B: true, C: text, D: }\n'],
  ])('%s', async (_, text) => {
    expect(await editor.problemsOf(text)).toEqual([]);
  });
});

describe.concurrent('a problem is marked at its position', () => {
  test.each([
    ['auth:\n  keyring:\n    tpye: file\n', ['3:5 Property tpye is not allowed.']],
    [
      'auth:\n  keyring:\n    type: fil\n',
      ['3:11 Value is not accepted. Valid values: "system", "file", "memory", "vault".'],
    ],
    ['auth:\n  keyring: file\n', ['2:12 This must be a map.']],
    ['auth:\n  session_files: yes\n', ['2:18 This must be true or false.']],
    ['auth:\n  session_files: "true"\n', ['2:18 This must be true or false.']],
    ['auth:\n  realm: 0123\n', ['2:10 This must be text.']],
    ['auth:\n  keyring:\n    fallback: file\n', ['3:15 This must be a list.']],
    [
      'logs:\n  level: loud\n',
      [
        '2:10 Value is not accepted. Valid values: "Trace", "Debug", "Info", "Warning", "Error", "Off".',
      ],
    ],
    [
      'auth:\n  identities:\n    dev:\n      kind: aws/user\n      credentials:\n        secret: x\n',
      ['6:9 Property secret is not allowed.'],
    ],
    [
      'auth:\n  identities:\n    dev: { kind: aws/user, spec: { endpoint_url: [a] } }\n',
      ['3:50 This must be text.'],
    ],
    ['auth:\n  identities:\n    dev: { env: [{ key: A }] }\n', ['3:18 Missing property "value".']],
    [
      'auth:\n  identities:\n    a@session: {}\n',
      ['3:5 A name is not empty, and does not end in @session or @token.'],
    ],
    ['auth:\n  realm: x\n  realm: y\n', ['3:3 Map keys must be unique']],
    ['auth:\n  realm: !evn X\n', ['2:10 Unresolved tag: !evn']],
  ])('%s', async (text, problems) => {
    expect(await editor.problemsOf(text)).toEqual(problems);
  });

  test('an unknown kind, with the known kinds', async () => {
    const [problem] = await editor.problemsOf('auth:\n  identities:\n    dev: { kind: aws/usr }\n');
    expect(problem).toMatch(/^3:18 Value is not accepted\. Valid values: "aws\/user", /);
  });
});

describe.concurrent('the editor offers', () => {
  test.each([
    ['types', 'auth:\n  keyring:\n    type: |\n', ['system', 'file', 'memory', 'vault']],
    ['keys', 'auth:\n  keyring:\n    |\n', ['type', 'spec', 'fallback']],
    ['kinds', 'auth:\n  identities:\n    dev:\n      kind: |\n', ['aws/user', 'aws/assume-role']],
    ['levels', 'auth:\n  logs:\n    level: |\n', ['Trace', 'Debug', 'Off']],
    [
      'keys of a kind',
      'auth:\n  identities:\n    dev:\n      kind: aws/user\n      credentials:\n        |\n',
      ['access_key_id', 'mfa_arn', 'region'],
    ],
    ['flags', 'auth:\n  session_files: |\n', ['true', 'false']],
    ['tags', 'auth:\n  realm: |\n', ['!env', '!git.name']],
    ['the top', '|\n', ['auth', 'profiles', 'import', 'env', 'logs', 'base_path']],
  ])('%s', async (_, text, offered) => {
    expect(await editor.completionsAt(text)).toEqual(expect.arrayContaining(offered));
  });
});

test('the description of a key with its variable and default', async () => {
  const text = 'auth:\n  keyring:\n    spec:\n      pass|word_file: /run/secret\n';
  expect(await editor.hoverAt(text)).toContain(
    'A file that holds the password, such as a mounted secret\\.',
  );
  const ofKind =
    'auth:\n  identities:\n    dev:\n      kind: aws/user\n      credentials:\n        mfa|_arn: x\n';
  expect(await editor.hoverAt(ofKind)).toContain('The MFA device of the user');
});
