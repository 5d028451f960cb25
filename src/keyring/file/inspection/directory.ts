import { lstatSync } from 'node:fs';
import { setCommand } from '../../../core/hint.ts';
import type { Host } from '../../../host/host.ts';
import { guardianFor } from '../../../host/permissions.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { networkFileSystem } from '../directory.ts';
import { translating } from '../system-error.ts';

/** Whether the names of the entries can be seen by others: written by them it is not used at all. */
export function examineDirectory(directory: string, { userId }: Pick<Host, 'userId'>): Finding {
  const standing = translating('look at', directory, () =>
    guardianFor(userId).standingOf(directory, lstatSync(directory)),
  );
  if (standing === undefined || !(standing.others.read || standing.others.write)) {
    return ok('directory', `${directory} is yours alone, and so is the way to it`);
  }
  return warning(
    'directory',
    `other users can look into ${directory} (${standing.openness}): what identities and realms there are, they see`,
    standing.closeCommand(),
  );
}

export function examineNetwork(directory: string): Finding {
  const network = networkFileSystem(directory);
  if (network === undefined) return ok('network-file-system', 'it is on a disk of this machine');
  return warning(
    'network-file-system',
    `it is on a network file system (${network}): of writers on two machines at once, one may undo the other's change of the password`,
    setCommand('ATMOS_KEYRING_FILE_PATH', '<a directory on a disk of this machine>'),
  );
}
