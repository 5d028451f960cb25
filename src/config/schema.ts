import { quotesHint } from '../core/configuration-error.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import {
  about,
  anyMap,
  anything,
  checkShape,
  describeProblem,
  flag,
  isUnquotedText,
  keysForAtmos,
  keysOf,
  keysOfMaps,
  listOf,
  mapOf,
  namesTo,
  scalar,
  setting,
  text,
  textOrCount,
  textOrTexts,
  type InferOutput,
} from '../core/validate.ts';
import { shownAsWritten } from './check.ts';
import { tagAt, type ConfigFile } from './config-file.ts';
import { isSecretPath } from './merge.ts';
import type { Problem } from './problems.ts';

/** A provider. The keys of kinds that are not supported are described here. */
const providerSchema = mapOf({
  kind: setting(text, 'The kind of the provider. It determines the contents of `spec`.'),
  default: setting(anything, 'Whether it is used if the command names no other.'),
  region: setting(
    anything,
    'The AWS region of the provider, and of identities that are opened with it and name none.',
  ),
  start_url: setting(anything, 'The portal of `aws/iam-identity-center`.'),
  auto_provision_identities: setting(
    anything,
    'Whether `aws/iam-identity-center` creates an identity for each account and role.',
  ),
  url: setting(anything, 'The login page of `aws/saml`.'),
  username: setting(anything, 'The user of `aws/saml`.'),
  password: setting(anything, 'The password of `aws/saml`. Set it with `!env`.'),
  driver: setting(anything, 'How `aws/saml` logs in: `Browser`, `Okta`, `ADFS` …'),
  provider_type: setting(anything, 'The old name of `driver`.'),
  download_browser_driver: setting(anything, 'Whether `aws/saml` may download a browser.'),
  browser_type: setting(anything, 'The browser of `aws/saml`.'),
  browser_executable_path: setting(anything, 'The path of the browser for `aws/saml`.'),
  session: setting(anything, '`duration`: the duration of its sessions.'),
  console: setting(anything, '`session_duration`: the duration of a session in the web console.'),
  spec: setting(anything, 'Settings of this kind.'),
  tags: setting(anything, 'Words by which `auth list --tags` selects providers.'),
});

// docs/configuration.md and the JSON Schema show these descriptions.

/** @param spec the keys of all backends */
const keyringSchema = (spec: SpecSchema) =>
  mapOf({
    type: setting(
      text,
      'Where credentials are stored: `system` (the keyring of the operating system), `file` (an encrypted directory), `vault` (a server of OpenBao or HashiCorp Vault) or `memory` (until the process exits).',
      { environment: 'ATMOS_KEYRING_TYPE', default: 'system' },
    ),
    spec: setting(spec, 'Settings of the file keyring, or of the vault keyring.'),
    fallback: setting(
      listOf(text),
      'The types to use instead, in this order, if the first is unavailable. Not used if the keyring is locked or its password is wrong.',
      { otherwise: 'none' },
    ),
  });

const via = mapOf({
  provider: setting(text, 'The name of the provider.'),
  identity: setting(text, 'The name of the other identity.'),
});

const session = mapOf({
  duration: setting(
    textOrCount,
    'The duration: seconds, or text such as `12h`, `1h30m` or `2d`. A value outside of the limits of the kind is replaced by the nearest limit, with a warning.',
    { otherwise: 'depends on the kind; 12h for `aws/user`' },
  ),
});

const variable = mapOf({
  key: about(text, 'The name of the variable.'),
  value: about(text, 'The value of the variable.'),
});

const identity = mapOf({
  kind: setting(
    text,
    'The kind of the identity. It determines the contents of `principal`, `spec` and `credentials`.',
  ),
  default: setting(flag, 'Whether it is used if the command names no other.', {
    default: false,
  }),
  via: setting(
    via,
    'The provider or the other identity that opens its sessions. `aws/user`, `aws/credential-process`, `aws/ambient` and `ambient` have neither.',
  ),
  principal: setting(anyMap, 'The account and the role that it uses. Depends on the kind.'),
  spec: setting(anyMap, 'Settings of this kind.'),
  credentials: setting(anyMap, 'Keys and their settings. Depends on the kind.'),
  session: setting(session, 'Settings of its sessions.'),
  env: setting(
    listOf(variable),
    'Variables that `auth env` and `auth exec` set in addition to the credentials. Variables that load code into programs are rejected.',
  ),
  required: setting(flag, 'For Atmos: whether a component asks for it. Not used by `atmos auth`.', {
    isForAtmos: true,
  }),
  alias: setting(
    text,
    'Another name, which `auth list` shows. As in Atmos, it cannot be used to choose the identity.',
  ),
  tags: setting(
    listOf(text),
    'Words by which `auth login --tags` and `auth list --tags` select identities.',
  ),
  provider: setting(anything, 'For Atmos: where a provisioned identity came from.', {
    isForAtmos: true,
  }),
  emulator: setting(anything, 'For Atmos: the emulator of the kinds that end in `/emulator`.', {
    isForAtmos: true,
  }),
});

const logs = mapOf({
  level: setting(text, 'The minimum severity to log. Not case-sensitive.', {
    environment: 'ATMOS_LOGS_LEVEL',
    default: 'Warning',
  }),
  file: setting(
    text,
    "The destination: a file to append to, `/dev/stderr`, `/dev/stdout` or `/dev/null`. A relative path starts from the directory of the file that contains it. In a project's file, any other destination than these three requires trust.",
    { environment: 'ATMOS_LOGS_FILE', default: '/dev/stderr' },
  ),
});

