import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { words } from '../../scripts/words.mjs';
import { temporaryDirectory } from '../support/temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const knownFile = 'test/architecture/known-words.json';

/** An example text for each word of the list. */
const examples: Readonly<Record<string, string>> = {
  mend: 'this is what mends it',
  somebody: 'it belongs to somebody else',
  told: 'the user is told',
  'none is': 'when none is named',
  'of ours': 'an entry of ours',
  'stands in': 'it stands in the file',
  graver: 'this and what is graver',
  'ends it': 'a signal ends it',
  'let be': 'the others are let be',
  'in silence': 'it fails in silence',
  lacks: 'what it lacks',
  'good for nothing': 'a file that is good for nothing',
  'taken for': 'it is taken for a token',
  'hand over': 'hands over the command line',
  room: 'there is no room',
  guardian: 'a guardian of the file',
  patiently: 'renames it patiently',
  unwell: 'the agent is unwell',
  farewell: 'time for a farewell',
  front: 'the front asks the agent',
  parted: 'a parted value',
  'elliptic sentence': 'it is private, and so is the way to it',
  ', too': 'it is kept, too',
  'British spelling': 'no colour was authorised',
  'secret in a command': "export ATMOS_KEYRING_PASSWORD='<password>'",
};

/** Runs the check on a codebase that consists of these files. */
function check(files: Readonly<Record<string, string>>, ...options: string[]) {
  const copy = temporaryDirectory();
  for (const file of ['scripts/check-words.mjs', 'scripts/words.mjs']) {
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/check-words.mjs', ...options],
    { cwd: copy, encoding: 'utf8' },
  );
  return { status, stdout, problems: stderr.split('\n').filter(Boolean), copy };
}

test('each word has an example', () => {
  expect(Object.keys(examples)).toEqual(words.map(({ name }) => name));
});

test('every word is found in a page and in a string, and a replacement is suggested', () => {
  const lines = Object.values(examples);
  const strings = lines.map((line) => `void \`${line} \${1}\`;`).join('\n');
  const { status, problems } = check({
    'docs/page.md': `${lines.join('\n')}\n`,
    'src/a.ts': strings,
  });
  expect(status).toBe(1);
  for (const [index, { write }] of words.entries()) {
    for (const file of ['docs/page.md', 'src/a.ts']) {
      expect(problems).toContainEqual(
        expect.stringMatching(`^${file}:${index + 1}: ".*": write .`),
      );
    }
    expect(problems.filter((problem) => problem.endsWith(`write ${write}`)).length).toBe(2);
  }
});

describe('text that users do not read', () => {
  test('names, codes and imports in source, and code in pages, are not searched', () => {
    const { status, problems } = check({
      'src/a.ts':
        "import { b as ours } from './somebody.ts';\n" +
        "export const codes = { 'told of': ours, state: 'cancelled' };\n" +
        "export type Kind = 'of ours';\n",
      'docs/page.md': 'The value `is none`.\n\n```text\nmend it\n```\n',
    });
    expect(problems).toEqual([]);
    expect(status).toBe(0);
  });

  test('findings in comments, test names and decision records are reported and do not fail', () => {
    const files = {
      'src/a.ts': '// Nobody asks.\nexport const a = 1;\n',
      'test/a.test.ts': "test.each([1])('it is told', () => {});\n",
      'docs/adr/0001-a.md': 'It is let be.\n',
    };
    const { status, stdout } = check(files, '--report');
    expect(status).toBe(0);
    expect(stdout).toContain('src/a.ts:1: "Nobody": write a user');
    expect(stdout).toContain('test/a.test.ts:1: "is told": write reports');
    expect(stdout).toContain('docs/adr/0001-a.md:1: "let be": write ignored');
    expect(stdout).toContain('1 in comments, 1 in test names, 0 in commit subjects, 1 in decision');
  });
});

describe('the known findings in strings', () => {
  const twice = "export const texts = ['it is told', 'they are told'];\n";

  test.each([
    { count: 1, why: '"told" is in 2 strings, 1 are known' },
    { count: 3, why: 'fewer than known: "told": node scripts/check-words.mjs --lower' },
  ])('fail when $count are listed and 2 are found', ({ count, why }) => {
    const { status, problems } = check({
      'src/a.ts': twice,
      [knownFile]: JSON.stringify({ told: count }),
    });
    expect(status).toBe(1);
    expect(problems).toContain(why);
  });

  test('are updated by --lower, which never raises a count', () => {
    const lowered = check(
      { 'src/a.ts': twice, [knownFile]: JSON.stringify({ told: 3, mend: 1 }) },
      '--lower',
    );
    expect(JSON.parse(readFileSync(join(lowered.copy, knownFile), 'utf8'))).toEqual({ told: 2 });
    const raised = check(
      { 'src/a.ts': twice, [knownFile]: JSON.stringify({ told: 1 }) },
      '--lower',
    );
    expect(JSON.parse(readFileSync(join(raised.copy, knownFile), 'utf8'))).toEqual({ told: 1 });
    expect(raised.status).toBe(1);
  });
});
