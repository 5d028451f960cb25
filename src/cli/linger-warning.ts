import { userInfo } from 'node:os';
import { join } from 'node:path';
import { run, type Hint } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import { statIfVisible } from '../host/read-files.ts';

interface LingerWarning {
  readonly message: string;
  readonly hints: readonly Hint[];
}

/**
 * What there is to say of an agent whose socket is in a directory that systemd removes at the last
 * logout; undefined where it is not, or where the user lingers.
 *
 * @param root of the file system; tests give another
 */
export function lingerWarning(
  socket: string,
  { userId }: Pick<Host, 'userId'>,
  root = '/',
): LingerWarning | undefined {
  const directory = `/run/user/${userId}`;
  if (!socket.startsWith(`${directory}/`)) return undefined;
  const name = userName();
  if (name !== undefined && statIfVisible(join(root, 'var/lib/systemd/linger', name)))
    return undefined;
  return {
    message: `it is locked at your last logout, when ${directory} is removed`,
    hints: [run(['loginctl', 'enable-linger'], 'to keep it unlocked')],
  };
}

/** Undefined for a user without a name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
