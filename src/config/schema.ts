import type { SpecSchema } from '../core/keyring-spec.ts';
import {
  about,
  anyMap,
  anything,
  checkShape,
  describeProblem,
  flag,
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
import { quotesHint } from './check.ts';
import { tagAt, type ConfigFile } from './config-file.ts';
import { isSecretPath } from './merge.ts';
import type { Problem } from './problems.ts';

/** A provider. What its kinds have of their own is described here until a kind checks it itself. */
const providerSchema = mapOf({
  kind: setting(text, 'What sort of provider it is. No kind works in this version yet.'),
  default: setting(anything, 'Whether it is the one used when none is named.'),
  region: setting(anything, 'The AWS region of `aws/iam-identity-center` and `aws/saml`.'),
  start_url: setting(anything, 'The portal of `aws/iam-identity-center`.'),
  auto_provision_identities: setting(
    anything,
    'Whether `aws/iam-identity-center` makes an identity of each account and role.',
  ),
  url: setting(anything, 'The login page of `aws/saml`.'),
  username: setting(anything, 'The user of `aws/saml`.'),
  password: setting(anything, 'The password of `aws/saml`. Say it by `!env`.'),
  driver: setting(anything, 'How `aws/saml` logs in: `Browser`, `Okta`, `ADFS` …'),
  provider_type: setting(anything, 'The old name of `driver`.'),
  download_browser_driver: setting(anything, 'Whether `aws/saml` may download a browser.'),
  browser_type: setting(anything, 'The browser of `aws/saml`.'),
  browser_executable_path: setting(anything, 'Where the browser of `aws/saml` is.'),
  session: setting(anything, '`duration`: how long its sessions last.'),
  console: setting(anything, '`session_duration`: how long one stays in the web console.'),
  spec: setting(anything, 'Settings of its kind.'),
  tags: setting(anything, 'Words to filter by.'),
});

// What is said of each key here is what docs/configuration.md and the JSON Schema show.

/** @param spec the keys of all backends */
const keyringSchema = (spec: SpecSchema) =>
  mapOf({
    type: setting(
      text,
      'Where credentials are kept: `system` (the keyring of the operating system), `file` (an encrypted directory) or `memory` (gone when the process ends).',
      { environment: 'ATMOS_KEYRING_TYPE', default: 'system' },
    ),
    spec: setting(spec, 'Settings of the file keyring.'),
    fallback: setting(
      listOf(text),
      'The types to take instead, in this order, when the first is not available. Never followed for one that is locked or whose password is wrong.',
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
    'How long one lasts: seconds, or text such as `12h`, `1h30m` or `2d`. What the kind does not allow is brought into its bounds, with a warning.',
    { otherwise: 'up to the kind; 12h for `aws/user`' },
  ),
});

const variable = mapOf({
  key: about(text, 'The name of the variable.'),
  value: about(text, 'What it is set to.'),
});

const identity = mapOf({
  kind: setting(
    text,
    'What sort of identity it is. It decides what `principal`, `spec` and `credentials` hold.',
  ),
  default: setting(flag, 'Whether it is the one used when none is named.', {
    default: false,
  }),
  via: setting(
    via,
    'What it is opened with: a provider or another identity, one of the two. `aws/user` needs neither.',
  ),
  principal: setting(anyMap, 'Who it becomes: the account, the role. Up to its kind.'),
  spec: setting(anyMap, 'Settings of its kind.'),
  credentials: setting(anyMap, 'Keys and what goes with them. Up to its kind.'),
  session: setting(session, 'Its sessions.'),
  env: setting(
    listOf(variable),
    'Variables that `auth env` and `auth exec` set beside the credentials. Those that load code into programs are refused.',
  ),
  required: setting(flag, 'For Atmos: whether a component asks for it. Not used by `atmos auth`.', {
    isForAtmos: true,
  }),
  alias: setting(text, 'For Atmos: another name. Not used by `atmos auth`.', { isForAtmos: true }),
  tags: setting(listOf(text), 'For Atmos: words to filter by. Not used by `atmos auth`.', {
    isForAtmos: true,
  }),
  provider: setting(anything, 'For Atmos: where a provisioned identity came from.', {
    isForAtmos: true,
  }),
  emulator: setting(anything, 'For Atmos: the emulator of the kinds that end in `/emulator`.', {
    isForAtmos: true,
  }),
});

const logs = mapOf({
  level: setting(text, 'How much is logged. Matched without regard to case.', {
    environment: 'ATMOS_LOGS_LEVEL',
    default: 'Warning',
  }),
  file: setting(
    text,
    'Where to: a file that is appended to, `/dev/stderr`, `/dev/stdout` or `/dev/null`. A relative path starts from the directory of the file that says it. Another file than those three needs trust in a project’s file.',
    { environment: 'ATMOS_LOGS_FILE', default: '/dev/stderr' },
  ),
});

const authSchema = (spec: SpecSchema) =>
  mapOf({
    realm: setting(
      text,
      'What keeps the credentials of this project apart from those of others: 1 to 64 of `a-z 0-9 - _`. Set it before a checkout is moved.',
      {
        environment: 'ATMOS_AUTH_REALM',
        otherwise: 'a name made from the directory of the configuration',
      },
    ),
    session_files: setting(
      flag,
      'Whether sessions are written to plain files too, as Atmos does. Not followed by this version yet.',
      { default: false },
    ),
    keyring: setting(keyringSchema(spec), 'Where credentials are kept.'),
    identities: setting(
      namesTo(about(identity, 'One identity.')),
      'Who can be logged in as, by name. Names are matched without regard to case and Unicode normal form, over files too.',
    ),
    providers: setting(
      namesTo(about(providerSchema, 'One provider.')),
      'What identities are opened with, by name. A provider may have the name of an identity.',
    ),
    integrations: setting(
      namesTo(anyMap),
      'For Atmos: what is logged in to with an identity, such as a container registry. This version runs none: `auth validate` checks them, and a login warns.',
    ),
    logs: setting(logs, 'Logs of `atmos auth`, over `logs` at the top.'),
  });

const profiles = mapOf({
  base_path: setting(
    text,
    'A directory with profiles, which is looked in first. A relative path starts from the file that says it.',
  ),
  default: setting(text, 'The profile that is chosen when none is named.', {
    environment: 'ATMOS_PROFILE',
    otherwise: 'none',
  }),
});

/** Keys of an identity that nothing of ours uses. */
export const identityKeysForAtmos: readonly string[] = keysForAtmos(identity);

/**
 * All of atmos.yaml that we take part in.
 *
 * @param spec the schema of `auth.keyring.spec`, which the backends of the keyring know
 */
export const createSettingsSchema = (spec: SpecSchema) =>
  mapOf({
    base_path: setting(
      text,
      'Where the project begins. Relative imports start there. `.`, `..` and what begins so start from the file’s directory; else from the root of the git repository.',
      { environment: 'ATMOS_BASE_PATH', otherwise: 'the root of the git repository' },
    ),
    import: setting(
      textOrTexts,
      'Files, directories or patterns (`auth/*.yaml`) to read too. What this file says wins over them. Nothing is fetched: a remote one is a warning.',
      { otherwise: 'none' },
    ),
    auth: setting(authSchema(spec), 'Identities, and where their credentials are kept.'),
    profiles: setting(profiles, 'Where profiles are, and which is chosen.'),
    env: setting(
      namesTo(scalar),
      'Variables for the programs that are started. Some that begin with `ATMOS_` are settings of ours too, below the real environment. Those that load code into programs are refused.',
    ),
    logs: setting(logs, 'Logs of Atmos and of `atmos auth`.'),
  });

/** What we take part in, in the form the schema gives it. */
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
    const { path, expected, found } = problem;
    const wantsText = expected.startsWith('text') && ['number', 'boolean'].includes(typeof found);
    const message = describeProblem(
      problem,
      isSecretPath(path) || tagAt(files, path) !== undefined,
    );
    report({ path, message, ...(wantsText ? { hint: quotesHint(path, files) } : {}) });
  });
}
