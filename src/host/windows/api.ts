import { loadKoffi } from '../koffi.ts';

// The calls of Windows that Node does not offer. Importing this module loads koffi.
export type Handle = bigint;

const koffi = loadKoffi();
const pointerBytes = koffi.sizeof('void *');
const kernel = koffi.load('kernel32.dll');
const advapi = koffi.load('advapi32.dll');
const uint = (prototype: string, library = kernel): ((...values: unknown[]) => number) =>
  library.func(prototype);
const createFile: (...values: unknown[]) => number | bigint = kernel.func(
  'uintptr_t __stdcall CreateFileW(str16 name, uint32 access, uint32 share, void *security, uint32 how, uint32 flags, uintptr_t pattern)',
);
export const api = {
  pointerBytes,
  invalidHandle: BigInt.asUintN(8 * pointerBytes, -1n),
  /** koffi may return a number or a bigint for a pointer-sized integer. */
  createFile: (...values: unknown[]) => BigInt(createFile(...values)),
  closeHandle: uint('int __stdcall CloseHandle(uintptr_t handle)'),
  writeFile: uint(
    'int __stdcall WriteFile(uintptr_t file, void *bytes, uint32 length, _Out_ uint32 *written, void *overlapped)',
  ),
  setEndOfFile: uint('int __stdcall SetEndOfFile(uintptr_t file)'),
  lockFile: uint(
    'int __stdcall LockFileEx(uintptr_t file, uint32 flags, uint32 reserved, uint32 low, uint32 high, void *overlapped)',
  ),
  unlockFile: uint(
    'int __stdcall UnlockFileEx(uintptr_t file, uint32 reserved, uint32 low, uint32 high, void *overlapped)',
  ),
  fileInformation: uint(
    'int __stdcall GetFileInformationByHandle(uintptr_t file, void *information)',
  ),
  moveFile: uint('int __stdcall MoveFileExW(str16 from, str16 to, uint32 flags)'),
  createDirectory: uint('int __stdcall CreateDirectoryW(str16 path, void *security)'),
  driveType: uint('uint32 __stdcall GetDriveTypeW(str16 root)'),
  lastError: uint('uint32 __stdcall GetLastError()'),
  localFree: uint('uintptr_t __stdcall LocalFree(uintptr_t memory)'),
  objectSecurity: uint(
    'int __stdcall GetKernelObjectSecurity(uintptr_t handle, uint32 what, void *descriptor, uint32 length, _Out_ uint32 *needed)',
    advapi,
  ),
  securityOfText: uint(
    'int __stdcall ConvertStringSecurityDescriptorToSecurityDescriptorW(str16 text, uint32 revision, void *descriptor, void *length)',
    advapi,
  ),
  openProcessToken: uint(
    'int __stdcall OpenProcessToken(intptr_t process, uint32 access, void *token)',
    advapi,
  ),
  tokenInformation: uint(
    'int __stdcall GetTokenInformation(uintptr_t token, int what, void *information, uint32 length, _Out_ uint32 *needed)',
    advapi,
  ),
};

// The names that libuv uses, so that callers can check a code without knowing whether Node or this
// module made the call.
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

/** The Windows error number. Read it immediately after the failed call. */
export function lastError(): number {
  return api.lastError();
}
