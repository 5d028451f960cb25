import { withoutAbsent } from '../../core/json.ts';
import type { ProcessProfile } from '../cloud-contract.ts';
import type { ReadKeyFile } from '../key-contract.ts';
import { parseIni, splitWords, type IniSection } from './ini.ts';
import type { SharedPaths } from './shared-paths.ts';

/** `credentials` is absent for programs that read only the config file. */
type Paths = Pick<SharedPaths, 'config'> & Partial<SharedPaths>;

/** A setting with the line where it is written. */
export interface ProfileSetting {
  readonly value: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The settings of a profile by name in lower case. */
export type Profile = ReadonlyMap<string, ProfileSetting>;

export interface SharedProfiles {
  /** Sorted by name. Each setting of the credentials file takes precedence over the config file. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** The names of the profiles in the order of the files. */
  readonly order: readonly string[];
  /** `[profile x]` in the credentials file, which the AWS CLI treats as a profile named `profile x`. */
  readonly misplaced: readonly MisplacedProfile[];
}

export interface MisplacedProfile {
  /** `x` */
  readonly name: string;
  /** `profile x` */
  readonly readAs: string;
  readonly file: string;
  readonly line: number;
}

/** Sections of the AWS files that are not profiles. */
const otherSections = /^(sso-session|services)\b/;

/**
 * Parses the profiles of the AWS files as the AWS CLI does.
 *
 * @throws errors of `read`
 */
export function readSharedProfiles(
  { config, credentials = '' }: Paths,
  read: ReadKeyFile,
): SharedProfiles {
  const profiles = new Map<string, Map<string, ProfileSetting>>();
  const add = (name: string, { settings }: IniSection, file: string) => {
    const profile = profiles.get(name) ?? new Map<string, ProfileSetting>();
    for (const [key, setting] of settings) profile.set(key, { ...setting, file });
    profiles.set(name, profile);
  };
  for (const section of parseIni(read(config))) {
    const name = configProfile(section.name);
    if (name !== undefined) add(name, section, config);
  }
  const misplaced: MisplacedProfile[] = [];
  for (const section of credentials === '' ? [] : parseIni(read(credentials))) {
    const { name: readAs, line } = section;
    if (otherSections.test(readAs)) continue;
    add(readAs, section, credentials);
    const name = readAs.startsWith('profile ') ? configProfile(readAs) : undefined;
    if (name !== undefined) misplaced.push({ name, readAs, file: credentials, line });
  }
  const sorted = [...profiles].sort(([one], [other]) => (one < other ? -1 : 1));
  return { profiles: new Map(sorted), order: [...profiles.keys()], misplaced };
}

/**
 * In the config file the header of a profile is `[profile NAME]`, quoted as in a shell, except for
 * `[default]`.
 */
export function configProfile(section: string): string | undefined {
  if (section === 'default') return 'default';
  if (!section.startsWith('profile')) return undefined;
  const words = splitWords(section);
  return words?.length === 2 ? words[1] : undefined;
}

/**
 * The profile with this command and region and no other setting. Undefined if it is missing, or if
 * a program could read another section of that name.
 */
export function findProfile(
  { command, region }: Pick<ProcessProfile, 'command' | 'region'>,
  texts: { readonly config: string; readonly credentials: string },
): string | undefined {
  const sections = parseIni(texts.config);
  const wanted = settingsText({ credential_process: command, ...withoutAbsent({ region }) });
  const found = sections.find((section) => settingsOf(section) === wanted);
  const name = found && configProfile(found.name);
  if (name === undefined) return undefined;
  const isOther = sections.some((one) => one !== found && configProfile(one.name) === name);
  const isHidden = parseIni(texts.credentials).some((one) => one.name === name);
  return isOther || isHidden ? undefined : name;
}

/** The settings of a section, in a form that can be compared. */
export function settingsOf({ settings }: IniSection): string {
  const values = [...settings].map(([name, { value }]) => [name, value] as const);
  return settingsText(Object.fromEntries(values));
}

function settingsText(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  return lines.sort().join('\n');
}
