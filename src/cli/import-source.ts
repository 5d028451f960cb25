import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import type { Host } from '../host/host.ts';
import type { Keyring, KeyringSettings } from '../keyring/contract.ts';
import { openBackend } from '../keyring/registry.ts';
import type { Context } from './context.ts';

/** A file keyring of another program or place, to read from. */
export interface ImportPlace {
  readonly directory: string;
  /** What says so: `--path`, `default`. */
  readonly source: string;
  /** The variable that may hold its password, which is asked for otherwise. */
  readonly passwordEnv: string;
}

/** Where aws-vault keeps its file keyring. */
export function awsVaultPlace(path: string | undefined, host: Host): ImportPlace {
  const passwordEnv = 'AWS_VAULT_FILE_PASSPHRASE';
  if (path !== undefined) {
    return { directory: absolutePath(path, host), source: '--path', passwordEnv };
  }
  const variable = 'AWS_VAULT_FILE_DIR';
  const named = host.env[variable];
  return named
    ? { directory: absolutePath(named, host), source: variable, passwordEnv }
    : { directory: join(host.homeDirectory, '.awsvault/keys'), source: 'default', passwordEnv };
}

/** `~` is the home directory, for where no shell has put it in. */
export function absolutePath(path: string, host: Host): string {
  const isHome = path === '~' || path.startsWith('~/');
  const expanded = isHome ? join(host.homeDirectory, path.slice(1)) : path;
  return resolve(host.workingDirectory(), expanded);
}

/**
 * Opens it for reading, which leaves it as it is.
 *
 * @param from what `--from` says
 * @throws ERR_USAGE when there is no such directory, or when it is the one of the target
 */
export async function openImportKeyring(
  { host, prompt }: Context,
  from: string,
  { directory, source, passwordEnv }: ImportPlace,
  target: KeyringSettings | undefined,
): Promise<Keyring> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new AtmosError('ERR_USAGE', `there is no keyring directory ${directory} (${source})`, {
      hints: [`atmos auth keyring import --from ${from} --path DIRECTORY`],
    });
  }
  const own = target?.directory.value;
  if (own !== undefined && realPath(own) === realPath(directory)) {
    throw new AtmosError(
      'ERR_USAGE',
      `${directory} (${source}) is the keyring itself: its entries would be copied to themselves`,
      { hints: [`ls ${shellWord(directory)}`] },
    );
  }
  const settings: KeyringSettings = {
    type: { value: 'file', source: `--from ${from}` },
    directory: { value: directory, source },
    passwordEnv: { value: passwordEnv, source: 'default' },
  };
  return openBackend({
    settings,
    host,
    promptPassword: ({ location }) =>
      prompt.masked({
        message: `Password of the keyring ${location}`,
        instead: `export ${passwordEnv}=<password>`,
      }),
  });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there is not the same as anything.
    return path;
  }
}
