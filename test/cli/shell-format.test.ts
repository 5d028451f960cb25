import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  environmentFormats,
  formatEnvironment,
  formatGithub,
  type EnvironmentFormat,
} from '../../src/cli/shell-format.ts';
import { readPowerShellValue } from '../core/powershell-model.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const hostile = [
  '',
  ' ',
  'plain',
  "it's",
  '"quoted"',
  '$(touch /tmp/x) `id` ${HOME}',
  'a\\b\\\\c\\',
  'two\nlines\n',
  '\r\n',
  '; exit 1 #',
  '!history!',
  '~',
  '=ls',
  'a:~:=ls',
  '-n',
  '*?[a]{b,c}',
  'ünïcödé 🗝',
  "'\u2019\u2018''",
  '%PATH%',
  "'; touch /tmp/x; '",
  '"; touch /tmp/x; "',
  '`\n$(touch /tmp/x)\n`',
  '$IFS${IFS}$((1+1))${PATH:0:1}',
  'end of line \\\n continued',
  '& touch /tmp/x | cat > /tmp/y < /dev/null',
  '--help',
  '#comment',
  '\u2028\u2029\u0085',
  '\u001b]0;title\u0007',
  'A=1 B=2',
  'IQoJb3JpZ2luX2VjE//+/==',
];

const anyValue = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
);

/** Many values at once, because a shell starts slowly. */
const values = fc
  .array(anyValue, { minLength: 100, maxLength: 150, size: 'max' })
  .map((all) => Object.fromEntries(all.map((one, index) => [`T_${index}`, one])));
const fewRuns = { numRuns: 4 };

