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
 * A warning about an agent whose socket is in a directory that systemd removes at the last logout.
 * Undefined if it is in another directory, or if lingering is enabled for the user.
 *
 * @param root of the file system; tests pass another one
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
