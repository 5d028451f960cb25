import { createRequire } from 'node:module';
import type koffi from 'koffi';

/**
 * The one door to koffi, which calls native code. The first call loads it, about 6 ms. Not by
 * `import()`: on Windows a look at a file needs it, in the middle of what does not wait.
 */
export function loadKoffi(): typeof koffi {
  return createRequire(import.meta.url)('koffi');
}
