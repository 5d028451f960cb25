import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrinter } from '../../../src/cli/printer.ts';
import { askSignIn, type SignInWays } from '../../../src/cli/ui/ask-sign-in.ts';
import type { Host } from '../../../src/host/host.ts';
import { compileProgram, type Program } from '../../support/compile.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { openPty, type PtySession } from '../../support/pty.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const [ctrlC, ctrlD] = ['\u0003', '\u0004'];

describe('at a terminal', () => {
  let program: Program;
  beforeAll(async () => {
    program = await compileProgram('test/cli/ui/sign-in.ts');
  });
  afterAll(() => program.remove());

  /** In a shell, which then shows how the terminal was left. */
  function signIn(kind: 'code' | 'paste'): PtySession {
    const start = `sh -c 'echo "process $$."; exec "$@"' sh '${process.execPath}' '${program.file}' ${kind}`;
    const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };
    const after = `echo "rc $?"; stty -a; read -r line; echo "read <$line>"`;
    return openPty('sh', ['-c', `trap : INT; set -m; ${start}; ${after}`], { env });
  }

  async function shownProcess(session: PtySession): Promise<number> {
    await session.waitFor('process ');
    await session.waitFor('.');
    return Number(/process (\d+)/.exec(session.shown())?.[1]);
  }

  test('the page and the code are shown until the browser has come back', async () => {
    const session = signIn('code');
    const id = await shownProcess(session);
    await session.waitFor('Sign in for provider corp on this page until ');
    await session.waitFor('(in 10m):');
    await session.waitFor('  https://oidc.example.com/authorize?client_id=1&state=2');
    await session.waitFor('Continue only if the page shows the code ABCD-EFGH');
    await session.waitFor('Waiting for the sign-in …');
    process.kill(id, 'SIGUSR1');
    await session.waitFor('\r\u001b[Ksigned in with the code');
    await expect(session.waitFor('rc 0')).resolves.toBeUndefined();
  });

  test('an address is pasted, in parts and with spaces around it, after one that is wrong', async () => {
    const session = signIn('paste');
    await session.waitFor('Or paste the address that could not be opened (http://127.0.0.1:…): ');
    const address = `http://127.0.0.1:8400/oauth/callback?code=${'x'.repeat(3_000)}&state=2`;
    session.type('nonsense\r');
    await session.waitFor('Paste the whole address, with http://: ');
    session.type(`  ${address.slice(0, 50)}`);
    await session.waitFor('http://127.0.0.1');
    session.type(`${address.slice(50)} \r`);
    await session.waitFor(`\r\u001b[Ksigned in ${address}\r\n`);
    await session.waitFor('rc 0');
    await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
  });

  test('a browser that comes back removes the line, and what was typed is not left to the shell', async () => {
    const session = signIn('paste');
    const id = await shownProcess(session);
    await session.waitFor('Or paste the address');
    session.type('http://127.0');
    await session.waitFor('http://127.0');
    process.kill(id, 'SIGUSR1');
    await session.waitFor('\r\u001b[Ksigned in from the browser');
    await session.waitFor('rc 0');
    await session.waitFor(' echo ');
    session.type('next\r');
    await expect(session.waitFor('read <next>')).resolves.toBeUndefined();
  });

  test.each([
    ['Ctrl-C at a code', 'code', ctrlC],
    ['Ctrl-C at the line', 'paste', ctrlC],
    ['Ctrl-D at the line', 'paste', ctrlD],
  ] as const)('%s cancels, and the terminal echoes again', async (_, kind, key) => {
    const session = signIn(kind);
    await session.waitFor(kind === 'code' ? 'Waiting for the sign-in' : 'Or paste the address');
    session.type(key);
    await session.waitFor('\r\u001b[Kerror: canceled');
    await session.waitFor('rc 130');
    await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
  });
});

const page = {
  url: new URL('https://oidc.example.com/authorize?x=$(id)\u001b[2J'),
  code: 'AB\u001b]8;;http://evil\u0007\nerror: x',
  named: 'provider corp\u202e',
  expiresAt: new Date('2026-01-01T00:10:00Z'),
};
const sleep = () => new Promise<void>(() => {});
const nowhere = { whyNot: 'this is a test', commands: [] };