const audit = mapOf({
  file: setting(
    text,
    "The file that gets a line for each use: docs/audit.md. A relative path starts from the directory of the file that contains it. In a project's file it requires trust.",
  ),
});

const authSchema = (spec: SpecSchema) =>
  mapOf({
    realm: setting(
      text,
      'A name that separates the credentials of this project from those of other projects: 1 to 64 characters of `a-z 0-9 - _`. Set it before a checkout is moved.',
      {
        environment: 'ATMOS_AUTH_REALM',
        otherwise: 'derived from the directory of the configuration',
      },
    ),
    session_files: setting(
      flag,
      'Whether sessions are shared with Atmos through its plain files, in both directions.',
      { default: false },
    ),
    keyring: setting(keyringSchema(spec), 'Where credentials are stored.'),
    identities: setting(
      namesTo(about(identity, 'An identity.')),
      'Identities by name. Names that differ only in case or in Unicode normalization are the same, also across files.',
    ),
    providers: setting(
      namesTo(about(providerSchema, 'A provider.')),
      'Providers by name. A provider may have the name of an identity.',
    ),
    integrations: setting(
      namesTo(anyMap),
      'For Atmos: services to log in to with an identity, such as a container registry. This version does not use them: `auth validate` checks them, and `auth login` warns.',
    ),
    audit: setting(audit, 'Records each use of an identity. A use that cannot be recorded fails.'),
    logs: setting(logs, 'Logs of `atmos auth`. Overrides `logs` at the top level.'),
  });

const profiles = mapOf({
  base_path: setting(
    text,
    'A directory with profiles, which is searched first. A relative path starts from the directory of the file that contains it.',
  ),
  default: setting(text, 'The profile to use if the command and the environment name no other.', {
    environment: 'ATMOS_PROFILE',
    otherwise: 'none',
  }),
});

/** Keys of an identity that only Atmos uses. */
export const identityKeysForAtmos: readonly string[] = keysForAtmos(identity);

/**
 * The part of atmos.yaml that this program uses.
 *
 * @param spec the schema of `auth.keyring.spec`, which the backends of the keyring know
 */
export const createSettingsSchema = (spec: SpecSchema) =>
  mapOf({
    base_path: setting(
      text,
      'The root directory of the project, from which relative imports start. `.`, `..` and paths that begin with them start from the directory of the file; other paths start from the root of the git repository.',
      { environment: 'ATMOS_BASE_PATH', otherwise: 'the root of the git repository' },
    ),
    import: setting(
      textOrTexts,
      'Files, directories or patterns (`auth/*.yaml`) to read as well. Values of this file override the values in them. Remote imports are not fetched and cause a warning.',
      { otherwise: 'none' },
    ),
    auth: setting(authSchema(spec), 'Identities, and where their credentials are stored.'),
    profiles: setting(profiles, 'Where profiles are, and which one is the default.'),
    env: setting(
      namesTo(scalar),
      'Variables for programs that `auth exec` starts. Some names that begin with `ATMOS_` also set options of `atmos auth`, if the environment does not. Variables that load code into programs are rejected.',
    ),
    logs: setting(logs, 'Logs of Atmos and of `atmos auth`.'),
  });

/** That part, in the form the schema gives it. */
export type Settings = InferOutput<ReturnType<typeof createSettingsSchema>>;

/** A map of the configuration with the keys that mean something in it. */
export interface KnownMap {
  /** `*` stands for each name. */
  readonly path: readonly string[];
  readonly keys: readonly string[];
}

/** Maps in which another key is a mistake. */
export const closedMaps = (spec: SpecSchema): readonly KnownMap[] => [
  { path: ['auth', 'keyring'], keys: keysOf(keyringSchema(anyMap)) },
  ...keysOfMaps(spec, ['auth', 'keyring', 'spec']),
  { path: ['auth', 'audit'], keys: keysOf(audit) },
  { path: ['auth', 'identities', '*'], keys: keysOf(identity) },
  { path: ['auth', 'identities', '*', 'via'], keys: keysOf(via) },
  { path: ['auth', 'identities', '*', 'session'], keys: keysOf(session) },
];

/** Maps in which another key may be one of a newer Atmos. */
export const openMaps: readonly KnownMap[] = [
  { path: ['auth'], keys: keysOf(authSchema(anyMap)) },
  { path: ['auth', 'logs'], keys: keysOf(logs) },
  { path: ['auth', 'providers', '*'], keys: keysOf(providerSchema) },
  { path: ['profiles'], keys: keysOf(profiles) },
  { path: ['logs'], keys: keysOf(logs) },
];

/** The merged settings in their shape. Undefined when something was reported of it. */
export function checkSettings(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  spec: SpecSchema,
  report: (problem: Problem) => void,
): Settings | undefined {
  return checkShape(createSettingsSchema(spec), merged, (problem) => {
    const { path } = problem;
    const message = describeProblem(
      problem,
      isSecretPath(path) || tagAt(files, path) !== undefined,
    );
    report({
      path,
      message,
      ...(isUnquotedText(problem) ? { hint: quotesHint(shownAsWritten(path, files)) } : {}),
    });
  });
}
