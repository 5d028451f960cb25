import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { realHost } from '../host/real.ts';
import { loadWindows } from '../host/windows/load.ts';
import type { Keyring, KeyringSettings, PromptPassword } from './contract.ts';
import { backendOfKey, checkKeyringType, openBackend } from './registry.ts';
import { environmentChoices, resolveKeyringSettings, type KeyringChoices } from './settings.ts';

export {
  AtmosError,
  KeyringError,
  keyringErrorCodes,
  type KeyringErrorCode,
} from '../core/errors.ts';
export type { Keyring, KeyringInfo, PasswordRequest, Probe, PromptPassword } from './contract.ts';
export { maxKeyBytes, maxValueBytes } from './key.ts';

export interface OpenKeyringOptions {
  /**
   * `system`, `file`, `memory`, or `vault` with the server of `BAO_ADDR` or `VAULT_ADDR`. Else
   * `ATMOS_KEYRING_TYPE`, else `system`.
   */
  type?: string;
  /** Directory of `file`. Else `ATMOS_KEYRING_FILE_PATH`, else `<XDG data>/atmos/keyring`. */
  directory?: string;
  /** Variable that holds the password of `file`. Else `ATMOS_KEYRING_PASSWORD`. */
  passwordEnv?: string;
  /** File that holds the password. Else `ATMOS_KEYRING_PASSWORD_FILE`. */
  passwordFile?: string;
  /** Command for `sh -c`, on Windows `cmd.exe /c`, that prints the password. */
  passwordCommand?: string;
  /** Gives the password when no other source has it, by asking a person or from where you keep it. */
  promptPassword?: PromptPassword;
}

/**
 * Opens a keyring: the one asked for, or an error, never another in its place. What an option leaves
 * open is settled by the environment, then by the default. The first call touches the machine, not
 * this one.
 *
 * @example
 * const keyring = await openKeyring({ type: 'file' });
 * await keyring.set('api-token', token);
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE; ERR_CONFIG_INVALID for a `passwordEnv` that no variable can be called,
 *   and for options of the file keyring without `type: 'file'`; ERR_USAGE for a file keyring without a
 *   home directory, where neither an option nor a variable names one
 */
export async function openKeyring(options: OpenKeyringOptions = {}): Promise<Keyring> {
  await loadWindows();
  const host = realHost();
  const places = [choicesOf(options), environmentChoices(host)];
  const keyring = resolveKeyringSettings(places);
  checkKeyringType(keyring.type);
  requireUsedOptions(options, keyring);
  const { promptPassword } = options;
  return openBackend({ keyring, host, ...(promptPassword ? { promptPassword } : {}) });
}

/** The options that are settings of a backend, with their keys of `auth.keyring.spec`. */
const specOptions = [
  { option: 'directory', key: 'path' },
  { option: 'passwordEnv', key: 'password_env' },
  { option: 'passwordFile', key: 'password_file' },
  { option: 'passwordCommand', key: 'password_command' },
] as const;

/**
 * Options of a backend beside another type are a mistake: values would go to a keyring that was not
 * meant. `ATMOS_KEYRING_TYPE` may choose another one over what the program says.
 */
function requireUsedOptions(options: OpenKeyringOptions, keyring: KeyringSettings): void {
  const { type } = keyring;
  if (type.source === 'ATMOS_KEYRING_TYPE') return;
  for (const { option, key } of specOptions) {
    const owner = backendOfKey(key)?.type;
    if (options[option] === undefined || owner === type.value) continue;
    const chosen =
      options.type === undefined
        ? `no type is chosen, and the default is ${type.value}`
        : `options.type is ${type.value}`;
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `options.${option} is a setting of the ${owner} keyring, but ${chosen}`,
      { hints: [say(`pass type: '${owner}'`)] },
    );
  }
}

function choicesOf(options: OpenKeyringOptions): KeyringChoices {
  const { type } = options;
  const spec = specOptions.flatMap(({ option, key }) => {
    const value = options[option];
    return value === undefined ? [] : [[key, { value, source: `options.${option}` }] as const];
  });
  return withoutAbsent({
    type: type === undefined ? undefined : { value: type, source: 'options.type' },
    spec: Object.fromEntries(spec),
  });
}
