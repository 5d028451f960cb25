import { lstatSync } from 'node:fs';
import { shellWord } from '../../../core/shell-word.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { networkFileSystem } from '../directory.ts';
import { translating } from '../system-error.ts';

const accessibleToOthers = 0o077;

/** Whether the names of the entries can be seen by others: written by them it is not used at all. */
export function examineDirectory(directory: string): Finding {
  const { mode } = translating('look at', directory, () => lstatSync(directory));
  if ((mode & accessibleToOthers) === 0) {
    return ok('directory', `${directory} is yours alone, and so is the way to it`);
  }
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return warning(
    'directory',
    `other users can look into ${directory} (mode ${shown}): what identities and realms there are, they see`,
    `chmod 700 ${shellWord(directory)}`,
  );
}

export function examineNetwork(directory: string): Finding {
  const network = networkFileSystem(directory);
  if (network === undefined) return ok('network-file-system', 'it is on a disk of this machine');
  return warning(
    'network-file-system',
    `it is on a network file system (${network}): of writers on two machines at once, one may undo the other's change of the password`,
    'export ATMOS_KEYRING_FILE_PATH=<a directory on a disk of this machine>',
  );
}
