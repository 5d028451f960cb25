import process from 'node:process';

/** Whether the tests run as root, which ignores file modes and can change owners. */
export const isRoot = process.getuid?.() === 0;

/** A user that is not root and owns nothing. */
export const strangerId = 65_534;

/**
 * Runs as that user what root would always be allowed to do. The user ids of this process change
 * meanwhile.
 */
export async function asStranger<T>(run: () => Promise<T>): Promise<T> {
  process.setegid?.(strangerId);
  process.seteuid?.(strangerId);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
