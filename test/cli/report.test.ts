import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createPrinter } from '../../src/cli/printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../../src/cli/report.ts';
import { paint } from '../../src/cli/ui/color.ts';
import { AtmosError, KeyringError, keyringErrorCodes } from '../../src/core/errors.ts';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { run, say, setVariable } from '../../src/core/hint.ts';
import { fakeHost } from '../support/fake-host.ts';
import { captureStream } from './capture.ts';

/** The error as it is printed. */
async function printed(error: unknown): Promise<string> {
  const stderr = captureStream();
  const lines = formatError(error, (hint) => formatHint(hint, posixSyntax));
  await createPrinter(fakeHost({ stderr })).note(...lines);
  return stderr.text();
}

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

  test('of the keyring are 3, except for errors in the configuration, the access key or the value', () => {
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

  test('of an unexpected error are 1', () => {
    expect([exitCodeOf(new TypeError('x')), exitCodeOf('x'), exitCodeOf(undefined)]).toEqual([
      1, 1, 1,
    ]);
  });
});

describe('the text of an error', () => {
  test('contains the failure, then its hints', async () => {
    const hints = [say('first'), run(['atmos', 'auth', 'login', '-i', 'my dev'], 'second')];
    const error = new AtmosError('ERR_USAGE', ['two', 'lines'], { hints });
    expect(error.message).toBe('two\nlines');
    expect(await printed(error)).toBe(
      "error: two\n  lines\nhint: first\nhint: second: atmos auth login -i 'my dev'\n",
    );
  });

  test('contains no control sequences', async () => {
    const error = new AtmosError('ERR_USAGE', 'a\u001b[2J\r\u202eb', { hints: ['c\u0007'] });
    expect(await printed(error)).toBe('error: a\\u001b[2J\\u000d\\u202eb\nhint: c\\u0007\n');
  });

  test('has no line that a value forges', async () => {
    const error = new AtmosError('ERR_USAGE', 'a\nhint: b', { hints: ['c\nerror: d'] });
    expect(await printed(error)).toBe('error: a\\nhint: b\nhint: c\\nerror: d\n');
  });

  test('shows positions of an unexpected error, never its message, which may quote a secret', async () => {
    const text = await printed(caught(() => JSON.parse('hunter2')));
    expect(text).toMatch(/^error: internal error: SyntaxError\n {2}at JSON\.parse/);
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/\nhint: please report it with these lines\n$/);
    expect(await printed('hunter2')).toBe('error: internal error\n');
  });

  test('shows the message of a system error', async () => {
    const error = caught(() => readFileSync('/nonexistent/file'));
    expect(await printed(error)).toBe(
      "error: ENOENT: no such file or directory, open '/nonexistent/file'\n",
    );
  });
});

describe('a hint is quoted for the current shell', () => {
  const hint = setVariable('A', "b's");
  const posix = `export A='b'"'"'s'`;
  const fish = "set -gx A 'b\\'s'";
  const powerShell = "$env:A = 'b''s'";
  const cmd = `set "A=b's"`;

  test.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['sh', 'linux', { SHELL: '/bin/bash' }, posix],
    ['fish', 'linux', { SHELL: '/usr/bin/fish' }, fish],
    ['Git Bash', 'win32', { MSYSTEM: 'MINGW64' }, posix],
    ['PowerShell', 'win32', {}, powerShell],
    ['cmd.exe', 'win32', { PROMPT: '$P$G' }, cmd],
  ])('%s', async (_, platform, env, text) => {
    const writeHint = await loadWriteHint({ host: { platform, env }, globals: undefined });
    expect(writeHint(hint)).toBe(text);
  });
});

describe('color', () => {
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
  ])('%s', async (_, env, isTTY, colorOption, shown) => {
    const stderr = Object.assign(captureStream(), { isTTY });
    await createPrinter(fakeHost({ env, stderr }), colorOption).note([paint('red', 'x')]);
    expect(stderr.text()).toBe(`${shown}\n`);
  });
});

function caught(fail: () => unknown): unknown {
  try {
    return fail();
  } catch (error) {
    return error;
  }
}
