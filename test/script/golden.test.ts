import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatDifference } from '../../scripts/golden/difference.mjs';
import { secretsIn } from '../../scripts/golden/secrets.mjs';
import type { CommandGroup, CommandSpec } from '../../src/cli/command.ts';
import { atmos } from '../../src/cli/command-specs/root.ts';

const transcripts = fileURLToPath(new URL('../golden', import.meta.url));
const texts = readdirSync(transcripts)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => ({ file, text: readFileSync(`${transcripts}/${file}`, 'utf8') }));
const commandLines = texts.flatMap(({ text }) => text.match(/^\$ .*/gm) ?? []);

interface Leaf {
  readonly path: string;
  readonly spec: CommandSpec;
}

function leavesOf(group: CommandGroup, path: string): Leaf[] {
  return group.commands.flatMap((command) => {
    const own = `${path} ${command.name}`;
    return 'commands' in command ? leavesOf(command, own) : [{ path: own, spec: command }];
  });
}

/** The command lines of a command, without those that ask for its help. */
function linesOf(path: string): string[] {
  return commandLines.filter(
    (line) => `${line} `.includes(` ${path} `) && !line.endsWith(' --help'),
  );
}

function isGiven(lines: readonly string[], ...words: string[]): boolean {
  return lines.some((line) => words.some((word) => `${line} `.includes(` ${word} `)));
}

const leaves = leavesOf(atmos, atmos.name);

// `npm run golden` writes the transcripts, and `.ci/run` compares them with the program.
describe('the golden transcripts', () => {
  test.each(leaves)('contain the help of $path and a run of it', ({ path }) => {
    expect(commandLines.some((line) => line.includes(`${path} `) && line.endsWith('--help'))).toBe(
      true,
    );
    expect(linesOf(path)).not.toEqual([]);
  });

  test.each(leaves)('use every option of $path, with every choice', ({ path, spec }) => {
    const lines = linesOf(path);
    const unused = (spec.options ?? []).flatMap(({ name, short, shown: text, choices = [] }) => {
      // Of some options, only the form that switches them off has a use: `--no-browser`.
      const long = text === `--no-${name}` ? text : `--${name}`;
      const shown = short === undefined ? [long] : [long, `-${short}`];
      const uses = choices.map((choice) => shown.map((option) => `${option} ${choice}`));
      return [shown, ...uses].filter((words) => !isGiven(lines, ...words));
    });
    expect(unused).toEqual([]);
  });

  test('show an exit code for each command', () => {
    const counts = texts.map(({ file, text }) => ({
      file,
      commands: text.match(/^\$ /gm)?.length ?? 0,
      exits: text.match(/^exit /gm)?.length ?? 0,
    }));
    for (const { file, commands, exits } of counts)
      expect({ file, exits }).toEqual({ file, exits: commands });
  });

  test.each(texts)('contain no secret in $file', ({ text }) => {
    expect(secretsIn(text)).toEqual([]);
  });
});

describe('a difference', () => {
  const lines = (...names: string[]) => names.map((name) => `${name}\n`).join('');

  test('is empty for equal texts', () => {
    expect(formatDifference('a.txt', 'one\n', 'one\n')).toBe('');
  });

  test('shows the removed and the added lines with their context', () => {
    const before = lines('1', '2', '3', '4', 'old', '6', '7', '8', '9');
    const after = lines('1', '2', '3', '4', 'new', 'more', '6', '7', '8', '9');
    expect(formatDifference('a.txt', before, after)).toBe(
      `--- a.txt (stored)\n+++ a.txt (now)\n@@ -2 +2 @@\n 2\n 3\n 4\n-old\n+new\n+more\n 6\n 7\n 8\n`,
    );
  });

  test('separates changes that are far apart', () => {
    const middle = Array.from({ length: 20 }, (_, at) => `line ${at}`);
    const difference = formatDifference(
      'a.txt',
      lines('a', ...middle, 'z'),
      lines('b', ...middle, 'y'),
    );
    expect(difference.match(/^@@ .*/gm)).toEqual(['@@ -1 +1 @@', '@@ -19 +19 @@']);
  });

  test('shows a new file as a whole', () => {
    expect(formatDifference('a.txt', '', lines('one'))).toContain('@@ -1 +1 @@\n+one\n');
  });
});

describe('a secret', () => {
  test.each([
    ['in plain text', (secret: string) => secret],
    ['backwards', (secret: string) => Array.from(secret).toReversed().join('')],
    ['in base64', (secret: string) => Buffer.from(secret).toString('base64')],
    ['in quotes', (secret: string) => JSON.stringify({ secret })],
  ])('is found %s', (_, form) => {
    const secret = 'golden/fake+secret+access+key/of+a+user1';
    expect(secretsIn(`before ${form(secret)} after`)).toEqual(['secret access key']);
  });
});
