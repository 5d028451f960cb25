import { api } from './api.ts';

// As libuv names them, so that who asks for a code need not know which of the two was called.
const codes: Readonly<Record<number, string>> = {
  1: 'ENOTSUP',
  2: 'ENOENT',
  3: 'ENOENT',
  4: 'EMFILE',
  5: 'EPERM',
  19: 'EROFS',
  32: 'EBUSY',
  33: 'EBUSY',
  36: 'ENOLCK',
  39: 'ENOSPC',
  50: 'ENOTSUP',
  53: 'ENOENT',
  80: 'EEXIST',
  112: 'ENOSPC',
  123: 'ENOENT',
  161: 'ENOENT',
  183: 'EEXIST',
  206: 'ENAMETOOLONG',
  267: 'ENOTDIR',
  1117: 'EIO',
};

/** The error of the call that has just failed. */
export function windowsError(call: string, path: string, number = lastError()): Error {
  const code = codes[number] ?? `EWINDOWS${number}`;
  return Object.assign(new Error(`${code}: ${call} '${path}' (Windows error ${number})`), {
    code,
    path,
  });
}

/** Its number: to be asked for at once. */
export function lastError(): number {
  return api.lastError();
}
