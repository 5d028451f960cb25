import {
  asDefault,
  type ExistingLinks,
  type ImportedConfig,
  type ImportedLink,
  type NotImported,
} from '../../core/imported-config.ts';
import { isSameName } from '../../core/names.ts';
import type { KeyFiles, ReadKeyFile } from '../key-contract.ts';
import { createChain, portalKeys } from './import-chain.ts';
import { createLinks } from './import-links.ts';
import { createPortals, sessionName } from './import-portals.ts';
import {
  createNames,
  createProfileReader,
  nameFault,
  type ProfileReader,
  type Report,
} from './import-profile.ts';
import { parseIni, type IniSection } from './ini.ts';
import { sharedPaths } from './shared-paths.ts';
import { configProfile, readSharedProfiles, type SharedProfiles } from './shared-profiles.ts';

/** Makes identities and providers of the profiles in the AWS files. */
export const awsConfigImporter = {
  /** One of the files in messages. */
  fileTitle: 'the AWS file',
  /** @throws ERR_USAGE without a home directory */
  files: sharedPaths,
  importConfig,
};

/**
 * Reads each file once. An access key is never part of the result.
 *
 * @param existing the names in it are not used again, and identities in it are the base of new ones
 * @throws errors of `read`
 */
function importConfig(
  paths: Pick<KeyFiles, 'config' | 'credentials'>,
  read: ReadKeyFile,
  existing: ExistingLinks,
): ImportedConfig {
  const problems: NotImported[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const texts = new Map([paths.config, paths.credentials].map((path) => [path, read(path)]));
  for (const [path, text] of texts) reportLines(path, text, report);
  const textOf: ReadKeyFile = (path) => texts.get(path) ?? '';
  const sections = parseIni(textOf(paths.config));
  for (const section of sections) reportHeader(section, paths.config, report);

  const shared = readSharedProfiles(paths, textOf);
  const unused = new Set<string>();
  const readers = new Map<string, ProfileReader>();
  for (const [name, profile] of shared.profiles) {
    readers.set(name, createProfileReader(name, profile, { report, unused }));
  }
  const newName = createNames();
  const names = identityNames(shared, newName, report);
  const portals = createPortals(sections, existing.providers, report);
  const links = createLinks(existing, report);
  const { make, keys } = createChain(
    { reader: (name) => readers.get(name), identityOf: (name) => names.get(name), newName },
    { links, portals, report },
  );
  for (const [name, reader] of readers) if (make(name)) reader.reportUnused();
  return {
    providers: [...portals.providers, ...links.providers],
    identities: withDefault(links.identities, names.get('default'), existing, report),
    problems,
    unused: [...unused].sort(),
    keys,
    portalProfiles: [...readers.values()].filter(({ has }) => portalKeys.some(has)).length,
  };
}

/** Lines that the AWS CLI rejects together with the whole file. */
function reportLines(path: string, text: string, report: Report): void {
  parseIni(text, (line) =>
    report({ from: `${path}:${line}`, reason: 'is not a setting of a profile' }),
  );
}

/** Sections without a profile, a session or the endpoints of services. */
function reportHeader({ name, line }: IniSection, path: string, report: Report): void {
  if (configProfile(name) !== undefined) return;
  if (sessionName(name) !== undefined || /^(services\s|plugins$|preview$)/.test(name)) return;
  const isSession = /^sso-session\s/.test(name);
  const what = isSession ? 'session' : 'profile';
  const right = isSession
    ? '[sso-session "a name"]'
    : name.startsWith('profile')
      ? '[profile "a name"]'
      : '[profile name]';
  const reason = `[${name}] is not the header of a ${what} in this file, write it like ${right}`;
  report({ from: `${path}:${line}`, reason });
}

/**
 * The name of the identity of each profile that can have one. Of names that are the same for
 * atmos.yaml, the first in the file is kept.
 */
function identityNames(
  { order, misplaced }: SharedProfiles,
  newName: (wanted: string) => string,
  report: Report,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of order) {
    const written = misplaced.find(({ readAs }) => readAs === name);
    if (written !== undefined) {
      const { file, line, name: meant } = written;
      const reason = `[${name}] is not the header of a profile in this file, write it as [${meant}]`;
      report({ from: `${file}:${line}`, reason });
      continue;
    }
    const fault = nameFault(name);
    if (fault !== undefined) {
      report({ from: `profile ${name}`, reason: fault });
      continue;
    }
    const [other] = [...names].find(([, identity]) => isSameName(identity, name)) ?? [];
    names.set(name, newName(name));
    if (other === undefined) continue;
    const reason = `becomes the identity ${names.get(name)}, because atmos.yaml does not distinguish its name from that of profile ${other}`;
    report({ from: `profile ${name}`, reason });
  }
  return names;
}

/** The identity of `[default]`, else the only one, becomes the default, unless there is one. */
function withDefault(
  identities: readonly ImportedLink[],
  ofDefault: string | undefined,
  existing: ExistingLinks,
  report: Report,
): ImportedLink[] {
  const [only, second] = identities;
  const isOfDefault = ({ name }: ImportedLink) => name === ofDefault;
  const other = existing.identities.find(({ isDefault }) => isDefault);
  if (other !== undefined) {
    for (const { from } of identities.filter((one) => isOfDefault(one) && one.state === 'new')) {
      const reason = `does not become the default: identity ${other.name} is the default already`;
      report({ from, reason });
    }
    return [...identities];
  }
  const chosen = identities.find(isOfDefault) ?? (second === undefined ? only : undefined);
  return identities.map((link) =>
    link === chosen && link.state === 'new' ? asDefault(link) : link,
  );
}
