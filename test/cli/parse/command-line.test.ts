import { describe, expect, test } from 'vitest';
import type { Invocation } from '../../../src/cli/command.ts';
import { parseCommandLine } from '../../../src/cli/parse/command-line.ts';
import { formatPath } from '../../../src/cli/parse/words.ts';
import { tree } from '../tree.ts';

/** Splits at spaces; `''` is an empty word. */
function words(line: string): string[] {
  return line
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (word === "''" ? '' : word));
}

function read(line: string): Invocation & { command: string } {
  const parsed = parseCommandLine(words(line), tree);
  if (parsed.kind === 'help') throw new Error(`this is the help of ${formatPath(parsed.path)}`);
  return { ...parsed.invocation, command: parsed.spec.name };
}

function helpOf(line: string): string {
  const parsed = parseCommandLine(words(line), tree);
  if (parsed.kind !== 'help') throw new Error('this is no help');
  return formatPath(parsed.path);
}

function refusal(line: string): unknown {
  try {
    return parseCommandLine(words(line), tree);
  } catch (error) {
    return error;
  }
}

describe('the identity', () => {
  test.each([
    ['auth whoami', { kind: 'absent' }],
    ['auth whoami --identity=', { kind: 'absent' }],
    ["auth whoami -i ''", { kind: 'absent' }],
    ['auth whoami -i', { kind: 'bare' }],
    ['auth whoami --identity', { kind: 'bare' }],
    ['auth login -i --force', { kind: 'bare' }],
    ['auth whoami -i dev', { kind: 'named', name: 'dev' }],
    ['auth whoami -idev', { kind: 'named', name: 'dev' }],
    ['auth whoami --identity dev', { kind: 'named', name: 'dev' }],
    ['auth whoami --identity=dev', { kind: 'named', name: 'dev' }],
    ['auth -i dev whoami', { kind: 'named', name: 'dev' }],
    ['auth --identity=dev whoami -o json', { kind: 'named', name: 'dev' }],
    ['auth whoami -i=dev', { kind: 'named', name: 'dev' }],
    ['auth -i=dev whoami', { kind: 'named', name: 'dev' }],
    ['auth whoami -i=', { kind: 'absent' }],
    ['auth whoami -i==dev', { kind: 'named', name: '=dev' }],
    ['auth whoami --identity==dev', { kind: 'named', name: '=dev' }],
    ['auth whoami -i =dev', { kind: 'named', name: '=dev' }],
    ['auth whoami -i=-x', { kind: 'named', name: '-x' }],
    ['auth whoami --identity=-x', { kind: 'named', name: '-x' }],
    ['auth -i dev whoami --identity dev', { kind: 'named', name: 'dev' }],
    ['auth -i dev whoami --identity=', { kind: 'named', name: 'dev' }],
    ['auth -i dev exec -- id', { kind: 'named', name: 'dev' }],
  ])('%s', (line, identity) => {
    expect(read(line).identity).toEqual(identity);
  });

  test('-i before the command may not take the command as its value', () => {
    expect(refusal('auth -i whoami')).toMatchObject({
      code: 'ERR_USAGE',
      message: '-i used "whoami" as the identity, so the command is missing',
      hints: ['did you mean atmos auth whoami -i?', 'atmos auth --help'],
    });
  });

  test('is refused by a command without one', () => {
    expect(refusal('auth -i dev keyring status')).toMatchObject({
      code: 'ERR_USAGE',
      message: '"atmos auth keyring status" does not accept an identity',
    });
  });

  test('logout accepts a name and -i alike; the command itself resolves them', () => {
    expect(read('auth logout dev')).toMatchObject({ operand: 'dev', identity: { kind: 'absent' } });
    expect(read('auth logout dev -i')).toMatchObject({
      operand: 'dev',
      identity: { kind: 'bare' },
    });
    expect(read('auth logout -i dev')).toMatchObject({
      operand: undefined,
      identity: { kind: 'named', name: 'dev' },
    });
  });
});

describe('a program to run', () => {
  test('is the words after "--", which are not parsed', () => {
    const { program, identity } = read('auth exec -i dev -- aws s3 ls -i other --help -- x');
    expect(program).toEqual(['aws', 's3', 'ls', '-i', 'other', '--help', '--', 'x']);
    expect(identity).toEqual({ kind: 'named', name: 'dev' });
  });

  test.each([
    [
      'auth exec -i aws s3 ls',
      'the command to run goes after "--", and -i used "aws" as the identity',
    ],
    ['auth exec -i aws', 'the command to run goes after "--", and -i used "aws" as the identity'],
    [
      'auth exec -i aws --version',
      'the command to run goes after "--", and -i used "aws" as the identity',
    ],
    ['auth exec aws s3 ls', 'the command to run goes after "--"'],
    ['auth exec', 'the command to run goes after "--"'],
    ['auth exec --', 'the command to run goes after "--"'],
    ["auth exec -- ''", 'the command to run goes after "--"'],
    ['auth exec aws -- s3 ls', 'unexpected argument "aws": put the command to run after "--"'],
    [
      'auth exec --secret=x -- id',
      'unknown option "--secret": put options of the command to run after "--"',
    ],
  ])('%s is refused', (line, message) => {
    expect(refusal(line)).toMatchObject({
      code: 'ERR_USAGE',
      message,
      hints: ['atmos auth exec -i <name> -- aws sts get-caller-identity', 'atmos auth exec --help'],
    });
  });

  test('is refused by a command that does not run one', () => {
    expect(refusal('auth whoami -- id')).toMatchObject({
      code: 'ERR_USAGE',
      message: '"atmos auth whoami" does not accept a program after "--"',
    });
  });
});

