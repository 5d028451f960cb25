import type * as calls from './calls.ts';

type Windows = typeof calls;

let loaded: Windows | undefined;

/**
 * Loads what works on files by the calls of Windows, and does nothing elsewhere. Whoever uses the real
 * machine does it first: once a file is looked at there is no time to wait, and elsewhere no start
 * shall take the time.
 */
export async function loadWindows(): Promise<void> {
  if (process.platform === 'win32') loaded ??= await import('./calls.ts');
}

/** Undefined elsewhere than on Windows. */
export function windows(): Windows | undefined {
  if (loaded === undefined && process.platform === 'win32')
    throw new TypeError('loadWindows() was not called');
  return loaded;
}
