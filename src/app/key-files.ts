import type { KeyFileImporter, ReadKeyFile } from '../clouds/key-contract.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { showPermissions } from '../core/hint.ts';
import { keepsOut, type Closed } from '../host/closed-home.ts';
import { reasonOf } from '../host/denial.ts';
import { irregularKindAt, readRegularFile } from '../host/read-files.ts';

/**
 * Reads the files of another tool. A missing file and a device such as /dev/null count as empty.
 *
 * @param closed a directory that cannot be searched: a file in it also counts as empty
 * @throws ERR_IO if the file cannot be read, or is a directory or a named pipe
 */
export function keyFileReader(
  { fileTitle }: Pick<KeyFileImporter, 'fileTitle'>,
  closed?: Closed,
): ReadKeyFile {
  return (path) => {
    try {
      const text = readRegularFile(path);
      if (text !== undefined) return text;
    } catch (error) {
      const reason = systemErrorCode(error);
      if (reason === undefined) throw error;
      if (reason === 'ENOENT') return '';
      if (closed !== undefined && keepsOut(error) && path.startsWith(closed.path)) return '';
      if (irregularKindAt(path) === undefined) {
        throw new AtmosError(
          'ERR_IO',
          `cannot read ${fileTitle} ${path}: ${reasonOf(reason, path)}`,
        );
      }
    }
    const kind = irregularKindAt(path);
    if (kind === undefined || kind === 'a device') return '';
    throw new AtmosError('ERR_IO', `cannot read ${fileTitle} ${path}: it is ${kind}`, {
      hints: [showPermissions(path)],
    });
  };
}
