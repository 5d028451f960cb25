import { parse, toNamespacedPath } from 'node:path';
import type { PermissionCheck } from '../permission-judgement.ts';
import { api, windowsError } from './api.ts';
import { currentUser, openPath, securityOf } from './files.ts';
import { judge, weakest } from './permission-judgement.ts';

/** By access lists: docs/adr/0016-access-lists.md. */
export const windowsPermissionCheck: PermissionCheck = {
  self: currentUser,
  permissionsOf(path, stats) {
    const isDrive = parse(path).root === path;
    const allPermissions = securityOf(path, stats)?.map(({ kind, descriptor }) =>
      judge(
        {
          path,
          isDirectory: stats.isDirectory() && kind !== 'mount point',
          isRoot: isDrive || kind === 'root of a volume',
          isLink: stats.isSymbolicLink() || kind === 'mount point',
          descriptor,
        },
        currentUser(),
      ),
    );
    return allPermissions && weakest(allPermissions);
  },
};

// What we make says itself who may use it. A new file would take that from its directory, but a
// directory that another program has made need not hand anything on.
const createNew = 1;
const genericWrite = 0x40000000;
const mayAll = ['SY', 'BA'];

/** Makes a directory that only we, SYSTEM and Administrators may use, with all that is made in it. */
export function makePrivateDirectory(path: string): void {
  const { createDirectory } = api;
  withPrivateSecurity('OICI', (security) => {
    if (createDirectory(toNamespacedPath(path), security) === 0) throw windowsError('make', path);
  });
}

/** Makes an empty file that only we, SYSTEM and Administrators may use. Fails with EEXIST. */
export function makePrivateFile(path: string): void {
  const handle = withPrivateSecurity('', (security) =>
    openPath(path, { access: genericWrite, how: createNew, security }),
  );
  api.closeHandle(handle);
}

/**
 * @param inherited by what is made in it: `OICI` or nothing
 * @param use gets `SECURITY_ATTRIBUTES`: their length, the descriptor, that no program inherits it
 */
export function withPrivateSecurity<T>(inherited: string, use: (security: Buffer) => T): T {
  const { securityOfText, localFree, pointerBytes } = api;
  const entries = [...mayAll, currentUser()].map((who) => `(A;${inherited};FA;;;${who})`).join('');
  const descriptor = Buffer.alloc(8);
  if (securityOfText(`D:P${entries}`, 1, descriptor, null) === 0)
    throw windowsError('make', 'an access list');
  const security = Buffer.alloc(3 * pointerBytes);
  security.writeUInt32LE(security.length);
  descriptor.copy(security, pointerBytes, 0, pointerBytes);
  try {
    return use(security);
  } finally {
    localFree(descriptor.readBigUInt64LE());
  }
}
