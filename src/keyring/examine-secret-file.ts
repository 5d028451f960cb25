import { showValue, type Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { statIfVisible } from '../host/read-files.ts';
import { warning, type Finding } from './inspection.ts';

/**
 * Whether other users can access a file that opens the keyring. It is used all the same: age and bao
 * do that too, and containers mount such files readable. Nothing is said of a file of another user,
 * whose permissions the user cannot change, or of one that does not exist, which opening reports.
 *
 * @param what `identity`, for the message
 */
export function examineSecretFile(
  what: string,
  file: Sourced<string> | undefined,
  { userId }: Pick<Host, 'userId'>,
): Finding[] {
  const stats = file && statIfVisible(file.value);
  if (file === undefined || !stats?.isFile()) return [];
  const permissions = permissionCheckFor(userId).permissionsOf(file.value, stats);
  if (permissions === undefined || !permissions.isOurs) return [];
  const { others, openness } = permissions;
  if (!others.read && !others.write) return [];
  const named = `the ${what} file ${showValue(file)} (from ${file.source})`;
  const message = `other users can access ${named}, which opens the keyring (${openness})`;
  const hints = file.tag === undefined ? [permissions.closeCommand()] : [];
  return [warning('secret-file', message, ...hints)];
}