/** Lets a shell read the text, and prints the resulting value of each name. */
function readBack(
  shell: string,
  args: readonly string[],
  text: string,
  names: readonly string[],
): Record<string, string> {
  const file = join(temporaryDirectory(), 'script');
  const print = `'${process.execPath}' -e 'for (const name of process.argv.slice(1)) process.stdout.write(name + String.fromCharCode(0) + (process.env[name] ?? "(unset)") + String.fromCharCode(0))' ${names.join(' ')}`;
  writeFileSync(file, `${text}\n${print}\n`);
  const { stdout, stderr } = spawnSync(shell, [...args, file], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  const fields = stdout.split('\0');
  return Object.fromEntries(names.map((name, index) => [name, fields[index * 2 + 1] ?? '(lost)']));
}

const peers: ReadonlyMap<string, unknown> = new Map([
  ['fish', peer('fish')],
  ['zsh', peer('zsh')],
]);

function isThere(program: string): boolean {
  if (peers.has(program)) return peers.get(program) !== undefined;
  return spawnSync(program, ['-c', 'exit 0']).status === 0;
}

describe.each([
  ['sh', []],
  ['bash', ['--norc']],
  ['zsh', ['-f']],
] as const)('bash format in %s', (shell, args) => {
  test.skipIf(!isThere(shell))('sets every value exactly and executes none', () => {
    fc.assert(
      fc.property(values, (set) => {
        const text = formatEnvironment({ set, unset: [] }, 'bash');
        expect(readBack(shell, args, text, Object.keys(set))).toEqual(set);
      }),
      fewRuns,
    );
  });

  test.skipIf(!isThere(shell))('unsets variables, set or not', () => {
    const text = `export AWS_PROFILE=other\nset -e\n${formatEnvironment({ set: { A: '1' }, unset: ['AWS_PROFILE', 'NOT_SET'] }, 'bash')}`;
    expect(readBack(shell, args, text, ['A', 'AWS_PROFILE'])).toEqual({
      A: '1',
      AWS_PROFILE: '(unset)',
    });
  });
});

describe.skipIf(!isThere('fish'))('fish format', () => {
  test('sets every value exactly and executes none', () => {
    fc.assert(
      fc.property(values, (set) => {
        const text = formatEnvironment({ set, unset: [] }, 'fish');
        expect(readBack('fish', ['--no-config'], text, Object.keys(set))).toEqual(set);
      }),
      fewRuns,
    );
  });

  test('unsets variables, set or not', () => {
    const text = `set -gx AWS_PROFILE other\nset -gx LAST other\n${formatEnvironment({ set: { A: '1' }, unset: ['AWS_PROFILE', 'NOT_SET', 'LAST'] }, 'fish')}`;
    expect(readBack('fish', ['--no-config'], text, ['A', 'AWS_PROFILE', 'LAST'])).toEqual({
      A: '1',
      AWS_PROFILE: '(unset)',
      LAST: '(unset)',
    });
  });
});

describe.skipIf(!isThere('pwsh'))('powershell format', () => {
  test('sets every value exactly and executes none', () => {
    const set = Object.fromEntries(
      hostile.filter((value) => value !== '').map((value, index) => [`T_${index}`, value]),
    );
    const text = formatEnvironment({ set, unset: ['NOT_SET'] }, 'powershell');
    expect(readBack('pwsh', ['-NoProfile', '-File'], text, Object.keys(set))).toEqual(set);
  });
});

describe('the text of each format', () => {
  const change = { set: { B: "it's", A: 'plain', C: '' }, unset: ['Z', 'Y'] };

  test.each([
    ['bash', `unset Y Z\nexport A=plain\nexport B='it'"'"'s'\nexport C=''\n`],
    ['fish', `set -e Y Z\nset -gx A plain\nset -gx B 'it\\'s'\nset -gx C ''\ntrue\n`],
    ['powershell', `$env:Y = $env:Z = $null\n$env:A = 'plain'\n$env:B = 'it''s'\n$env:C = ''\n`],
    ['dotenv', `A=plain\nB='it'"'"'s'\nC=''\n`],
    ['env', `A=plain\nB=it's\nC=\n`],
    ['json', `{\n  "A": "plain",\n  "B": "it's",\n  "C": "",\n  "Y": null,\n  "Z": null\n}\n`],
  ] as const)('%s', (format, text) => {
    expect(formatEnvironment(change, format)).toBe(text);
    const empty: Partial<Record<EnvironmentFormat, string>> = { json: '{}\n', fish: 'true\n' };
    expect(formatEnvironment({ set: {}, unset: [] }, format)).toBe(empty[format] ?? '');
  });

  test.each([
    ['C:\\J\u00fcrgen', "('C:\\J' + [char]0x00fc + 'rgen')"],
    ['\u2019; calc', "('' + [char]0x2019 + '; calc')"],
    ["it's \u{1f511}", "('it''s ' + [char]0xd83d + [char]0xdd11)"],
  ])('PowerShell can read %j in any code page', (value, written) => {
    const text = formatEnvironment({ set: { A: value }, unset: [] }, 'powershell');
    expect(text).toBe(`$env:A = ${written}\n`);
  });

  test('PowerShell reads every value exactly, in ASCII', () => {
    const units = fc.oneof(
      fc.constantFrom(...Array.from("'\u2018\u2019\u201a\u201b\u00fc\u{1f511}[]+() \n"), '\ud83d'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const texts = fc.string({ unit: units }).filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(texts, (value) => {
        const text = formatEnvironment({ set: { A: value }, unset: [] }, 'powershell');
        expect(text).not.toMatch(/[\u0080-\uffff]/);
        expect(readPowerShellValue(text.slice('$env:A = '.length, -1))).toBe(value);
      }),
    );
  });

  test('a shell can read a dotenv file', () => {
    const set = Object.fromEntries(hostile.map((value, index) => [`T_${index}`, value]));
    const text = `set -a\n${formatEnvironment({ set, unset: [] }, 'dotenv')}`;
    expect(readBack('sh', [], text, Object.keys(set))).toEqual(set);
  });
});

describe('evaluated text ends with status 0', () => {
  // A command before it fails, and some assignments would keep that status.
  const changes = [
    ['with variables that were not set', { set: { A: '1' }, unset: ['NOT_SET', 'NOR_THIS'] }],
    ['that only unsets', { set: {}, unset: ['NOT_SET'] }],
    ['that only sets', { set: { A: '1' }, unset: [] }],
  ] as const;
  const evaluations = [
    ['sh', 'bash', ['-c', 'false; eval "$1"; echo $?', 'sh']],
    ['bash', 'bash', ['--norc', '-c', 'false; eval "$1"; echo $?', 'bash']],
    ['bash', 'bash', ['--norc', '-c', 'set -eu; eval "$1"; echo $?', 'bash']],
    ['dash', 'bash', ['-c', 'false; eval "$1"; echo $?', 'dash']],
    ['zsh', 'bash', ['-f', '-c', 'false; eval "$1"; echo $?', 'zsh']],
    ['fish', 'fish', ['--no-config', '-c', 'false; eval $argv[1]; echo $status']],
    ['fish', 'fish', ['--no-config', '-c', 'false; echo $argv[1] | source; echo $status']],
  ] as const;

  describe.each(evaluations)('%s, format %s, %j', (shell, format, args) => {
    test.skipIf(!isThere(shell)).each(changes)('a change %s', (_, change) => {
      const text = formatEnvironment(change, format);
      const { stdout, stderr } = spawnSync(shell, [...args, text], { encoding: 'utf8' });
      expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
    });
  });

  test.each(changes)('PowerShell and cmd.exe, checked by the text: a change %s', (_, change) => {
    const powershell = formatEnvironment(change, 'powershell').trimEnd().split('\n');
    // An assignment always succeeds, and unsets the variable if the value is $null.
    for (const line of powershell)
      expect(line).toMatch(/^\$env:\w+ = ('1'|(\$env:\w+ = )*\$null)$/);
    // The only command here that sets the errorlevel to 0 at the prompt, in .bat and in .cmd files.
    expect(formatEnvironment(change, 'cmd')).toMatch(/\ncd \.\n$/);
  });
});

describe('a value that no format can represent is refused', () => {
  test.each(environmentFormats)('invalid names, and NUL: %s', (format) => {
    for (const name of ['A B', 'A;id', '1A', '', 'A=B', 'A\nB', '$(id)', 'Ä']) {
      const message = `${JSON.stringify(name)} is not a name for an environment variable`;
      expect(() => formatEnvironment({ set: { [name]: 'v' }, unset: [] }, format)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message }),
      );
      expect(() => formatEnvironment({ set: {}, unset: [name] }, format)).toThrow(message);
    }
    expect(() => formatEnvironment({ set: { A: 'secret\0' }, unset: [] }, format)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message:
          'the value of A contains a NUL character, which is not allowed in an environment variable',
      }),
    );
  });

  test.each(['a\nB=evil', 'a\rB=evil'])('a second line in format env', (value) => {
    expect(() => formatEnvironment({ set: { A: value }, unset: [] }, 'env')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: 'the value of A has several lines, which the format env cannot represent',
        hints: ['choose another format: --format dotenv or --format json'],
      }),
    );
  });
});

