import type * as calls from './calls.ts';

type Windows = typeof calls;

let loaded: Windows | undefined;

/**
 * Loads the Windows file functions; does nothing on other systems. Call it before using the real
 * machine: file checks are synchronous and cannot wait for an import, and other systems should not
 * spend the time.
 */
export async function loadWindows(): Promise<void> {
  if (process.platform === 'win32') loaded ??= await import('./calls.ts');
}

/** Undefined on systems other than Windows. */
export function windows(): Windows | undefined {
  if (loaded === undefined && process.platform === 'win32')
    throw new TypeError('loadWindows() was not called');
  return loaded;
}
