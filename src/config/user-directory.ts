import { closedInHome, describeClosed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';

/** A directory of the user's own configuration, where it can be searched. */
export interface UserDirectory {
  readonly path?: string;
  /** Why it is treated as missing although it may exist. The same text for the same cause. */
  readonly warning?: string;
}

/** @param directory undefined without a home directory */
export function userDirectory(
  directory: string | undefined,
  host: Pick<Host, 'homeDirectory'>,
): UserDirectory {
  if (directory === undefined) return {};
  const closed = closedInHome(directory, host);
  if (closed === undefined) return { path: directory };
  return { warning: `${describeClosed(closed)}: files in it are treated as missing` };
}
