import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/cli/parse/command-line.ts';
import { thrownBy } from '../../support/error-of.ts';
import { tree } from '../tree.ts';

function parse(line: string) {
  return parseCommandLine(
    line.split(' ').map((word) => (word === "''" ? '' : word)),
    tree,
  );
}

describe('an option that is given twice', () => {
  test.each([
    ['auth whoami -i dev -i prod', 'identity', 'whoami'],
    ['auth -i dev whoami --identity=prod', 'identity', 'whoami'],
    ['auth -i dev exec -i=prod -- id', 'identity', 'exec'],
    ['auth whoami -i dev -i', 'identity', 'whoami'],
    ['auth login --mfa-token 111111 --mfa-token 222222', 'mfa-token', 'login'],
    ['auth login --force --no-force', 'force', 'login'],
    ['-C /tmp auth login -C /var', 'chdir', 'login'],
    ['auth login --base-path a --base-path b', 'base-path', 'login'],
    ['auth login --logs-level Debug --logs-level Info', 'logs-level', 'login'],
    ['auth login --logs-file a --logs-file b', 'logs-file', 'login'],
    ['auth --interactive=false login --interactive', 'interactive', 'login'],
    ['auth login --color --no-color', 'color', 'login'],
  ])('with different values is an error: %s', (line, option, command) => {
    const error = thrownBy(() => parse(line));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `--${option} is given twice with different values`,
      hints: [`atmos auth ${command} --help`],
    });
    // One of the values may be a secret code.
    expect(error.message).not.toContain('111111');
  });

  test.each([
    'auth whoami -i dev --identity=dev',
    "auth -i dev whoami -i ''",
    'auth login --force --force=true',
    '-C /tmp auth login --chdir=/tmp',
    'auth whoami -o json -o json',
    'auth login --profile a --profile b --config a --config b --config-path a --config-path b',
    'auth login --profile a --profile',
  ])('with one value, or as a list, is valid: %s', (line) => {
    expect(parse(line).kind).toBe('command');
  });
});

describe('the environment', () => {
  const root = {
    name: 'atmos',
    summary: 'all',
    commands: [
      {
        name: 'show',
        summary: 'show',
        options: [
          {
            name: 'output',
            short: 'o',
            aliases: ['-f', '--format'],
            value: 'format',
            summary: 'format',
            choices: ['json', 'text'],
            environment: 'SHOW_OUTPUT',
          },
          { name: 'verbose', short: 'v', summary: 'more', environment: 'SHOW_VERBOSE' },
        ],
        load: () => Promise.reject(new Error('nothing is run here')),
      },
    ],
  };
  const read = (line: string, env: Record<string, string>) => {
    const parsed = parseCommandLine(line.split(' '), root, env);
    if (parsed.kind === 'help') throw new Error('this is help');
    const { values, flags } = parsed.invocation;
    return { ...values, ...flags };
  };

  test('sets options that the command line does not set', () => {
    expect(read('show', { SHOW_OUTPUT: 'json', SHOW_VERBOSE: 'true' })).toEqual({
      output: 'json',
      verbose: true,
    });
    expect(read('show', { SHOW_OUTPUT: '', SHOW_VERBOSE: '' })).toEqual({});
    expect(read('show --output=', { SHOW_OUTPUT: 'json' })).toEqual({ output: 'json' });
    expect(read('show -f text --no-verbose', { SHOW_OUTPUT: 'json', SHOW_VERBOSE: '1' })).toEqual({
      output: 'text',
      verbose: false,
    });
  });

  test.each([
    [{ SHOW_OUTPUT: 'jsn' }, 'invalid value "jsn" for SHOW_OUTPUT: expected one of json, text'],
    [{ SHOW_VERBOSE: 'maybe' }, 'invalid value for SHOW_VERBOSE: use true or false'],
  ])('is checked like the option: %j', (env, message) => {
    expect(() => read('show', env)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message }),
    );
    // The command line is valid and takes precedence.
    expect(read('show -o text -v', env)).toEqual({ output: 'text', verbose: true });
  });

  test.each(['-o json', '-o=json', '-ojson', '-f json', '--format json', '--format=json'])(
    'an option can be given in all its spellings: %s',
    (words) => {
      expect(read(`show ${words}`, {})).toEqual({ output: 'json' });
    },
  );

  test('spellings of one option count as one option', () => {
    expect(() => read('show -o json --format text', {})).toThrow(
      '--output is given twice with different values',
    );
  });
});
