import { resolve } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { withoutAbsent, type Sourced } from '../../core/json.ts';
import { textOf, type Spec, type SpecText } from '../../core/keyring-spec.ts';
import { mapOf, setting, text } from '../../core/validate.ts';
import { isVariableName, notVariableName } from '../../core/variable-name.ts';
import { requireFromHome } from '../../host/home.ts';
import type { BackendContext, Pinned, SettlingHost } from '../contract.ts';
import { pinText, unpinText } from '../pinned-text.ts';
import {
  byDefault,
  checkedAddress,
  checkedNamespace,
  invalid,
  serverPath,
} from './check-settings.ts';
import { loginMethod, requireRole, type LoginMethod } from './login-method.ts';

// The settings of the vault keyring: names of keys and variables, defaults, checks. The descriptions
// are shown by docs/configuration.md and the JSON Schema.

const loginSchema = {
  method: setting(
    text,
    'How `atmos auth` logs in to the server: `token` (an existing token), `approle`, or `jwt` (also for the Kubernetes method, with `mount: kubernetes`).',
    { default: 'token' },
  ),
  mount: setting(
    text,
    "The path at which the server has the login method. In a project's file it requires trust if a secret is sent there: for `jwt`, and for `approle` with a secret id.",
    {
      otherwise: 'the name of the method',
    },
  ),
  role: setting(text, 'The role of the server for `jwt`.'),
  role_id: setting(text, 'The id of the role for `approle`. It is not a secret.'),
  secret_id_env: setting(text, 'The variable that holds the secret id for `approle`.', {
    namesSecret: 'variable',
  }),
  secret_id_file: setting(
    text,
    'The file that holds the secret id for `approle`. One trailing line break is removed. A relative path starts from the directory of the file that contains it. `~` is the home directory.',
    { isPath: true, namesSecret: 'file' },
  ),
  token_file: setting(
    text,
    'The file that holds the token, or the JSON Web Token for `jwt`. It is read again when the server refuses what it held. A relative path starts from the directory of the file that contains it. `~` is the home directory.',
    {
      otherwise:
        '`~/.vault-token`; for `jwt` `/var/run/secrets/kubernetes.io/serviceaccount/token`',
      isPath: true,
      namesSecret: 'file',
    },
  ),
  token_command: setting(
    text,
    "A command that prints the token on its first line. It is run by `sh -c`, on Windows by `cmd.exe /c`, for at most 30 seconds. In a project's file it requires trust.",
    { isCommand: true },
  ),
};

/** Its keys of `auth.keyring.spec`. */
export const vaultSchema = {
  address: setting(
    text,
    "The URL of the OpenBao or HashiCorp Vault server of the vault keyring, `https://vault.example.com:8200`. `http` is allowed only for this machine. In a project's file it requires trust.",
    { otherwise: '`BAO_ADDR`, else `VAULT_ADDR`' },
  ),
  namespace: setting(text, 'The namespace of the server.', {
    otherwise: '`BAO_NAMESPACE`, else `VAULT_NAMESPACE`',
  }),
  mount: setting(text, 'The path at which the server has a KV secrets engine of version 2.', {
    default: 'secret',
  }),
  prefix: setting(text, 'The path of the entries in that engine.', { default: 'atmos/keyring' }),
  ca_cert: setting(
    text,
    'A PEM file with the certificates of the authorities to trust for this server, and no others. A relative path starts from the directory of the file that contains it. `~` is the home directory.',
    {
      otherwise: '`BAO_CACERT`, else `VAULT_CACERT`, else the authorities of Node and the system',
      isPath: true,
    },
  ),
  tls_server_name: setting(text, "The name that the server's certificate must have.", {
    otherwise: '`BAO_TLS_SERVER_NAME`, else `VAULT_TLS_SERVER_NAME`, else the host of the address',
  }),
  auth: setting(mapOf(loginSchema), 'How `atmos auth` logs in to the server.'),
};

/** Variables of the other clients of the server that replace a missing key. */
const variables: Readonly<Partial<Record<string, string>>> = {
  address: 'ADDR',
  namespace: 'NAMESPACE',
  ca_cert: 'CACERT',
  tls_server_name: 'TLS_SERVER_NAME',
};

const paths = ['ca_cert', 'auth.secret_id_file', 'auth.token_file'];
const keys = [
  ...Object.keys(vaultSchema).filter((key) => key !== 'auth'),
  ...Object.keys(loginSchema).map((key) => `auth.${key}`),
];

const kubernetesToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** How this program gets its token. */
export interface LoginSettings {
  readonly method: LoginMethod;
  /** Where the server has the method, without slashes at its ends. */
  readonly mount: string;
  readonly role?: SpecText;
  readonly roleId?: SpecText;
  readonly secretIdEnv?: SpecText;
  /** Absolute. */
  readonly secretIdFile?: SpecText;
  /** Absolute. */
  readonly tokenFile?: SpecText;
  readonly tokenCommand?: SpecText;
}

export interface VaultSettings {
  /** As it was configured. Absent: missing, which is an error of `open`. */
  readonly address?: SpecText;
  readonly namespace?: SpecText;
  /** Without slashes at its ends, like the prefix. */
  readonly mount: string;
  readonly prefix: string;
  /** Absolute. */
  readonly caCert?: SpecText;
  readonly tlsServerName?: SpecText;
  readonly login: LoginSettings;
  /** Every setting that does not have its default, by its key. */
  readonly said: Readonly<Record<string, SpecText>>;
}

export type VaultContext = BackendContext<VaultSettings>;

/**
 * @throws ERR_CONFIG_INVALID for an address that is no URL of a server or sends entries to another
 *   machine without TLS, an invalid path, namespace or variable, an unknown login method, one without its
 *   role, or settings of a method that is not configured; ERR_USAGE for a path that starts with `~` without
 *   a home directory
 */
export function settleVault(spec: Spec, host: SettlingHost): VaultSettings {
  const said = Object.fromEntries(
    keys.flatMap((key) => {
      const found = textOf(spec, key) ?? fromVariables(key, host);
      if (found === undefined) return [];
      return [[key, paths.includes(key) ? absolute(found, host) : found] as const];
    }),
  );
  const { address } = said;
  return withoutAbsent({
    address: address && checkedAddress(address),
    namespace: said['namespace'] && checkedNamespace(said['namespace']),
    mount: serverPath(said['mount'] ?? byDefault('secret')),
    prefix: serverPath(said['prefix'] ?? byDefault('atmos/keyring')),
    caCert: said['ca_cert'],
    tlsServerName: said['tls_server_name'],
    login: settleLogin(said),
    said,
  });
}

function settleLogin(said: Readonly<Record<string, SpecText>>): LoginSettings {
  const method = loginMethod(said);
  const secretIdEnv = said['auth.secret_id_env'];
  const secretIdFile = said['auth.secret_id_file'];
  if (secretIdEnv !== undefined && secretIdFile !== undefined) {
    throw new AtmosError(
      'ERR_CONFIG_INVALID',
      `the secret id comes from ${secretIdEnv.source} and from ${secretIdFile.source}`,
      { hints: [say('remove one of them')] },
    );
  }
  if (secretIdEnv !== undefined && !isVariableName(secretIdEnv.value)) {
    throw invalid(secretIdEnv, notVariableName.message, notVariableName.hint);
  }
  requireRole(method, said);
  const tokenFile =
    said['auth.token_file'] ?? (method === 'jwt' ? byDefault(kubernetesToken) : undefined);
  return withoutAbsent({
    method,
    mount: serverPath(said['auth.mount'] ?? byDefault(method)),
    role: said['auth.role'],
    roleId: said['auth.role_id'],
    secretIdEnv,
    secretIdFile,
    tokenFile,
    tokenCommand: said['auth.token_command'],
  });
}

function fromVariables(key: string, { env }: SettlingHost): SpecText | undefined {
  const name = variables[key];
  if (name === undefined) return undefined;
  const source = [`BAO_${name}`, `VAULT_${name}`].find((variable) => env[variable]);
  return source === undefined ? undefined : { value: env[source] ?? '', source };
}

function absolute(said: SpecText, host: SettlingHost): SpecText {
  const { source, tag, path } = said;
  const value = resolve(host.workingDirectory(), requireFromHome(said, host));
  return withoutAbsent({ value, source, tag, path });
}

/** Never the command: those of the files count. */
export function pinVault({ said }: VaultSettings): Pinned {
  const pinned = Object.entries(said).filter(([key]) => key !== 'auth.token_command');
  return Object.fromEntries(pinned.map(([key, one]) => [`vault.${key}`, pinText(one)]));
}

export function unpinVault(pinned: Pinned): Spec {
  return Object.fromEntries(
    keys.flatMap((key) => {
      // Checked when the handle was read: each is a text with its source.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const one = pinned[`vault.${key}`] as Sourced<string> | undefined;
      return one === undefined ? [] : [[key, unpinText(one)] as const];
    }),
  );
}
