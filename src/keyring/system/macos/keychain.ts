import { stat } from 'node:fs/promises';
import { systemErrorCode } from '../../../core/errors.ts';
import { unavailable, type Failure } from './failures.ts';
import type { RunSecurity } from './security.ts';

/** The keychain that new items go to, or why there is none. */
export type DefaultKeychain =
  | { readonly path: string; readonly failure?: undefined }
  | { readonly path?: string; readonly failure: Failure };

/** Asks nobody. */
export async function findDefaultKeychain(run: RunSecurity): Promise<DefaultKeychain> {
  const answer = await run(['default-keychain']);
  if (answer.failure !== undefined) {
    // Whatever the reason is, it says 1.
    const isTold = answer.status === 1;
    return { failure: isTold ? unavailable('there is no default keychain') : answer.failure };
  }
  const [, bytes] = /^\s*"(.+)"\s*$/.exec(answer.stdout) ?? [];
  if (bytes === undefined) return { failure: unavailable('there is no default keychain') };
  const path = Buffer.from(bytes, 'latin1').toString('utf8');
  return (await isMissing(path))
    ? { path, failure: unavailable(`the default keychain ${path} is not there`) }
    : { path };
}

/**
 * A keychain that we may not look at is macOS's to judge. One that is called by the name of older
 * releases, `login.keychain`, is the file `login.keychain-db`.
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
