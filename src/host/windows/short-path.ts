import { koffi } from '../koffi.ts';

// Longer than any path of Windows.
const maxCharacters = 32_768;

/** Windows: the same file by its 8.3 names. A disk may be without them: then the path as it is. */
export function shortPath(path: string): string {
  const getShortPathName = koffi
    .load('kernel32.dll')
    .func('uint32_t __stdcall GetShortPathNameW(const char16_t *from, void *to, uint32_t size)');
  const short = Buffer.alloc(maxCharacters * 2);
  const length: unknown = getShortPathName(path, short, maxCharacters);
  if (typeof length !== 'number' || length === 0 || length >= maxCharacters) return path;
  return short.toString('utf16le', 0, length * 2);
}
