import { expect, test } from 'vitest';
import type { Output } from '../../src/host/host.ts';
import { createWrite } from '../../src/cli/streams.ts';
import { captureStream } from './capture.ts';

function failingOutput(code: string): Output {
  return { write: (_, done) => done(Object.assign(new Error(`${code}: write`), { code })) };
}

test('the promise resolves after the text is written', async () => {
  const stream = captureStream();
  const write = createWrite(stream, 'standard output');
  await write('one\n');
  expect(stream.text()).toBe('one\n');
});

test('a reader that has exited is not a failure, now or later', async () => {
  const write = createWrite(failingOutput('EPIPE'), 'standard output');
  await expect(write('one')).resolves.toBeUndefined();
  await expect(write('two')).resolves.toBeUndefined();
});

test('a full disk is a failure', async () => {
  await expect(
    createWrite(failingOutput('ENOSPC'), 'standard output')('one'),
  ).rejects.toMatchObject({
    code: 'ERR_IO',
    message: 'cannot write to standard output: no space left on the device',
  });
});
