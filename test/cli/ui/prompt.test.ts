import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrompt } from '../../../src/cli/ui/create-prompt.ts';
import { canPrompt } from '../../../src/cli/ui/prompt.ts';
import { addOptions, placeholder } from '../../../src/core/hint.ts';
import { compileProgram, type Program } from '../../support/compile.ts';
import type { Host } from '../../../src/host/host.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { openPty } from '../../support/pty.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };

describe('at a terminal', () => {
  let program: Program;
  beforeAll(async () => {
    program = await compileProgram('test/cli/ui/ask.ts');
  });
  afterAll(() => program.remove());

  const ask = (kind: string) => openPty(process.execPath, [program.file, kind], { env });

  test('text is entered, with a default', async () => {
    const session = ask('text');
    await session.waitFor('Name');
    session.type('Ada\r');
    await session.waitFor('answer "Ada"');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
  });

  test('a secret is shown as stars, and an invalid one is prompted for again', async () => {
    const session = ask('masked');
    await session.waitFor('Secret');
    session.type('ab\r');
    await session.waitFor('too short');
    session.type('cd\r');
    await session.waitFor('answer "abcd"');
    expect(session.shown()).toContain('****');
    expect(session.shown().replace('answer "abcd"', '')).not.toContain('abcd');
  });

  test('a choice is made with the arrow keys', async () => {
    const session = ask('select');
    await session.waitFor('prod');
    await session.waitFor('to filter');
    session.type('\u001b[B\r');
    await expect(session.waitFor('answer "prod"')).resolves.toBeUndefined();
  });

  test('a choice is found by typing a part of it or of its description', async () => {
    for (const part of ['PRO', 'ambi']) {
      const session = ask('select');
      await session.waitFor('prod  aws/ambient');
      session.type(part);
      await session.waitFor('❯ prod');
      session.type('\r');
      await expect(session.waitFor('answer "prod"')).resolves.toBeUndefined();
    }
  });

  test('of a long list only a part is shown, and any item is found', async () => {
    const session = ask('select-long');
    await session.waitFor('team-0.');
    await session.waitFor('to filter');
    expect(session.shown()).not.toContain('team-24.');
    session.type('1999');
    await session.waitFor('❯ team-1999.');
    session.type('\r');
    await expect(session.waitFor('answer "team-1999."')).resolves.toBeUndefined();
  });

  test('of a long list the first thirty are shown, and typing finds the others', async () => {
    const session = ask('select-long');
    await session.waitFor('Which? (2000 choices)');
    await session.waitFor('to filter');
    session.type('\u001b[B'.repeat(29));
    await session.waitFor('1970 more: type to filter');
    session.type('m-1999');
    await session.waitFor('team-1999.');
    session.type('\r');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
  });

  test('of a small screen only as many choices are shown as fit', async () => {
    const session = openPty(process.execPath, [program.file, 'select-long'], { env, rows: 7 });
    await session.waitFor('team-3.');
    await session.waitFor('to filter');
    expect(session.shown()).not.toContain('team-4.');
    session.type('\u0003');
    await session.ended;
  });

  test('after a change of its width, lines are broken where it ends', async () => {
    const session = ask('select-long');
    await session.waitFor('to filter');
    session.resize(12, 24);
    session.type('1');
    await session.waitFor('❯ team-1.');
    session.type('999');
    await session.waitFor('❯ team-1999.');
    // Within the twelve columns.
    const broken = 'navi\u001b[22m\r\n\u001b[2mgate';
    await expect(session.waitFor(broken)).resolves.toBeUndefined();
    session.type('\u0003');
    await session.ended;
  });

  test('without color there are no styles at all', async () => {
    const hasStyles = (text: string) =>
      text.split('\u001b[').some((part, at) => at > 0 && /^[\d;]*m/.test(part));
    for (const kind of ['select', 'select-many', 'masked', 'confirm']) {
      const session = openPty(process.execPath, [program.file, kind, 'plain'], { env });
      await session.waitFor(kind === 'masked' ? 'Secret' : kind === 'confirm' ? 'Sure?' : 'prod');
      session.type('\u0003');
      await session.ended;
      expect(hasStyles(session.shown())).toBe(false);
    }
    const plain = openPty(process.execPath, [program.file, 'select'], {
      env: { ...env, NO_COLOR: '1' },
    });
    await plain.waitFor('prod');
    plain.type('\u0003');
    await plain.ended;
    expect(hasStyles(plain.shown())).toBe(false);
    const colored = ask('select');
    await colored.waitFor('prod');
    expect(hasStyles(colored.shown())).toBe(true);
  });

  test('several items are selected with the space bar, and some can be preselected', async () => {
    const session = ask('select-many');
    await session.waitFor('prod');
    session.type('\u001b[B\u001b[B \r');
    await expect(session.waitFor('answer ["dev","prod"]')).resolves.toBeUndefined();
  });

  test('yes is answered with y', async () => {
    const session = ask('confirm');
    await session.waitFor('Sure?');
    session.type('y\r');
    await expect(session.waitFor('answer true')).resolves.toBeUndefined();
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s cancels with exit code 130 and shows the cursor again', async (_, key) => {
    for (const kind of ['text', 'masked', 'select', 'select-many', 'confirm']) {
      const session = ask(kind);
      await session.waitFor('?');
      session.type(key);
      await session.waitFor('error: canceled');
      expect(await session.ended).toMatchObject({ exitCode: 130 });
      expectCursorBack(session.shown());
    }
  });

  test.each(['text', 'masked'])('Ctrl-D after %s does not answer', async (kind) => {
    const session = ask(kind);
    await session.waitFor('?');
    session.type('abcd\u0004');
    // When this key has been processed, Ctrl-D has also been processed.
    session.type('\u007f');
    await session.waitFor(kind === 'text' ? 'abc\u001b' : '***\u001b');
    session.type('\u007f\u007f\u007f\u0004');
    await session.waitFor('error: canceled');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(session.shown()).not.toContain('answer');
  });

  test('Ctrl-D also cancels a list with selected items', async () => {
    const session = ask('select-many');
    await session.waitFor('prod');
    session.type(' \u0004');
    await session.waitFor('error: canceled');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
  });

  test('text that was typed before the prompt is not part of an answer', async () => {
    const session = ask('masked');
    session.type('typed too early\u0004');
    await session.waitFor('?');
    await session.waitFor('Secret');
    session.type('\u0004');
    await session.waitFor('error: canceled');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(session.shown()).not.toContain('*');
  });

  test('a prompt, a choice and an error are shown without control sequences', async () => {
    const session = ask('select-evil');
    await session.waitFor('Which\\u001b[2J\\nhint: one?');
    await session.waitFor('pro\\u202ed');
    session.type('\u001b[B\r');
    await session.waitFor('answer "pro\u202ed"');
    const refused = ask('text-evil');
    await refused.waitFor('Name\\u0007');
    refused.type('a\r');
    await refused.waitFor('not a\\u009b');
    refused.type('\u0003');
    expect(await refused.ended).toMatchObject({ exitCode: 130 });
  });

  test.each([
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const)(
    '%s stops it with the exit code of the signal and shows the cursor again',
    async (signal, number) => {
      const session = ask('select');
      await session.waitFor('prod');
      process.kill(session.pid, signal);
      expect(await session.ended).toMatchObject({ signal: number });
      expectCursorBack(session.shown());
    },
  );

  test('SIGINT from another process cancels like Ctrl-C', async () => {
    const session = ask('masked');
    await session.waitFor('Secret');
    process.kill(session.pid, 'SIGINT');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
  });

  test('with standard input and output redirected, the prompt uses the terminal', async () => {
    const answer = join(temporaryDirectory(), 'answer');
    const line = `'${process.execPath}' '${program.file}' masked '' '${answer}' < /dev/null > /dev/null 2>&1`;
    const session = openPty('sh', ['-c', line], { env });
    await session.waitFor('Secret');
    session.type('abcd\r');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(readFileSync(answer, 'utf8')).toBe('"abcd"');
  });

  test('in the background a prompt fails and does not stop the process', async () => {
    const line = `set -m; '${process.execPath}' '${program.file}' masked & wait $!; echo "rc $?"`;
    const session = openPty('bash', ['-c', line], { env });
    await session.waitFor('error: cannot prompt for "Secret": there is no terminal');
    await session.waitFor('hint: add --answer <text>');
    await expect(session.waitFor('rc 2')).resolves.toBeUndefined();
  });

  test('whether a prompt is possible is known without taking what is typed', async () => {
    const asked = `'${process.execPath}' '${program.file}' can-prompt`;
    const line = `${asked}; read -r line; echo "read <$line>"; set -m; ${asked} & wait $!`;
    const session = openPty('bash', ['-c', line], { env });
    session.type('typed ahead\r');
    await session.waitFor('answer true');
    await session.waitFor('read <typed ahead>');
    await expect(session.waitFor('answer false')).resolves.toBeUndefined();
  });
});

describe('where no one can be prompted, a prompt fails at once', () => {
  const question = {
    message: 'MFA code',
    instead: addOptions(['--mfa-token', placeholder('code')]),
  };
  const refusal = (reason: string) => ({
    code: 'ERR_NO_TERMINAL',
    message: `cannot prompt for "MFA code": ${reason}`,
    hints: ['add --mfa-token <code>'],
  });
  const openTerminal = () => Promise.reject(new Error('the terminal was opened'));

  test('without a terminal', async () => {
    const prompt = createPrompt(fakeHost());
    for (const answer of [
      prompt.text(question),
      prompt.masked(question),
      prompt.confirm({ ...question, default: true }),
      prompt.select({ ...question, choices: ['a'] }),
      prompt.selectMany({ ...question, choices: ['a'], checked: [] }),
    ]) {
      await expect(answer).rejects.toMatchObject(refusal('there is no terminal'));
    }
  });

  test.each([
    [{ CI: 'true' }, undefined, 'CI is set'],
    [{ CI: '1' }, undefined, 'CI is set'],
    [{ CI: 'false', GITHUB_ACTIONS: 'true' }, undefined, 'GITHUB_ACTIONS is set'],
    [{ ATMOS_INTERACTIVE: 'false' }, undefined, 'ATMOS_INTERACTIVE disables prompts'],
    [{}, false, '--interactive=false was given'],
  ])('in the environment %j with --interactive %s', async (variables, interactive, reason) => {
    const prompt = createPrompt(fakeHost({ env: variables, openTerminal }), { interactive });
    await expect(prompt.text(question)).rejects.toMatchObject(refusal(reason));
  });

  test('which is known before', async () => {
    const host = (variables: Host['env']) =>
      fakeHost({ env: variables, canPrompt: () => Promise.resolve(true), openTerminal });
    expect(await canPrompt(host({}), undefined)).toBe(true);
    expect(await canPrompt(fakeHost({ openTerminal }), undefined)).toBe(false);
    expect(await canPrompt(host({ CI: 'true' }), undefined)).toBe(false);
    expect(await canPrompt(host({ CI: 'true' }), true)).toBe(true);
    expect(await canPrompt(host({}), false)).toBe(false);
  });

  test('CI=false does not mean CI, and --interactive takes precedence over the environment', async () => {
    const asked = { message: 'the terminal was opened' };
    const notInCi = createPrompt(fakeHost({ env: { CI: 'false' }, openTerminal }));
    await expect(notInCi.text(question)).rejects.toMatchObject(asked);
    const wanted = createPrompt(fakeHost({ env: { CI: 'true' }, openTerminal }), {
      interactive: true,
    });
    await expect(wanted.text(question)).rejects.toMatchObject(asked);
  });
});

function expectCursorBack(shown: string): void {
  expect(shown.lastIndexOf(showCursor)).toBeGreaterThan(shown.lastIndexOf(hideCursor));
}
