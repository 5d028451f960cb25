import { say } from '../core/hint.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { describedKeys, type About } from '../core/validate.ts';
import { fileSaying, valueAt, type ConfigFile } from './config-file.ts';
import { locateProblem, type LocatedProblem } from './problems.ts';
import { formatPath } from './yaml-position.ts';

// `auth.keyring.spec`: settings of the backends of the keyring, which config/ does not know. What is done
// with a key its schema says.

type Path = readonly string[];

export const specPath: Path = ['auth', 'keyring', 'spec'];

/** The type of keyring that is used, where another one has a key. */
export interface OtherType {
  readonly type: string;
  /** Which setting says so. Undefined: none, and the default counts. */
  readonly path: Path | undefined;
  /** Keys that it does not have, each with the type that does. */
  readonly unused: Readonly<Record<string, string>>;
}

/**
 * Settings of another type of keyring that are certainly a mistake: in the file that chooses the type, or
 * where no file chooses any. A file that another one overrides, such as a profile for CI, may say them.
 */
export function misplacedSpec(
  files: readonly ConfigFile[],
  { type, path: typePath, unused }: OtherType,
): LocatedProblem[] {
  if (files.length === 0) return [];
  return Object.entries(unused).flatMap(([key, owner]) => {
    const path = [...specPath, ...key.split('.')];
    const file = fileSaying(files, typePath ?? path);
    if (isEmpty(valueAt(file.settings, path))) return [];
    const message =
      typePath === undefined
        ? `is a setting of the ${owner} keyring, but no type is chosen, and the default is ${type}`
        : `is a setting of the ${owner} keyring, but ${formatPath(typePath)} is ${type}`;
    const hint =
      typePath === undefined
        ? say(`add type: ${owner} under auth.keyring`)
        : say(`set ${formatPath(typePath)} to ${owner}, or remove ${formatPath(path)}`);
    return [locateProblem({ path, message, hint, file }, files)];
  });
}

/** Whether a value says nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** A setting of a backend, and what can say it. */
export interface SpecPlace extends About {
  /** In a file: its own path, and that of its variable in `env:`. */
  readonly paths: readonly Path[];
}

/** Each key of the schema, with its places. */
export function specPlaces(schema: SpecSchema): SpecPlace[] {
  return Object.entries(describedKeys(schema)).map(([key, about]) => ({
    ...about,
    paths: [
      [...specPath, ...key.split('.')],
      ...(about.environment === undefined ? [] : [['env', about.environment]]),
    ],
  }));
}