function desk(ways: Partial<SignInWays> = {}, overrides: Partial<Host> = {}) {
  const host = fakeHost(overrides);
  const lines: string[] = [];
  const stderr: Host['stderr'] = {
    write(text, done) {
      lines.push(text);
      done();
    },
    ...overrides.stderr,
  };
  const context = { host: { ...host, stderr }, ...createPrinter({ ...host, stderr }) };
  return { lines, signIn: askSignIn(context, { browser: nowhere, env: {}, ...ways }) };
}

test('nothing that is shown controls the terminal', async () => {
  const { signIn, lines } = desk();
  await signIn.showPage(page, AbortSignal.abort());
  expect(lines).toEqual([
    [
      'Sign in for provider corp\\u202e on this page until 00:10 (in 10m):',
      '  https://oidc.example.com/authorize?x=$(id)%1B[2J',
      'Continue only if the page shows the code AB\\u001b]8;;http://evil\\u0007\\nerror: x',
      '',
    ].join('\n'),
  ]);
});

test('a browser is opened by the kind on this machine, and with the page on another one', async () => {
  const record = join(temporaryDirectory(), 'opened');
  const commands = [
    { program: '/bin/sh', args: (url: string) => ['-c', 'echo "$0" >"$RECORD"', url] },
  ];
  const env = { RECORD: record };
  const here = desk({ browser: { commands }, env }, { sleep });
  const over = new AbortController();
  const shown = here.signIn.showPage(page, over.signal);
  expect(existsSync(record)).toBe(false);
  expect(await here.signIn.openPage?.(page.url)).toBe(true);
  expect(existsSync(record)).toBe(true);
  over.abort();
  await shown;

  const other = `${record}-elsewhere`;
  const there = desk({ browser: { ...nowhere, commands }, env: { RECORD: other } }, { sleep });
  expect(there.signIn).not.toHaveProperty('openPage');
  await there.signIn.showPage(page, AbortSignal.abort());
  await expect.poll(() => existsSync(other)).toBe(true);
});

test('the browser of the configuration is opened instead of that of the user', async () => {
  const record = join(temporaryDirectory(), 'opened');
  const { signIn } = desk({ browser: { commands: [] }, env: { RECORD: record } }, { sleep });
  expect(await signIn.openPage?.(page.url)).toBe(false);
  expect(await signIn.openPage?.(page.url, 'echo >"$RECORD"')).toBe(true);
  expect(existsSync(record)).toBe(true);
});

test('a browser that cannot be opened is named in one line, and in the log', async () => {
  const events: unknown[] = [];
  const log: Host['log'] = (event, fields) => void events.push([event, fields]);
  const commands = [{ program: '/bin/sh', args: () => ['-c', 'exit 3'] }];
  const { signIn, lines } = desk(
    { browser: { commands, missing: ['opera does not exist'] } },
    { sleep, log },
  );
  expect(await signIn.openPage?.(page.url)).toBe(false);
  expect(await signIn.openPage?.(page.url, 'exit 4;')).toBe(false);
  expect(lines).toEqual([
    'warning: opera does not exist, /bin/sh exited with 3: open the page yourself\n',
    'warning: spec.browser exited with 4: open the page yourself\n',
  ]);
  expect(events).toEqual([
    ['browser.failed', { exit_code: 3 }],
    ['browser.failed', { exit_code: 4 }],
  ]);
});

test('the flow that the user requires is passed on', () => {
  expect(desk().signIn).not.toHaveProperty('flow');
  expect(desk({ flow: 'device' }).signIn).toMatchObject({ flow: 'device' });
});

test('an address can be pasted only where the line is shown', async () => {
  expect(desk().signIn).not.toHaveProperty('pasteAddress');
  // The terminal is no longer in the foreground.
  const stderr = { ...fakeHost().stderr, isTTY: true };
  const { signIn } = desk({}, { stderr, openTerminal: () => Promise.resolve(undefined) });
  const over = new AbortController();
  const pasted = signIn.pasteAddress?.(over.signal);
  over.abort(new Error('late'));
  await expect(pasted).rejects.toThrow('late');
});

test('Ctrl-C while the page is shown cancels', async () => {
  const listeners: (() => void)[] = [];
  let stopped = 0;
  const { signIn } = desk(
    {},
    {
      onSignals(signals, listener) {
        listeners.push(() => listener(signals[0] ?? 'SIGINT'));
        return () => (stopped += 1);
      },
    },
  );
  const shown = errorOf(signIn.showPage(page, new AbortController().signal));
  await expect.poll(() => listeners.length).toBe(1);
  listeners[0]?.();
  expect(await shown).toMatchObject({ code: 'ERR_CANCELLED' });
  expect(stopped).toBe(1);
});
