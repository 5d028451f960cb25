import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import { isMap } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import { placeOf, valueAt, type ConfigFile } from './config-file.ts';
import { sourcedText } from './entries.ts';
import { mergeMaps } from './merge.ts';
import { resolveTags } from './tags/resolve.ts';

/** A secret store of Atmos that keeps its entries in a file keyring (`stores:`, kind `keychain`). */
export interface KeychainStore {
  /** As written in atmos.yaml. */
  readonly name: string;
  /** Where it is configured: `/p/atmos.yaml:12:3`. */
  readonly place: string;
  /** As Atmos reads it: it may begin with `~/`, or be relative to the working directory. */
  readonly fileDir?: Sourced<string>;
  /** The variable that Atmos takes the password from. Absent: `ATMOS_KEYRING_PASSWORD`. */
  readonly passwordEnv?: Sourced<string>;
}

const kinds: readonly unknown[] = ['keychain', 'keyring'];

/**
 * The keychain stores with backend `file`. Other keys of `stores` are Atmos's, so what is wrong there
 * is not reported, and nothing is run: a value that cannot be resolved counts as absent.
 */
export function readKeychainStores(
  files: readonly ConfigFile[],
  host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
): KeychainStore[] {
  const resolved = files.map((file) => withStores(file, host));
  const merged = resolved.reduce(
    (all, { settings }) => mergeMaps(all, settings),
    {} satisfies Record<string, unknown>,
  );
  const stores = valueAt(merged, ['stores']);
  if (!isMap(stores)) return [];
  return Object.keys(stores).flatMap((name) => {
    const said = (...path: string[]) => valueAt(merged, ['stores', name, ...path]);
    const text = (...path: string[]) => {
      const value = said(...path);
      return sourcedText(
        typeof value === 'string' ? value : undefined,
        ['stores', name, ...path],
        resolved,
      );
    };
    // The legacy `type` counts only without a `kind`.
    if (!kinds.includes(said('kind') || said('type'))) return [];
    if (said('options', 'backend') !== 'file') return [];
    return withoutAbsent({
      name,
      place: placeOf(resolved, ['stores', name]),
      fileDir: text('options', 'file_dir'),
      passwordEnv: text('options', 'password_env'),
    });
  });
}

/** The file with `stores` as its only part. */
function withStores(
  file: ConfigFile,
  host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>,
): ConfigFile {
  const silent = { file, host, report: () => {}, onInclude: () => {} };
  try {
    const { settings, tagged } = resolveTags(file.written, ['stores'], silent);
    return { ...file, settings, tagged };
  } catch (error) {
    // An included file that cannot be read.
    if (!isAtmosError(error)) throw error;
    return { ...file, settings: {}, tagged: [] };
  }
}