describe('github', () => {
  test('masks secrets, and writes everything else unchanged', () => {
    const set = {
      AWS_SECRET_ACCESS_KEY: 's3cr%et',
      AWS_REGION: 'eu-west-1',
      AWS_SESSION_TOKEN: '',
    };
    expect(formatGithub({ set, unset: ['AWS_PROFILE'] })).toEqual({
      masks: '::add-mask::s3cr%25et\n',
      text: 'AWS_REGION=eu-west-1\nAWS_SECRET_ACCESS_KEY=s3cr%et\nAWS_SESSION_TOKEN=\n',
    });
  });

  test('a secret with several lines is one mask, so that no line is printed unmasked', () => {
    expect(formatGithub({ set: { MY_TOKEN: 'a\r\nb' }, unset: [] }).masks).toBe(
      '::add-mask::a%0D%0Ab\n',
    );
  });

  test('a value cannot close its own block', () => {
    const value = 'x\nATMOS_EOF_A\nB=evil\nATMOS_EOF_A_\n';
    expect(formatGithub({ set: { A: value }, unset: [] }).text).toBe(
      `A<<ATMOS_EOF_A__\n${value}\nATMOS_EOF_A__\n`,
    );
  });

  test("the runner's rules read every value exactly", () => {
    fc.assert(
      fc.property(values, (set) => {
        expect(readGithubFile(formatGithub({ set, unset: [] }).text)).toEqual(set);
      }),
    );
  });
});

/**
 * As the runner reads $GITHUB_ENV: `NAME=value`, or `NAME<<DELIMITER` up to a line with only the
 * delimiter.
 */
function readGithubFile(text: string): Record<string, string> {
  const read: Record<string, string> = {};
  const lines = text.split('\n').slice(0, -1);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      read[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    const delimiter = line.slice(heredoc + 2);
    const end = lines.indexOf(delimiter);
    read[line.slice(0, heredoc)] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return read;
}

describe('the format cmd', () => {
  const format = (value: string) =>
    formatEnvironment({ set: { K: value }, unset: ['B', 'A'] }, 'cmd');

  test('sets and unsets with set', () => {
    expect(format("C:\\x y\\ & | < > (z) 'q'")).toBe(
      'set "A="\nset "B="\nset "K=C:\\x y\\ & | < > (z) \'q\'"\ncd .\n',
    );
  });

  test.each(['%PATH%', '100%', 'a"b', 'wow!', 'a^b', 'a\nb', 'a\tb', 'é', 'x'.repeat(8001)])(
    'refuses text that cmd.exe would change: %j',
    (value) => {
      expect(() => format(value)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_INVALID',
          message:
            'the value of K has a character that cmd.exe cannot represent, or is too long for it',
        }),
      );
    },
  );
});
