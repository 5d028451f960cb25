import { stat } from 'node:fs/promises';
import { systemErrorCode } from '../../../core/errors.ts';
import { unavailable, type Failure } from './failures.ts';
import type { RunSecurity } from './security.ts';

/** The keychain for new items, or why it is missing. */
export type DefaultKeychain =
  | { readonly path: string; readonly failure?: undefined }
  | { readonly path?: string; readonly failure: Failure };

/** Never prompts. */
export async function findDefaultKeychain(run: RunSecurity): Promise<DefaultKeychain> {
  const answer = await run(['default-keychain']);
  if (answer.failure !== undefined) {
    // The exit code is 1 for every reason.
    const isTold = answer.status === 1;
    return { failure: isTold ? unavailable('there is no default keychain') : answer.failure };
  }
  const [, bytes] = /^\s*"(.+)"\s*$/.exec(answer.stdout) ?? [];
  if (bytes === undefined) return { failure: unavailable('there is no default keychain') };
  const path = Buffer.from(bytes, 'latin1').toString('utf8');
  return (await isMissing(path))
    ? { path, failure: unavailable(`the default keychain ${path} does not exist`) }
    : { path };
}

/**
 * Whether the file of the keychain is missing. If we may not read its directory, macOS decides. The
 * name of older releases, `login.keychain`, stands for the file `login.keychain-db`.
 */
async function isMissing(path: string): Promise<boolean> {
  return (await isAbsent(path)) && (await isAbsent(`${path}-db`));
}

async function isAbsent(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT';
  }
}
