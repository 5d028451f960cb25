import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { AtmosError, KeyringError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { quoteValue, showValue, withoutAbsent, type Sourced } from '../../core/json.ts';
import { textOf, type Spec, type SpecText, type SpecValue } from '../../core/keyring-spec.ts';
import { listOf, setting, text, textOrCount } from '../../core/validate.ts';
import { isVariableName, notVariableName } from '../../core/variable-name.ts';
import { dataDirectory, noHome, requireFromHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { BackendContext, PasswordSources, Pinned, SettlingHost } from '../contract.ts';
import { pinText, unpinText } from '../pinned-text.ts';
import { parseUnlockTime } from '../unlock-time.ts';
import {
  hasReaders,
  isForReaders,
  settleReaders,
  type ReaderSettings,
} from './settings-readers.ts';

// The settings of the file keyring: names of keys and variables, defaults, rules for paths. The
// descriptions are shown by docs/configuration.md and the JSON Schema.

/** Its keys of `auth.keyring.spec`. */
export const fileSchema = {
  path: setting(
    text,
    'The directory of the file keyring. A relative path starts from the directory of the file that contains it; in Atmos, from the working directory. As in Atmos, `keys/ring.db` names a file, so its parent `keys` is used, and `keys.d/` with a trailing slash is the directory itself. A name that begins with a dot, such as `.keys`, is a directory. `~` is the home directory.',
    {
      environment: 'ATMOS_KEYRING_FILE_PATH',
      otherwise: '`<XDG data>/atmos/keyring`',
      isPath: true,
    },
  ),
  password_env: setting(text, 'The variable that holds the password of the file keyring.', {
    environment: 'ATMOS_KEYRING_PASSWORD_ENV',
    default: 'ATMOS_KEYRING_PASSWORD',
    namesSecret: 'variable',
  }),
  password_file: setting(
    text,
    'A file that holds the password, such as a mounted secret. One trailing line break is removed. A relative path starts from the directory of the file that contains it. `~` is the home directory.',
    {
      environment: 'ATMOS_KEYRING_PASSWORD_FILE',
      otherwise: '`$CREDENTIALS_DIRECTORY/atmos-keyring-password`, if it exists',
      isPath: true,
      namesSecret: 'file',
    },
  ),
  password_command: setting(
    text,
    "A command that prints the password on its first line; other lines are ignored. It is run by `sh -c`, on Windows by `cmd.exe /c`, for at most 30 seconds. In a project's file it requires trust.",
    { isCommand: true },
  ),
  auto_unlock: setting(
    textOrCount,
    "After the password was typed, keep the keyring unlocked for this time, as `atmos auth keyring unlock --ttl` does: at most `24h`. Not on Windows. In a project's file it is ignored with a warning until the file is trusted.",
    { otherwise: 'not set: a hint names the command' },
  ),
  recipients: setting(
    listOf(text),
    "Who can read a new file keyring: public keys of age (`age1…`), the creator's included. Instead of a password, the keyring then has a random secret that is encrypted for these readers. The readers of an existing keyring are changed by `atmos auth keyring recipients` only. In a project's file it requires trust to create a keyring.",
  ),
  identity_file: setting(
    text,
    'The file with your own age identity, made by `age-keygen -o FILE`, for a file keyring with readers. It cannot be encrypted with a passphrase. A relative path starts from the directory of the file that contains it. `~` is the home directory.',
    { isPath: true, namesSecret: 'file' },
  ),
};

/** Where the file keyring is, and where its password comes from. */
export interface FileSettings extends ReaderSettings {
  /** Absolute. */
  readonly directory: SpecText;
  /** Name of the environment variable that holds the password. */
  readonly passwordEnv: SpecText;
  /** A file that holds the password. */
  readonly passwordFile?: SpecText;
  /** A command for `sh -c`, on Windows `cmd.exe /c`, that prints the password. */
  readonly passwordCommand?: SpecText;
  /** How long an agent holds the keyring open once its password was typed. Absent: it does not. */
  readonly autoUnlockMs?: SpecValue<number>;
}

export type FileContext = BackendContext<FileSettings>;

/**
 * @throws ERR_USAGE for a path that starts with `~` without a home directory; ERR_KEYRING_IO for a path
 * that would make home, root or the working directory the keyring; ERR_CONFIG_INVALID for a
 * `password_env` that no variable can be called, for an `auto_unlock` that is no duration of at most a
 * day, for `recipients` that are no public keys of age, and for a password beside them
 */
export function settleFile(said: Spec, host: SettlingHost): FileSettings {
  const path = textOf(said, 'path');
  return {
    directory: path ? keyringDirectory(path, host) : defaultDirectory(host),
    ...settlePassword(said, host),
    ...settleReaders(said, (file) => absolute(file, host)),
  };
}

/** The same without the directory, which may be wrong. */
export function settlePassword(said: Spec, host: SettlingHost): Omit<FileSettings, 'directory'> {
  const passwordFile = textOf(said, 'password_file');
  return withoutAbsent({
    passwordEnv: variable(textOf(said, 'password_env') ?? byDefault('ATMOS_KEYRING_PASSWORD')),
    passwordFile: passwordFile ? absolute(passwordFile, host) : serviceCredential(host),
    passwordCommand: textOf(said, 'password_command'),
    autoUnlockMs: unlockTime(textOf(said, 'auto_unlock')),
  });
}

export function pinFile(settings: FileSettings): Pinned {
  const { passwordEnv, passwordFile, directory, identityFile } = settings;
  return withoutAbsent({
    identityFile: identityFile && pinText(identityFile),
    passwordEnv: pinText(passwordEnv),
    passwordFile: passwordFile && pinText(passwordFile),
    directory: pinText(directory),
  });
}

export function unpinFile(pinned: Pinned): Spec {
  const { passwordEnv, passwordFile, directory, identityFile } = pinned as PinnedFile;
  return withoutAbsent({
    identity_file: identityFile && unpinText(identityFile),
    password_env: passwordEnv && unpinText(passwordEnv),
    password_file: passwordFile && unpinText(passwordFile),
    // A slash at the end makes the path the directory itself, whatever its name.
    path: directory && unpinText({ ...directory, value: `${directory.value}${sep}` }),
  });
}

type PinnedFile = Readonly<
  Partial<Record<'passwordEnv' | 'passwordFile' | 'directory' | 'identityFile', Sourced<string>>>
>;

export function passwordSources(
  settings: FileSettings,
  { env }: Pick<Host, 'env'>,
): PasswordSources {
  const { passwordEnv, passwordFile, passwordCommand, identityFile, directory } = settings;
  const possible = hasReaders(settings)
    ? ([{ kind: 'file', said: identityFile }] as const)
    : ([
        { kind: 'variable', said: env[passwordEnv.value] === undefined ? undefined : passwordEnv },
        { kind: 'file', said: passwordFile },
        { kind: 'command', said: passwordCommand },
      ] as const);
  const given = possible.flatMap(({ kind, said }) => (said === undefined ? [] : [{ kind, said }]));
  if (hasReaders(settings) || (given.length === 0 && isForReaders(directory.value))) {
    const instead = say('set auth.keyring.spec.identity_file');
    return { variable: passwordEnv, given, isTyped: false, instead };
  }
  return {
    variable: passwordEnv,
    given,
    isTyped: given.length === 0,
    instead: say(`set ${showValue(passwordEnv)} or ATMOS_KEYRING_PASSWORD_FILE`),
  };
}

function unlockTime(said: SpecText | undefined): SpecValue<number> | undefined {
  if (said === undefined) return undefined;
  const { value, source, tag, path } = said;
  return withoutAbsent({
    value: parseUnlockTime(value, source, quoteValue(said)),
    source,
    tag,
    path,
  });
}

/**
 * Looked up when it is used, because only a file keyring fails without a home directory.
 *
 * Its value @throws ERR_USAGE where there is no home directory, and no variable in its place
 */
function defaultDirectory(host: SettlingHost): SpecText {
  const data = dataDirectory(host);
  if (data !== undefined) return byDefault(join(data, 'keyring'));
  return {
    get value(): string {
      throw noHome('the file keyring', ['XDG_DATA_HOME', 'ATMOS_KEYRING_FILE_PATH'], host);
    },
    source: 'default',
  };
}

/**
 * As in Atmos, a path whose last part has an extension names a file in the keyring's directory, and one
 * with a slash at its end is the directory itself. So is a dot-directory (`~/.atmos-keyring`): Atmos
 * takes its parent for the keyring, docs/adr/0024.
 */
function keyringDirectory(path: SpecText, host: SettlingHost): SpecText {
  const named = absolute(path, host);
  const isDirectory = path.value.endsWith('/') || path.value.endsWith(sep);
  if (isDirectory || !/^[^.].*\.[^.]*$/.test(basename(named.value))) return named;
  const parent = dirname(named.value);
  const reserved = [host.homeDirectory, host.workingDirectory(), resolve('/')];
  if (reserved.includes(parent)) {
    throw new KeyringError(
      'ERR_KEYRING_IO',
      `the keyring path ${showValue(path)} (from ${path.source}) names a file, so its directory${path.tag === undefined ? ` ${parent}` : ''} would become the keyring`,
      {
        hints: [
          say('name a directory of its own, without an extension: ~/.local/share/atmos/keyring'),
        ],
      },
    );
  }
  return { ...named, value: parent };
}

/** What systemd's `LoadCredential=atmos-keyring-password:…` provides, if it does. */
function serviceCredential(host: SettlingHost): SpecText | undefined {
  const directory = host.env['CREDENTIALS_DIRECTORY'];
  if (!directory || !isAbsolute(directory)) return undefined;
  const file = join(directory, 'atmos-keyring-password');
  return existsSync(file) ? { value: file, source: 'CREDENTIALS_DIRECTORY' } : undefined;
}

function absolute(said: SpecText, host: SettlingHost): SpecText {
  const { source, tag, path } = said;
  const value = resolve(host.workingDirectory(), requireFromHome(said, host));
  return withoutAbsent({ value, source, tag, path });
}

/** Checked here for every caller: the name is part of commands that hints propose. */
function variable(name: SpecText): SpecText {
  if (isVariableName(name.value)) return name;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the password variable ${quoteValue(name)} (from ${name.source}) ${notVariableName.message}`,
    { hints: [notVariableName.hint] },
  );
}

function byDefault(value: string): SpecText {
  return { value, source: 'default' };
}
