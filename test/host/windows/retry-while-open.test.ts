import { expect, test } from 'vitest';
import { mayBeOpen, retryWhileOpen } from '../../../src/host/windows/retry-while-open.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

/**
 * Runs an operation that fails this many times with this code. Returns the waiting time and the
 * result.
 */
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

test('an open file is retried for about one second', () => {
  expect(running('EBUSY', Infinity)).toEqual({ waitedMs: 1051, ended: failure('EBUSY') });
  expect(running('EBUSY', 20)).toMatchObject({ ended: 'well' });
});

test.each(['EPERM', 'EACCES', 'ENOTEMPTY'])(
  '%s may be temporary and is retried briefly',
  (code) => {
    expect(running(code, Infinity)).toEqual({ waitedMs: 51, ended: failure(code) });
    expect(running(code, 3)).toEqual({ waitedMs: 7, ended: 'well' });
  },
);

test('other errors are not retried', () => {
  expect(running('ENOENT', Infinity)).toEqual({ waitedMs: 0, ended: failure('ENOENT') });
});

test('a file with denied access may be open if it can be replaced or has no readable attributes', () => {
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
