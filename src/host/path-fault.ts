import { showPermissions, type Hint } from '../core/hint.ts';
import type { PathFault } from './own-path.ts';

/** What is wrong with the part of the path, for a message that has named it. */
export function describeFault({ kind, permissions }: PathFault): string {
  if (kind === 'no-directory') return 'is not a directory';
  if (kind === 'owner') return `belongs to ${permissions?.owner}`;
  if (kind === 'writable') return `can be changed by other users (${permissions?.openness})`;
  return 'was replaced while it was checked';
}

/** What fixes it: our own directory can be closed, of another one only the permissions can be shown. */
export function faultHint({ at, kind, permissions }: PathFault): Hint {
  return kind === 'writable' && permissions?.isOurs === true
    ? permissions.withdrawCommand()
    : showPermissions(at);
}
