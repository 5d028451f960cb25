import { describe, expect, test } from 'vitest';
import { isLogDevice, isTold, logLevels, parseLogLevel } from '../../src/core/log-level.ts';

describe('a log level', () => {
  test.each([
    ['Debug', 'Debug'],
    ['debug', 'Debug'],
    ['TRACE', 'Trace'],
    [' info\n', 'Info'],
    ['warning', 'Warning'],
    ['Warn', 'Warning'],
    ['error', 'Error'],
    ['OFF', 'Off'],
    ['', undefined],
    ['verbose', undefined],
    ['Debug,Info', undefined],
    ['0', undefined],
  ])('%j is parsed as %s', (text, level) => {
    expect(parseLogLevel(text)).toBe(level);
  });

  test('includes messages that are as severe or more severe', () => {
    const told = logLevels.map((level) => logLevels.filter((one) => isTold(one, level)).join(' '));
    expect(told).toEqual([
      'Trace Debug Info Warning Error Off',
      'Debug Info Warning Error Off',
      'Info Warning Error Off',
      'Warning Error Off',
      'Error Off',
      '',
    ]);
  });
});

test('is not written to the three special names of Atmos as files', () => {
  expect(['/dev/stderr', '/dev/stdout', '/dev/null'].filter(isLogDevice)).toHaveLength(3);
  for (const file of ['/dev/tty', '/dev/fd/2', '/dev//stderr', 'stderr', ''])
    expect(isLogDevice(file)).toBe(false);
});
