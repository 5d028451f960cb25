import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { AtmosError, KeyringError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import {
  environmentSetting,
  quote,
  quoteValue,
  showValue,
  withoutAbsent,
  type Sourced,
} from '../core/json.ts';
import { parseDuration } from '../core/time.ts';
import { isVariableName, notVariableName } from '../core/variable-name.ts';
import { dataDirectory, noHome, requireFromHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { maxUnlockMs, type KeyringSettings } from './contract.ts';

/** What one place says of the keyring: the environment, atmos.yaml, a caller. All may be absent. */
export interface KeyringChoices {
  readonly type?: Sourced<string>;
  readonly fallback?: Sourced<readonly string[]>;
  /** `~` is the home directory; relative to the working directory. */
  readonly path?: Sourced<string>;
  readonly passwordEnv?: Sourced<string>;
  readonly passwordFile?: Sourced<string>;
  readonly passwordCommand?: Sourced<string>;
  /** A duration. */
  readonly autoUnlock?: Sourced<string>;
}

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId' | 'workingDirectory'>;

/**
 * The choices of the environment. Empty variables are none, as in Atmos.
 *
 * @param said what a configuration gives of it, see {@link environmentSetting}
 */
export function environmentChoices(
  { env }: Pick<Host, 'env'>,
  said: Readonly<Record<string, Sourced<string>>> = {},
): KeyringChoices {
  const named = (name: string) => environmentSetting(name, env, said);
  return withoutAbsent({
    type: named('ATMOS_KEYRING_TYPE'),
    path: named('ATMOS_KEYRING_FILE_PATH'),
    passwordEnv: named('ATMOS_KEYRING_PASSWORD_ENV'),
    passwordFile: named('ATMOS_KEYRING_PASSWORD_FILE'),
  });
}

/**
 * Settles every setting: by the first of the places that says it, else by its default.
 *
 * @throws ERR_USAGE for a path that starts with `~` without a home directory; ERR_KEYRING_IO for a path
 * that would make home, root or the working directory the keyring; ERR_CONFIG_INVALID for a
 * `passwordEnv` that no variable can be called, and for an `autoUnlock` that is no duration of at most
 * a day
 */
export function resolveKeyringSettings(
  places: readonly KeyringChoices[],
  host: Where,
): KeyringSettings {
  const first = (name: Exclude<keyof KeyringChoices, 'fallback'>) =>
    places.find((place) => place[name])?.[name];
  const path = first('path');
  const passwordFile = first('passwordFile');
  return withoutAbsent({
    ...chosenType(places),
    directory: path ? keyringDirectory(path, host) : defaultDirectory(host),
    passwordEnv: variable(first('passwordEnv') ?? byDefault('ATMOS_KEYRING_PASSWORD')),
    passwordFile: passwordFile ? absolute(passwordFile, host) : serviceCredential(host),
    passwordCommand: first('passwordCommand'),
    autoUnlockMs: unlockTime(first('autoUnlock')),
  });
}

type ChosenType = Pick<KeyringSettings, 'type' | 'fallback'>;

/** The type, and what may take its place: see {@link resolveKeyringSettings}. */
export function chosenType(places: readonly KeyringChoices[]): ChosenType {
  const type = places.find((place) => place.type)?.type ?? byDefault('system');
  // Who names a type says what may take its place: ATMOS_KEYRING_TYPE alone means that one only.
  const says = places.find((place) => place.type ?? place.fallback);
  return withoutAbsent({ type, fallback: says?.fallback });
}

/**
 * How long a keyring stays unlocked, in milliseconds.
 *
 * @param what names the setting or option in the error
 * @param shown stands for the text in the error
 * @throws ERR_CONFIG_INVALID for what is no duration, or longer than a day
 */
export function parseUnlockTime(text: string, what: string, shown = quote(text)): number {
  const timeMs = parseDuration(text, what, shown) * 1000;
  if (timeMs <= maxUnlockMs) return timeMs;
  throw new AtmosError('ERR_CONFIG_INVALID', `${what} ${shown} is longer than 24h`, {
    hints: [say('write a time of at most 24h')],
  });
}

function unlockTime(said: Sourced<string> | undefined): Sourced<number> | undefined {
  if (said === undefined) return undefined;
  const { value, source, tag } = said;
  return { value: parseUnlockTime(value, source, quoteValue(said)), source, tag };
}

/**
 * Looked up by whoever needs it: without a home directory only a file keyring does.
 *
 * Its value @throws ERR_USAGE where there is no home directory, and no variable in its place
 */
export function defaultDirectory(
  host: Pick<Where, 'env' | 'platform' | 'homeDirectory' | 'userId'>,
): Sourced<string> {
  const data = dataDirectory(host);
  if (data !== undefined) return byDefault(join(data, 'keyring'));
  return {
    get value(): string {
      throw noHome('the file keyring', ['XDG_DATA_HOME', 'ATMOS_KEYRING_FILE_PATH'], host);
    },
    source: 'default',
  };
}

/** Whether the file keyring is the one chosen, or may take its place. */
export function mayUseFile({ type, fallback }: ChosenType): boolean {
  return [type.value, ...(fallback?.value ?? [])].includes('file');
}

/**
 * As in Atmos, a path whose last part has an extension names a file in the keyring's directory, and one
 * with a slash at its end is the directory itself. So is a dot-directory (`~/.atmos-keyring`): Atmos
 * takes its parent for the keyring, docs/adr/0024.
 */
function keyringDirectory(path: Sourced<string>, host: Where): Sourced<string> {
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
function serviceCredential(host: Where): Sourced<string> | undefined {
  const directory = host.env['CREDENTIALS_DIRECTORY'];
  if (!directory || !isAbsolute(directory)) return undefined;
  const file = join(directory, 'atmos-keyring-password');
  return existsSync(file) ? { value: file, source: 'CREDENTIALS_DIRECTORY' } : undefined;
}

function absolute(said: Sourced<string>, host: Where): Sourced<string> {
  const { source, tag } = said;
  const value = resolve(host.workingDirectory(), requireFromHome(said, host));
  return withoutAbsent({ value, source, tag });
}

/** Checked here for every caller: the name is part of commands that hints propose. */
function variable(name: Sourced<string>): Sourced<string> {
  if (isVariableName(name.value)) return name;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the password variable ${quoteValue(name)} (from ${name.source}) ${notVariableName.message}`,
    { hints: [notVariableName.hint] },
  );
}

function byDefault(value: string): Sourced<string> {
  return { value, source: 'default' };
}
