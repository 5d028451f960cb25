import { describe, expect, test } from 'vitest';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { foreignCommand, versionRequest } from '../../../src/cli/parse/foreign-command.ts';
import { formatPath } from '../../../src/cli/parse/words.ts';

const wordsOf = (line: string) => line.split(' ').filter(Boolean);

describe('the unknown command', () => {
  function foreignIn(line: string): string | undefined {
    const foreign = foreignCommand(wordsOf(line), atmos);
    return foreign && `${formatPath(foreign.groups)} ${foreign.name}`;
  }

  test.each([
    ['terraform plan', 'atmos terraform'],
    ['-C dir --config a.yaml --profile=x --no-color terraform plan auth', 'atmos terraform'],
    ['-Cdir terraform', 'atmos terraform'],
    ['help terraform', 'atmos terraform'],
    ['--logs-level=Debug terraform plan', 'atmos terraform'],
    ['--logs-level Debug terraform plan', 'atmos terraform'],
    ['--heatmap-mode bars terraform plan', 'atmos bars'],
    ['auth console', 'atmos auth console'],
    ['auth console --help', 'atmos auth console'],
    ['help auth console', 'atmos auth console'],
    ['auth help console', 'atmos auth console'],
    ['--profile dev auth -i me console -- -l', 'atmos auth console'],
    ['auth -ime console', 'atmos auth console'],
    ['auth --identity=me --no-color console', 'atmos auth console'],
    ['auth --heatmap-mode bars console', 'atmos auth bars'],
    ['--heatmap-mode bars auth console', 'atmos auth console'],
    ['auth user unknown', 'atmos auth user unknown'],
    ['auth user -i me unknown', 'atmos auth user unknown'],
    ['profile create', 'atmos profile create'],
    ['__complete terraform pl', 'atmos __complete'],
    ['__complete', 'atmos __complete'],
    ['__completeNoDesc auth', 'atmos __completeNoDesc'],
  ])('%s: %s', (line, command) => {
    expect(foreignIn(line)).toBe(command);
  });

  test.each([
    'auth whoami',
    'auth whoami shell',
    '--logs-level Debug auth whoami',
    '--heatmap-mode bars auth whoami',
    'auth --heatmap-mode bars whoami',
    '-C terraform auth whoami',
    'auth -i shell whoami',
    'auth exec -- terraform plan',
    'auth -- shell',
    'auth keyring unknown',
    'auth keyring',
    'auth',
    'auth --help',
    'auth help',
    'help auth',
    'help',
    '--help',
    '--frobnicate',
    '--version',
    '-- terraform',
    '__complete -- terraform',
    '__complete --line -- terraform',
    '__complete --next -- terraform',
    '__complete --help',
    'version list',
    '',
  ])('is undefined for: %s', (line) => {
    expect(foreignIn(line)).toBeUndefined();
  });
});

describe('the version', () => {
  test.each([
    'version',
    'version --check',
    'version --format json',
    '-C dir version',
    '--logs-level Debug version',
    '--version',
    '--no-color --version',
  ])('is printed by: %s', (line) => {
    expect(versionRequest(wordsOf(line), atmos)).toEqual({ isPrinted: true });
  });

  test.each([
    'version list',
    'version install 1.2.3',
    'version --help',
    'version -h',
    'help version',
    'version list --help',
  ])('has its own command, or help text: %s', (line) => {
    expect(versionRequest(wordsOf(line), atmos)).toEqual({ isPrinted: false });
  });

  test.each(['auth version', '-C version auth whoami', 'help', 'auth --version', '-- version', ''])(
    'is not requested by: %s',
    (line) => {
      expect(versionRequest(wordsOf(line), atmos)).toBeUndefined();
    },
  );
});
