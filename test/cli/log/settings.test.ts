import { describe, expect, test } from 'vitest';
import {
  isSilent,
  resolveLogSettings,
  type LogConfig,
  type LogPlaces,
} from '../../../src/cli/log/settings.ts';
import type { Sourced } from '../../../src/core/json.ts';
import { thrownBy } from '../../support/error-of.ts';

interface Said {
  readonly option?: string;
  readonly variable?: string;
  readonly promoted?: string;
  readonly config?: string;
}

const nothing: Said = {};

/** Each source sets the same level and file. */
function settle(level: Said = nothing, file: Said = nothing) {
  const sourced = (value: string | undefined, source: string): Sourced<string> | undefined =>
    value === undefined ? undefined : { value, source };
  const given = <T>(key: string, value: T | undefined) =>
    value === undefined ? {} : { [key]: value };
  const config: LogConfig = {
    logs: {
      ...given('level', sourced(level.config, 'logs.level (/p/atmos.yaml:2:10)')),
      ...given('file', sourced(file.config, 'auth.logs.file (/p/atmos.yaml:9:11)')),
    },
    environment: {
      ...given('ATMOS_LOGS_LEVEL', sourced(level.promoted, 'env.ATMOS_LOGS_LEVEL (/p/a:5:3)')),
      ...given('ATMOS_LOGS_FILE', sourced(file.promoted, 'env.ATMOS_LOGS_FILE (/p/a:6:3)')),
    },
  };
  const globals: LogPlaces['globals'] = { logsLevel: level.option, logsFile: file.option };
  return resolveLogSettings(
    { globals, config },
    {
      env: { ATMOS_LOGS_LEVEL: level.variable, ATMOS_LOGS_FILE: file.variable },
      homeDirectory: '/home/ada',
      userId: 1000,
      workingDirectory: () => '/desk',
    },
  );
}

const all = { option: 'Trace', variable: 'Debug', promoted: 'Info', config: 'Error' };

describe('the level comes from', () => {
  test.each<[string, Said, string]>([
    ['--logs-level first', all, 'Trace'],
    ['then ATMOS_LOGS_LEVEL', { ...all, option: undefined }, 'Debug'],
    ['then that under env of atmos.yaml', { promoted: 'Info', config: 'Error' }, 'Info'],
    ['then logs of atmos.yaml', { config: 'Error' }, 'Error'],
    ['nobody', {}, 'Warning'],
    [
      'the first source that is not empty',
      { option: '', variable: ' ', promoted: '', config: 'off' },
      'Off',
    ],
    ['a name in any case', { variable: ' dEBUG ' }, 'Debug'],
  ] as [string, Said, string][])('%s', (_, said, level) => {
    expect(settle(said).level).toBe(level);
  });

  test.each<[Said, string, string]>([
    [{ option: 'debgu', config: 'Info' }, 'ERR_USAGE', '--logs-level'],
    [{ variable: 'debgu' }, 'ERR_USAGE', 'ATMOS_LOGS_LEVEL'],
    [{ promoted: 'debgu' }, 'ERR_CONFIG_INVALID', 'env.ATMOS_LOGS_LEVEL (/p/a:5:3)'],
    [{ config: 'debgu' }, 'ERR_CONFIG_INVALID', 'logs.level (/p/atmos.yaml:2:10)'],
  ])('an unknown level is refused, %j: %s', (said, code, source) => {
    expect(thrownBy(() => settle(said))).toMatchObject({
      code,
      message: `unknown log level "debgu" (from ${source}): expected one of Trace, Debug, Info, Warning, Error, Off`,
      hints: ['did you mean Debug?'],
    });
  });
});

describe('the file comes from', () => {
  test.each<[string, Said, string, string]>([
    ['--logs-file', { option: 'a.log', variable: 'b.log' }, '/desk/a.log', '--logs-file'],
    ['ATMOS_LOGS_FILE', { variable: 'b.log', promoted: 'c' }, '/desk/b.log', 'ATMOS_LOGS_FILE'],
    ['env', { promoted: '~/c' }, '/home/ada/c', 'env.ATMOS_LOGS_FILE (/p/a:6:3)'],
    ['logs', { config: '/p/d.log' }, '/p/d.log', 'auth.logs.file (/p/atmos.yaml:9:11)'],
    ['a device', { option: '/dev/null' }, '/dev/null', '--logs-file'],
    ['nobody', {}, '/dev/stderr', 'default'],
  ])('%s', (_, said, path, source) => {
    const { file } = settle(nothing, said);
    expect({ path: file.path, source: file.said.source }).toEqual({ path, source });
  });
});

test('level and file may come from different sources', () => {
  expect(settle({ config: 'Debug' }, { option: 'a.log' })).toMatchObject({
    level: 'Debug',
    file: { path: '/desk/a.log' },
  });
});

describe('a log is silent', () => {
  test.each<[level: string, file: string, boolean]>([
    ['Off', 'a.log', true],
    ['Trace', '/dev/null', true],
    // The command already shows these messages to the user.
    ['Warning', '/dev/stderr', true],
    ['Error', '/dev/stdout', true],
    ['Warning', 'a.log', false],
    ['Error', 'a.log', false],
    ['Info', '/dev/stderr', false],
    ['Trace', '/dev/stdout', false],
  ])('%s to %s: %s', (level, file, expected) => {
    expect(isSilent(settle({ option: level }, { option: file }))).toBe(expected);
  });
});
