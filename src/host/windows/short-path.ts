import { loadKoffi } from '../koffi.ts';

// Longer than any Windows path.
const maxCharacters = 32_768;

/**
 * Windows: the path of the same file with 8.3 names, or the unchanged path if the disk has no such
 * names.
 */
export function shortPath(path: string): string {
  const getShortPathName = loadKoffi()
    .load('kernel32.dll')
    .func('uint32_t __stdcall GetShortPathNameW(const char16_t *from, void *to, uint32_t size)');
  const short = Buffer.alloc(maxCharacters * 2);
  const length: unknown = getShortPathName(path, short, maxCharacters);
  if (typeof length !== 'number' || length === 0 || length >= maxCharacters) return path;
  return short.toString('utf16le', 0, length * 2);
}
