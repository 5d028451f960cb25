import type { ReadKeyFile } from '../contract.ts';
import { parseIni, splitWords, type IniSection } from './ini.ts';
import type { SharedPaths } from './shared-paths.ts';

/** For programs that read the config file alone. */
type Paths = Pick<SharedPaths, 'config'> & Partial<SharedPaths>;

/** A setting, and where it is written. */
export interface ProfileSetting {
  readonly value: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** By the names of its settings, in lower case. */
export type Profile = ReadonlyMap<string, ProfileSetting>;

export interface SharedProfiles {
  /** By name, sorted. The credentials file wins over the config file, setting by setting. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** `[profile x]` in the credentials file. There the AWS CLI takes it for a profile called `profile x`. */
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

/** Sections of the AWS files that are no profiles. */
const otherSections = /^(sso-session|services)\b/;

/**
 * The profiles of the AWS files, as the AWS CLI reads them.
 *
 * @throws what `read` throws
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
  return { profiles: new Map(sorted), misplaced };
}

/** In the config file a profile is headed `[profile NAME]`, quoted as in a shell, but for `[default]`. */
function configProfile(section: string): string | undefined {
  if (section === 'default') return 'default';
  if (!section.startsWith('profile')) return undefined;
  const words = splitWords(section);
  return words?.length === 2 ? words[1] : undefined;
}
