import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileProgram, type Program } from '../../support/compile.ts';
import { openPty, type PtySession } from '../../support/pty.ts';

const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };
const [ctrlC, ctrlZ] = ['\u0003', '\u001a'];

let program: Program;
beforeAll(async () => {
  program = await compileProgram('test/cli/ui/ask.ts');
});
afterAll(() => program.remove());

const ask = (kind: string) => openPty(process.execPath, [program.file, kind], { env });

/**
 * The same in a shell, which then shows the settings of the terminal. It goes on until the test ends: what a
 * program prints last can be lost when its terminal is closed.
 */
function askInShell(kind: string, after = ''): PtySession {
  const start = `sh -c 'echo "process $$."; exec "$@"' sh '${process.execPath}' '${program.file}' ${kind}`;
  return openPty(
    'sh',
    [
      '-c',
      `trap : INT; set -m; ${start}; echo "rc $?"; stty -a; ${after}${after && ';'} read -r _`,
    ],
    {
      env,
    },
  );
}

async function shownProcess(session: PtySession): Promise<number> {
  await session.waitFor('process ');
  await session.waitFor('.');
  return Number(/process (\d+)/.exec(session.shown())?.[1]);
}

test('what is typed while an answer is checked is not shown', async () => {
  const session = askInShell('check');
  await session.waitFor('Secret');
  session.type('typed once\r');
  await session.waitFor('checking');
  session.type('typed twice\r');
  // The terminal processes the keys in their order.
  session.type(ctrlC);
  await session.waitFor('rc 130');
  expect(session.shown()).not.toContain('typed');
});

test('a second line that is typed with the answer is not shown', async () => {
  const session = askInShell('check');
  await session.waitFor('Secret');
  session.type('typed once\rtyped twice\r');
  await session.waitFor('checking');
  session.type(ctrlC);
  await session.waitFor('rc 130');
  expect(session.shown()).not.toContain('typed');
});

test('two pasted lines are the answers to two prompts', async () => {
  for (const lineEnd of ['\r', '\n', '\r\n']) {
    const session = ask('two');
    await session.waitFor('Name');
    session.type(`ada${lineEnd}pasted secret${lineEnd}`);
    await session.waitFor('answer ["ada","pasted secret"]');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(session.shown().split('pasted secret')).toHaveLength(2);
  }
});

test('a line that is pasted after a refused one is not shown', async () => {
  const session = ask('two');
  await session.waitFor('Name');
  session.type('refused\rpasted secret\r');
  await session.waitFor('not this one');
  session.type(ctrlC);
  expect(await session.ended).toMatchObject({ exitCode: 130 });
  expect(session.shown()).not.toContain('pasted');
});

test('a prompt about something else does not take the second line', async () => {
  const session = ask('two-apart');
  await session.waitFor('Secret');
  session.type('typed once\rtyped twice\r');
  await session.waitFor('Name');
  session.type('ada\r');
  await session.waitFor('answer ["typed once","ada"]');
  expect(session.shown()).not.toContain('typed twice');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('%s between prompts terminates, and the terminal echoes again', async (signal, rc) => {
  const session = askInShell('check');
  const started = await shownProcess(session);
  await session.waitFor('Secret');
  session.type('typed once\r');
  await session.waitFor('checking');
  process.kill(started, signal);
  await session.waitFor(`rc ${rc}`);
  await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
});

test('Ctrl-C between prompts terminates, and the terminal echoes again', async () => {
  const session = askInShell('check');
  await session.waitFor('Secret');
  session.type('typed once\r');
  await session.waitFor('checking');
  session.type(ctrlC);
  await session.waitFor('rc 130');
  await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
});

test.each([
  ['after an answer', 'ada\r', 'rc 0'],
  ['after Ctrl-C', ctrlC, 'rc 130'],
])('the terminal echoes again %s', async (_, keys, rc) => {
  const session = askInShell('text');
  await session.waitFor('Name');
  session.type(keys);
  await session.waitFor(rc);
  await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
});

test.each([
  ['SIGTERM', 143],
  ['SIGQUIT', 131],
] as const)('%s during a prompt terminates, and the terminal echoes again', async (signal, rc) => {
  const session = askInShell('masked');
  const started = await shownProcess(session);
  await session.waitFor('Secret');
  process.kill(started, signal);
  await session.waitFor(`rc ${rc}`);
  await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
});

test('a program that is started gets a terminal that echoes', async () => {
  const session = ask('run');
  await session.waitFor('Secret');
  session.type('typed once\rtyped twice\r');
  await session.waitFor(' icanon ');
  await session.waitFor(' echo ');
  await session.waitFor('answer 0');
  expect(session.shown()).not.toContain('typed');
});

test('the shell of a suspended command has a terminal that echoes, and the continued command does not', async () => {
  const session = askInShell('check', 'fg; echo "then $?"; stty -a');
  await session.waitFor('Secret');
  session.type('typed once\r');
  await session.waitFor('checking');
  session.type(ctrlZ);
  await session.waitFor(' echo ');
  await session.waitFor('continued');
  session.type(`typed twice\r${ctrlC}`);
  await session.waitFor('then 130');
  await session.waitFor(' echo ');
  expect(session.shown()).not.toContain('typed');
});

test('a prompt that was suspended goes on', async () => {
  const session = askInShell('masked', 'fg; echo "then $?"');
  await session.waitFor('Secret');
  session.type(`abc${ctrlZ}`);
  await session.waitFor(' echo ');
  await session.waitFor('masked');
  session.type('def\r');
  await session.waitFor('answer "abcdef"');
  await expect(session.waitFor('then 0')).resolves.toBeUndefined();
});
