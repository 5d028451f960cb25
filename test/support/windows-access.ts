import { windowsError } from '../../src/host/windows/system-error.ts';
import { koffi } from '../../src/host/koffi.ts';
import { currentUser } from '../../src/host/windows/files.ts';

const list = 0x4;
const listIsProtected = 0x80000000;

/**
 * Gives a file or a directory an access list, as a person does in its properties.
 *
 * @param entries in SDDL, `(A;;FR;;;WD)`; ours is always among them
 */
export function setAccess(path: string, entries: string): void {
  const advapi = koffi.load('advapi32.dll');
  const parse = advapi.func(
    'int __stdcall ConvertStringSecurityDescriptorToSecurityDescriptorW(str16 text, uint32 revision, void *descriptor, void *length)',
  );
  const set = advapi.func(
    'int __stdcall SetFileSecurityW(str16 path, uint32 what, uintptr_t descriptor)',
  );
  const descriptor = Buffer.alloc(8);
  const text = `D:P(A;OICI;FA;;;${currentUser()})${entries}`;
  if (parse(text, 1, descriptor, null) === 0) throw windowsError('describe', path);
  const what = list | listIsProtected;
  if (set(path, what, descriptor.readBigUInt64LE()) === 0) throw windowsError('set', path);
}
