import { say } from '../core/hint.ts';
import { fileSaying, valueAt, type ConfigFile } from './config-file.ts';
import { locateProblem, type LocatedProblem } from './problems.ts';
import { formatPath } from './yaml-position.ts';

type Path = readonly string[];

/** What chooses another type than `file`. */
export interface OtherType {
  readonly type: string;
  /** Which setting says so. Undefined: none, and the default counts. */
  readonly path: Path | undefined;
}

const keys = ['path', 'password_env', 'password_file', 'password_command', 'auto_unlock'];

/**
 * Settings of the file keyring that are certainly a mistake: in the file that chooses another type, or
 * where no file chooses any. A file that another one overrides, such as a profile for CI, may say them.
 */
export function misplacedSpec(
  files: readonly ConfigFile[],
  { type, path: typePath }: OtherType,
): LocatedProblem[] {
  if (files.length === 0) return [];
  return keys.flatMap((key) => {
    const path = ['auth', 'keyring', 'spec', key];
    const file = fileSaying(files, typePath ?? path);
    const value = valueAt(file.settings, path);
    if (typeof value !== 'string' || value === '') return [];
    const message =
      typePath === undefined
        ? `is a setting of the file keyring, but no type is chosen, and the default is ${type}`
        : `is a setting of the file keyring, but ${formatPath(typePath)} is ${type}`;
    const hint =
      typePath === undefined
        ? say('add type: file under auth.keyring')
        : say(`set ${formatPath(typePath)} to file, or remove ${formatPath(path)}`);
    return [locateProblem({ path, message, hint, file }, files)];
  });
}
