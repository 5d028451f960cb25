import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readInput } from '../../../src/cli/ui/read-input.ts';
import { errorOf } from '../../support/error-of.ts';

/** Standard input with these chunks. */
function inputOf(...parts: readonly (string | Buffer)[]) {
  const stdin = new PassThrough();
  for (const part of parts) stdin.write(part);
  stdin.end();
  return stdin;
}

const hostWith = (stdin: PassThrough & { isTTY?: boolean }) => ({
  stdin,
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    sleep(milliseconds, undefined, signal && { signal }),
});

test('all of it is read, in any chunks; a byte order mark is dropped', async () => {
  const text = Buffer.from('\ufeff{"ä": 1}\n');
  expect(await readInput(hostWith(inputOf(text.subarray(0, 6), text.subarray(6))))).toBe(
    '{"ä": 1}\n',
  );
  expect(await readInput(hostWith(inputOf()))).toBe('');
  expect(await readInput(hostWith(inputOf('a'.repeat(65_536))))).toHaveLength(65_536);
});

test.each([
  [inputOf('a'.repeat(65_536), 'a'), 'standard input has more than 65536 bytes'],
  [inputOf(Buffer.from([0x22, 0xff])), 'standard input is not UTF-8 text'],
])('input that is too large or not text is refused', async (stdin, message) => {
  expect(await errorOf(readInput(hostWith(stdin)))).toMatchObject({ code: 'ERR_USAGE', message });
});

test('a terminal, which would show what is typed, is refused', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  expect(await errorOf(readInput(hostWith(stdin)))).toMatchObject({
    code: 'ERR_USAGE',
    message: 'standard input is a terminal, which would show the secret',
    hints: [
      'give the JSON through a pipe or a file: --stdin < key.json',
      'omit --stdin to be prompted',
    ],
  });
});

test('a read error is reported', async () => {
  const stdin = new PassThrough();
  stdin.destroy(Object.assign(new Error('read'), { code: 'EISDIR' }));
  expect(await errorOf(readInput(hostWith(stdin)))).toMatchObject({
    code: 'ERR_USAGE',
    message: 'standard input cannot be read: it is a directory',
  });
});

test('input that does not end is waited for for one minute', async () => {
  let waitedMs = 0;
  const host = {
    stdin: new PassThrough(),
    sleep: (milliseconds: number) => Promise.resolve(void (waitedMs = milliseconds)),
  };
  expect(await errorOf(readInput(host))).toMatchObject({
    code: 'ERR_USAGE',
    message: 'standard input did not end within 60 seconds',
    hints: ['give the JSON through a pipe or a file: --stdin < key.json'],
  });
  expect(waitedMs).toBe(60_000);
});
