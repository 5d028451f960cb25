import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Paint } from '../../src/cli/color.ts';
import { createPaint } from '../../src/cli/color.ts';
import { exitCodeOf, formatError } from '../../src/cli/report.ts';
import { AtmosError, KeyringError, keyringErrorCodes } from '../../src/core/errors.ts';
import { fakeHost } from '../support/fake-host.ts';
import { captureStream } from './capture.ts';

const plain: Paint = (_, text) => text;
const asItIs = (hint: string) => hint;

describe('exit codes', () => {
  test.each([
    ['ERR_IO', 1],
    ['ERR_NETWORK', 1],
    ['ERR_USAGE', 2],
    ['ERR_NO_TERMINAL', 2],
    ['ERR_CONFIG_NOT_FOUND', 2],
    ['ERR_CONFIG_UNTRUSTED', 2],
    ['ERR_IDENTITY_UNKNOWN', 2],
    ['ERR_PROFILE_UNKNOWN', 2],
    ['ERR_AUTH_NO_SESSION', 4],
    ['ERR_AUTH_KEYS_REFUSED', 4],
    ['ERR_AUTH_MFA_REFUSED', 4],
    ['ERR_COMMAND_NOT_EXECUTABLE', 126],
    ['ERR_COMMAND_NOT_FOUND', 127],
    ['ERR_CANCELLED', 130],
  ] as const)('%s is %i', (code, exitCode) => {
    expect(exitCodeOf(new AtmosError(code, 'x'))).toBe(exitCode);
  });

  test('of the keyring are 3, but for what is wrong with the configuration, the key or the value', () => {
    const others = Object.fromEntries(
      keyringErrorCodes
        .map((code) => [code, exitCodeOf(new KeyringError(code, 'x'))] as const)
        .filter(([, exit]) => exit !== 3),
    );
    expect(others).toEqual({
      ERR_KEYRING_UNKNOWN_TYPE: 2,
      ERR_KEYRING_TOO_LARGE: 1,
      ERR_KEYRING_INVALID_KEY: 1,
    });
  });

  test('of what nobody foresaw is 1', () => {
    expect([exitCodeOf(new TypeError('x')), exitCodeOf('x'), exitCodeOf(undefined)]).toEqual([
      1, 1, 1,
    ]);
  });
});

describe('the text', () => {
  test('is what happened, then what mends it', () => {
    const error = new AtmosError('ERR_USAGE', 'two\nlines', { hints: ['first', 'second'] });
    expect(formatError(error, plain, asItIs)).toBe(
      'error: two\n  lines\nhint: first\nhint: second\n',
    );
  });

  test('steers no terminal', () => {
    const error = new AtmosError('ERR_USAGE', 'a\u001b[2J\r\u202eb', { hints: ['c\u0007'] });
    expect(formatError(error, plain, asItIs)).toBe(
      'error: a\\u001b[2J\\u000d\\u202eb\nhint: c\\u0007\n',
    );
  });

  test('of an unexpected error shows places, never the message: it may quote a secret', () => {
    const text = formatError(
      caught(() => JSON.parse('hunter2')),
      plain,
      asItIs,
    );
    expect(text).toMatch(/^error: internal error: SyntaxError\n {2}at JSON\.parse/);
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/\nhint: please report it with these lines\n$/);
    expect(formatError('hunter2', plain, asItIs)).toBe('error: internal error\n');
  });

  test('of an error of the system is its own', () => {
    const error = caught(() => readFileSync('/nonexistent/file'));
    expect(formatError(error, plain, asItIs)).toBe(
      "error: ENOENT: no such file or directory, open '/nonexistent/file'\n",
    );
  });
});

describe('colour', () => {
  const red = '\u001b[31mx\u001b[0m';

  test.each([
    ['a terminal', {}, true, true, red],
    ['no terminal', {}, false, true, 'x'],
    ['NO_COLOR', { NO_COLOR: '1' }, true, true, 'x'],
    ['an empty NO_COLOR', { NO_COLOR: '' }, true, true, red],
    ['TERM=dumb', { TERM: 'dumb' }, true, true, 'x'],
    ['FORCE_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true, red],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, true, 'x'],
    ['--no-color', { FORCE_COLOR: '1' }, true, false, 'x'],
  ])('%s', (_, env, isTTY, colorOption, shown) => {
    const host = fakeHost({ env, stderr: Object.assign(captureStream(), { isTTY }) });
    expect(createPaint(host, colorOption)('red', 'x')).toBe(shown);
  });
});

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
