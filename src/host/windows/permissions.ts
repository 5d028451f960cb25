import { parse, toNamespacedPath } from 'node:path';
import type { PermissionCheck } from '../permission-judgement.ts';
import { api, windowsError } from './api.ts';
import { currentUser, openPath, securityOf } from './files.ts';
import { judge, weakest } from './permission-judgement.ts';

/** Checks access lists: docs/adr/0016-access-lists.md. */
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

// New files and directories get an explicit access list. By default they inherit one from their
// directory, but a directory that another program has created may have nothing to inherit.
const createNew = 1;
const genericWrite = 0x40000000;
const mayAll = ['SY', 'BA'];

/**
 * Creates a directory that only the current user, SYSTEM and Administrators may access. Its content
 * inherits this.
 */
export function makePrivateDirectory(path: string): void {
  const { createDirectory } = api;
  withPrivateSecurity('OICI', (security) => {
    if (createDirectory(toNamespacedPath(path), security) === 0) throw windowsError('make', path);
  });
}

/**
 * Creates an empty file that only the current user, SYSTEM and Administrators may access. Fails
 * with EEXIST.
 */
export function makePrivateFile(path: string): void {
  const handle = withPrivateSecurity('', (security) =>
    openPath(path, { access: genericWrite, how: createNew, security }),
  );
  api.closeHandle(handle);
}

/**
 * @param inherited inheritance flags for the content: `OICI` or nothing
 * @param use receives `SECURITY_ATTRIBUTES`: its length, the descriptor, and no inheritance by
 *   child processes
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
