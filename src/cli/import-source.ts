import { join, resolve, sep } from 'node:path';
import { importPasswordVariable } from '../app/import-entries.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { placeholder, run, setVariable, typed, unsetVariable, type Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { reasonOf } from '../host/denial.ts';
import { abbreviateHome, noHome, requireFromHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { realPathIfVisible, statOf } from '../host/read-files.ts';
import type { Keyring, KeyringInfo, KeyringReader } from '../keyring/contract.ts';
import { openBackend, openCollection, settleBackend } from '../keyring/registry.ts';
import type { Context } from './context.ts';
import { openForCommand } from './open.ts';

/**
 * Opens a file keyring of Atmos for reading, without changing it. Its password comes from the same
 * source as that of our own keyring, unless its own variable is set.
 *
 * @throws ERR_USAGE when it does not exist, or is the target itself
 */
export async function openAtmosKeyring(
  context: Context,
  plan: AuthPlan,
  path: string | undefined,
  target: KeyringInfo,
): Promise<Keyring> {
  const { host } = context;
  const type = { value: 'file', source: '--from atmos-file' };
  const hasOwnPassword = host.env[importPasswordVariable] !== undefined;
  // A source with a password of its own is not opened with the age identity of the target.
  const { recipients: _, identity_file: __, ...ofPassword } = plan.keyring.spec;
  const keyring = {
    type,
    spec: {
      ...(hasOwnPassword ? ofPassword : plan.keyring.spec),
      ...(path === undefined ? {} : { path: directorySetting(pathOption(path, host)) }),
      ...(hasOwnPassword
        ? { password_env: { value: importPasswordVariable, source: 'default' } }
        : {}),
    },
  };
  const { backend, context: settled } = settleBackend({ keyring, host });
  const directory = backend.location?.(settled.settings);
  if (directory) checkDirectory('atmos-file', directory, target);
  const options = { isInteractive: true, isForeign: true };
  return (await openForCommand(context, { ...plan, keyring }, options)).keyring;
}

const vaultBackend = 'AWS_VAULT_BACKEND';

/**
 * Opens aws-vault's keyring as aws-vault finds it: the backend that `AWS_VAULT_BACKEND` names; by
 * default the collection in the Secret Service, or the directory if there is no collection.
 *
 * @param path of a directory, whatever the backend
 * @throws ERR_USAGE when it does not exist, is the target itself, or is in a backend that we cannot
 * read
 */
export async function openVaultKeyring(
  context: Context,
  path: string | undefined,
  target: KeyringInfo,
): Promise<KeyringReader> {
  const { host } = context;
  const backend = path === undefined ? host.env[vaultBackend] || undefined : 'file';
  if (backend === 'file') return openVaultDirectory(context, path, target);
  if (backend !== undefined && backend !== 'secret-service') {
    throw new AtmosError(
      'ERR_USAGE',
      `aws-vault stores its keys in the backend ${JSON.stringify(backend)} (${vaultBackend}), which is not supported: import reads file and secret-service`,
      { hints: [importFromDirectory('aws-vault')] },
    );
  }
  const collection = await openVaultCollection(host, backend !== undefined);
  return collection ?? openVaultDirectory(context, path, target);
}

/** @param isNamed whether the collection must exist */
async function openVaultCollection(
  host: Host,
  isNamed: boolean,
): Promise<KeyringReader | undefined> {
  const name = host.env['AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME'] || 'awsvault';
  const source = isNamed ? vaultBackend : '--from aws-vault';
  const keyring = { type: { value: 'system', source }, spec: {} };
  try {
    const collection = await openCollection({ keyring, host }, name);
    if (collection !== undefined || !isNamed) return collection;
  } catch (error) {
    if (!isNamed && isAtmosError(error, 'ERR_KEYRING_UNAVAILABLE')) return undefined;
    throw error;
  }
  throw new AtmosError(
    'ERR_USAGE',
    `the Secret Service has no collection ${name}, which aws-vault uses (${vaultBackend})`,
    { hints: [unsetVariable(vaultBackend)] },
  );
}

const vaultPassword = { value: 'AWS_VAULT_FILE_PASSPHRASE', source: 'default' };

async function openVaultDirectory(
  { host, prompt }: Context,
  path: string | undefined,
  target: KeyringInfo,
): Promise<Keyring> {
  const directory = path === undefined ? vaultDirectory(host) : pathOption(path, host);
  checkDirectory('aws-vault', directory, target);
  const type = { value: 'file', source: '--from aws-vault' };
  return openBackend({
    keyring: {
      type,
      spec: { path: directorySetting(directory), password_env: vaultPassword },
    },
    host,
    acceptsEmptyPassword: true,
    canUnlock: false,
    // Every entry of that keyring belongs to aws-vault and has the same password.
    hasOnePassword: true,
    promptPassword: ({ location }) =>
      prompt.masked({
        message: `Password of the keyring ${abbreviateHome(location, host)}`,
        instead: setVariable(vaultPassword.value, typed),
      }),
  });
}

/** Expands `~` to the home directory, where no shell has done it. */
function absolutePath(path: Sourced<string>, host: Host): string {
  return resolve(host.workingDirectory(), requireFromHome(path, host));
}

/** The value of `--path`, absolute. */
export function pathOption(path: string, host: Host): Sourced<string> {
  const source = '--path';
  return { value: absolutePath({ value: path, source }, host), source };
}

/** A trailing slash marks the path as the directory itself, whatever its name is. */
function directorySetting({ value, source }: Sourced<string>): Sourced<string> {
  return { value: `${value}${sep}`, source };
}

function vaultDirectory(host: Host): Sourced<string> {
  const variable = 'AWS_VAULT_FILE_DIR';
  const named = host.env[variable];
  if (named) {
    const value = absolutePath({ value: named, source: variable }, host);
    return { value, source: variable };
  }
  if (host.homeDirectory === undefined) throw noHome("aws-vault's keyring", [variable], host);
  return { value: join(host.homeDirectory, '.awsvault/keys'), source: 'default' };
}

function checkDirectory(from: string, directory: Sourced<string>, target: KeyringInfo): void {
  const { value: path, source } = directory;
  if (!isDirectory(directory)) {
    throw new AtmosError('ERR_USAGE', `the keyring directory ${path} (${source}) does not exist`, {
      hints: [importFromDirectory(from)],
    });
  }
  if (target.type !== 'file' || realPathIfVisible(target.location) !== realPathIfVisible(path))
    return;
  throw new AtmosError(
    'ERR_USAGE',
    `${path} (${source}) is the configured keyring: the source must be another directory`,
    { hints: [run(['ls', path]), run(['atmos', 'auth', 'keyring', 'migrate', '--to', 'system'])] },
  );
}

function importFromDirectory(from: string): Hint {
  const command = ['atmos', 'auth', 'keyring', 'import', '--from', from];
  return run([...command, '--path', placeholder('directory')]);
}

/** @throws ERR_IO when the directory cannot be read */
function isDirectory({ value: path, source }: Sourced<string>): boolean {
  try {
    return statOf(path)?.isDirectory() ?? false;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const why = reasonOf(code, path);
    throw new AtmosError('ERR_IO', `cannot read the keyring directory ${path} (${source}): ${why}`);
  }
}
