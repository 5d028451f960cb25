import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createWrite } from '../../src/cli/streams.ts';
import { captureStream } from './capture.ts';

function failingStream(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`${code}: write`), { code }));
    },
  });
}

test('text is written when the promise settles', async () => {
  const stream = captureStream();
  const write = createWrite(() => stream, 'standard output');
  await write('one\n');
  expect(stream.text()).toBe('one\n');
});

test('the stream is made at the first write', async () => {
  let made = 0;
  const write = createWrite(() => {
    made++;
    return captureStream();
  }, 'standard output');
  expect(made).toBe(0);
  await write('a');
  await write('b');
  expect(made).toBe(1);
});

test('a reader that has left is no failure, now and later', async () => {
  const write = createWrite(() => failingStream('EPIPE'), 'standard output');
  await expect(write('one')).resolves.toBeUndefined();
  await expect(write('two')).resolves.toBeUndefined();
});

test('a full disk is a failure', async () => {
  await expect(
    createWrite(() => failingStream('ENOSPC'), 'standard output')('one'),
  ).rejects.toMatchObject({
    code: 'ERR_IO',
    message: 'cannot write to standard output: ENOSPC',
  });
});