describe('options', () => {
  test('that are global may be anywhere, and lists are collected', () => {
    const { globals } = read(
      '--config a.yaml --profile=x,y --config-path d -C /var auth --no-color --interactive login --base-path e --config-path f,g --profile z -C/var --interactive --logs-level Debug --logs-file l',
    );
    expect(globals).toEqual({
      config: ['a.yaml'],
      configPath: ['d', 'f', 'g'],
      basePath: 'e',
      profile: ['x', 'y', 'z'],
      picksProfile: false,
      chdir: '/var',
      logsLevel: 'Debug',
      logsFile: 'l',
      color: false,
      interactive: true,
    });
  });

  test('that are empty are absent, except an empty configuration path', () => {
    const line =
      'auth login --profile= --config= --config-path= --base-path= --chdir= --logs-level= --logs-file=';
    expect(read(line).globals).toEqual({
      config: [''],
      configPath: [''],
      basePath: undefined,
      profile: [],
      picksProfile: false,
      chdir: undefined,
      logsLevel: undefined,
      logsFile: undefined,
      color: true,
      interactive: undefined,
    });
  });

  test.each([
    ['auth login --profile', [], true],
    ['auth login --profile --force', [], true],
    ['auth login --profile a --profile --force', ['a'], true],
    ['auth login --profile a', ['a'], false],
  ])('%s: --profile may be given without a value', (line, profile, picksProfile) => {
    expect(read(line).globals).toMatchObject({ profile, picksProfile });
  });

  test('--profile before the command may not take the command as its value', () => {
    for (const line of ['auth --profile login', 'auth --profile login --profile']) {
      expect(refusal(line)).toMatchObject({
        code: 'ERR_USAGE',
        message: '--profile used "login" as the profile, so the command is missing',
        hints: ['did you mean atmos auth login --profile?', 'atmos auth --help'],
      });
    }
  });

  test('--interactive never takes the next word as its value', () => {
    expect(read('--interactive auth login')).toMatchObject({
      command: 'login',
      globals: { interactive: true },
    });
  });

  test('are flags or have values', () => {
    expect(read('auth login --force --mfa-token 123456')).toMatchObject({
      flags: { force: true },
      values: { 'mfa-token': '123456' },
    });
    expect(read('auth login --no-force --mfa-token=')).toMatchObject({
      flags: { force: false },
      values: {},
    });
    expect(read('auth login --force=false')).toMatchObject({ flags: { force: false } });
  });

  test.each([
    ['auth login --mfa-token', '--mfa-token needs a value: <code>', []],
    ['auth login --mfa-token --force', '--mfa-token needs a value: <code>', []],
    ['auth login --force=maybe', 'invalid value for --force: use true or false', []],
    [
      'auth login --forse',
      'unknown option "--forse" for "atmos auth login"',
      ['did you mean --force?'],
    ],
    ['auth whoami --mfa-tokn=123456', 'unknown option "--mfa-tokn" for "atmos auth whoami"', []],
    ['auth whoami -x', 'unknown option "-x" for "atmos auth whoami"', []],
    ['auth whoami -o jsn', 'invalid value "jsn" for -o: expected json', ['did you mean json?']],
  ])('%s is refused', (line, message, nearest) => {
    const command = line.split(' ').slice(0, 2).join(' ');
    expect(refusal(line)).toMatchObject({
      code: 'ERR_USAGE',
      message,
      hints: [...nearest, `atmos ${command} --help`],
    });
  });
});

describe('commands', () => {
  test('that are unknown are reported with the nearest name', () => {
    expect(refusal('auth whomai')).toMatchObject({
      code: 'ERR_USAGE',
      message: 'unknown command "whomai" for "atmos auth"',
      hints: ['did you mean whoami?', 'atmos auth --help'],
    });
    expect(refusal('auth keyring frobnicate')).toMatchObject({
      message: 'unknown command "frobnicate" for "atmos auth keyring"',
      hints: ['atmos auth keyring --help'],
    });
  });

  test('with too many operands are refused', () => {
    expect(refusal('auth whoami dev')).toMatchObject({
      code: 'ERR_USAGE',
      message: '"atmos auth whoami" does not accept the argument "dev"',
      hints: ['atmos auth whoami -i dev', 'atmos auth whoami --help'],
    });
    expect(refusal('auth logout dev prod')).toMatchObject({
      message: '"atmos auth logout" does not accept the argument "prod"',
    });
  });

  test('--version is the command version', () => {
    expect(read('--version').command).toBe('version');
    expect(read('--no-color --version').command).toBe('version');
    expect(refusal('auth --version')).toMatchObject({
      message: 'unknown option "--version" for "atmos auth"',
    });
  });
});

describe('help', () => {
  test.each([
    ['', 'atmos'],
    ['--help', 'atmos'],
    ['help', 'atmos'],
    ['auth', 'atmos auth'],
    ['auth -h', 'atmos auth'],
    ['help auth login', 'atmos auth login'],
    ['auth help login', 'atmos auth login'],
    ['auth login -h', 'atmos auth login'],
    ['auth login --nonsense --help', 'atmos auth login'],
    ['auth -i dev exec --help', 'atmos auth exec'],
    ['auth keyring status --help', 'atmos auth keyring status'],
  ])('%s', (line, command) => {
    expect(helpOf(line)).toBe(command);
  });
});
