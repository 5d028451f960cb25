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
   * `system`, `file`, `memory` or `vault`. Else `ATMOS_KEYRING_TYPE`, else `system`.
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
  /**
   * Who can read a new keyring of `file`: public keys of age, your own included. It then has no password.
   */
  recipients?: readonly string[];
  /** File that holds your own age identity, for `file` with readers. */
  identityFile?: string;
  /** URL of the server of `vault`. Else `BAO_ADDR`, else `VAULT_ADDR`. */
  address?: string;
  /** Namespace of that server. Else `BAO_NAMESPACE`, else `VAULT_NAMESPACE`. */
  namespace?: string;
  /** Path of the KV secrets engine of version 2. Default: `secret`. */
  mount?: string;
  /** Path of the entries in that engine. Default: `atmos/keyring`. */
  prefix?: string;
  /** PEM file with the only authorities to trust. Else `BAO_CACERT`, else `VAULT_CACERT`. */
  caCert?: string;
  /** Name that the certificate must have. Else `BAO_TLS_SERVER_NAME`, else `VAULT_TLS_SERVER_NAME`. */
  tlsServerName?: string;
  /** How to log in to that server. Default: with an existing token. */
  auth?: VaultLoginOptions;
  /** Gives the password when no other source has it, by asking a person or from where you keep it. */
  promptPassword?: PromptPassword;
}

/** The login of `vault`, as `auth.keyring.spec.auth` in atmos.yaml. */
export interface VaultLoginOptions {
  /** Default: `token`. */
  method?: 'token' | 'approle' | 'jwt';
  /** Path of the method on the server. Default: its name. */
  mount?: string;
  /** Role for `jwt`. */
  role?: string;
  /** Id of the role for `approle`. */
  roleId?: string;
  /** Variable that holds the secret id for `approle`. */
  secretIdEnv?: string;
  /** File that holds the secret id for `approle`. */
  secretIdFile?: string;
  /** File that holds the token, or the JSON Web Token for `jwt`. */
  tokenFile?: string;
  /** Command for `sh -c`, on Windows `cmd.exe /c`, that prints the token. */
  tokenCommand?: string;
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
 * @throws ERR_KEYRING_UNKNOWN_TYPE; ERR_CONFIG_INVALID for an invalid option, and for options of a type
 *   without that `type`; ERR_USAGE for a file keyring without a
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
  { option: 'recipients', key: 'recipients' },
  { option: 'identityFile', key: 'identity_file' },
  { option: 'address', key: 'address' },
  { option: 'namespace', key: 'namespace' },
  { option: 'mount', key: 'mount' },
  { option: 'prefix', key: 'prefix' },
  { option: 'caCert', key: 'ca_cert' },
  { option: 'tlsServerName', key: 'tls_server_name' },
] as const;

const loginOptions = [
  { option: 'method', key: 'method' },
  { option: 'mount', key: 'mount' },
  { option: 'role', key: 'role' },
  { option: 'roleId', key: 'role_id' },
  { option: 'secretIdEnv', key: 'secret_id_env' },
  { option: 'secretIdFile', key: 'secret_id_file' },
  { option: 'tokenFile', key: 'token_file' },
  { option: 'tokenCommand', key: 'token_command' },
] as const;

interface GivenOption {
  /** As messages name it. */
  readonly source: string;
  readonly key: string;
  readonly value: string | readonly string[];
}

/** The options that are given, of all backends. */
function givenOptions(options: OpenKeyringOptions): GivenOption[] {
  const { auth = {} } = options;
  const own = specOptions.map(({ option, key }) => ({ option, key, value: options[option] }));
  const login = loginOptions.map(({ option, key }) => ({
    option: `auth.${option}`,
    key: `auth.${key}`,
    value: auth[option],
  }));
  return [...own, ...login].flatMap(({ option, key, value }) =>
    value === undefined ? [] : [{ source: `options.${option}`, key, value }],
  );
}

/**
 * Options of a backend beside another type are a mistake: values would go to a keyring that was not
 * meant. `ATMOS_KEYRING_TYPE` may choose another one over what the program says.
 */
function requireUsedOptions(options: OpenKeyringOptions, keyring: KeyringSettings): void {
  const { type } = keyring;
  if (type.source === 'ATMOS_KEYRING_TYPE') return;
  for (const { source, key } of givenOptions(options)) {
    const owner = backendOfKey(key)?.type;
    if (owner === type.value) continue;
    const chosen =
      options.type === undefined
        ? `no type is chosen, and the default is ${type.value}`
        : `options.type is ${type.value}`;
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `${source} is a setting of the ${owner} keyring, but ${chosen}`,
      { hints: [say(`pass type: '${owner}'`)] },
    );
  }
}

function choicesOf(options: OpenKeyringOptions): KeyringChoices {
  const { type } = options;
  const spec = givenOptions(options).map(
    ({ source, key, value }) => [key, { value, source }] as const,
  );
  return withoutAbsent({
    type: type === undefined ? undefined : { value: type, source: 'options.type' },
    spec: Object.fromEntries(spec),
  });
}
