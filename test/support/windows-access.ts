import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const list = 0x4;
const listIsProtected = 0x80000000;

/**
 * Gives a file or a directory an access list, as a user does in its properties.
 *
 * @param entries in SDDL, `(A;;FR;;;WD)`; our own entry is always added
 */
export async function setAccess(path: string, entries: string): Promise<void> {
  // These modules load libraries of Windows.
  const { loadKoffi } = await import('../../src/host/koffi.ts');
  const { currentUser } = await import('../../src/host/windows/files.ts');
  const { windowsError } = await import('../../src/host/windows/api.ts');
  const advapi = loadKoffi().load('advapi32.dll');
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

/** Wine shows the owner of the host system, which root can change. */
export const canGiveAway =
  process.env['WINEPREFIX'] !== undefined && process.env['WINEUSERNAME'] === 'root';

/** Gives a file or a directory to another user, where {@link canGiveAway}. */
export function giveAway(path: string): void {
  const drive = join(process.env['WINEPREFIX'] ?? '', 'drive_c').replaceAll('\\', '/');
  const there = `${drive}/${path.slice('C:\\'.length).replaceAll('\\', '/')}`;
  const start = join(process.env['SystemRoot'] ?? '', 'system32', 'start.exe');
  spawnSync(start, ['/wait', '/unix', '/bin/chown', '12345', there]);
}

/**
 * Opens a file so that no other process can open it, as a program without file sharing does.
 * Returns a function that closes it.
 */
export async function openAlone(path: string): Promise<() => void> {
  const { api } = await import('../../src/host/windows/api.ts');
  const genericRead = 0x80000000;
  const handle = api.createFile(path, genericRead, 0, null, 3, 0, 0);
  return () => void api.closeHandle(handle);
}
