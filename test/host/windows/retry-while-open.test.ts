import { expect, test } from 'vitest';
import { mayBeOpen, retryWhileOpen } from '../../../src/host/windows/retry-while-open.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

/** Runs what fails so many times by this error. Tells how long was waited, and how it ended. */
function running(code: string, times: number) {
  let [tries, waitedMs] = [0, 0];
  try {
    retryWhileOpen(
      () => {
        if (tries++ < times) throw failure(code);
      },
      (milliseconds) => void (waitedMs += milliseconds),
    );
    return { waitedMs, ended: 'well' };
  } catch (error) {
    return { waitedMs, ended: error };
  }
}

test('a file in use is waited for about a second', () => {
  expect(running('EBUSY', Infinity)).toEqual({ waitedMs: 1051, ended: failure('EBUSY') });
  expect(running('EBUSY', 20)).toMatchObject({ ended: 'well' });
});

test.each(['EPERM', 'EACCES', 'ENOTEMPTY'])('%s may pass, and is waited for briefly', (code) => {
  expect(running(code, Infinity)).toEqual({ waitedMs: 51, ended: failure(code) });
  expect(running(code, 3)).toEqual({ waitedMs: 7, ended: 'well' });
});

test('what does not pass is not waited for', () => {
  expect(running('ENOENT', Infinity)).toEqual({ waitedMs: 0, ended: failure('ENOENT') });
});

test('where access is denied a file may be open that can be replaced or cannot be looked at', () => {
  const file = (mode: number) => () => ({ mode, isFile: () => true });
  expect(mayBeOpen('to', file(0o666))).toBe(true);
  expect(mayBeOpen('to', file(0o444))).toBe(false);
  expect(mayBeOpen('to', () => ({ mode: 0o666, isFile: () => false }))).toBe(false);
  expect(mayBeOpen('to', () => undefined)).toBe(false);
  expect(
    mayBeOpen('to', () => {
      throw failure('EPERM');
    }),
  ).toBe(true);
});
