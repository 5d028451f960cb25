import { readProfiles, type ProfileDetails } from '../../config/profile-details.ts';
import { findProfiles, unknownProfile, userProfiles } from '../../config/profiles.ts';
import { addOptions, optionWords } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import { specSchema } from '../../keyring/registry.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions } from '../global-options.ts';
import { warn } from '../plan.ts';
import { findProfileChoice } from '../profile-choice.ts';
import { loadWriteHint, withStart } from '../report.ts';
import { formatRows, formatTable } from '../ui/table.ts';

/**
 * `atmos profile list`: lists every profile that can be chosen here, with its directory. A broken
 * profile is also listed, with the reason as a warning. It runs nothing and works without an
 * atmos.yaml.
 */
export async function profileList(context: Context, { values }: Invocation): Promise<void> {
  const { host, globals, outJson, print, note } = context;
  const { directories, chosen, fault } = await findProfileChoice(context);
  if (fault !== undefined)
    await warn(context, ...withStart('the chosen profiles cannot be used: ', fault.lines));
  const shorten = (text: string) => abbreviateHome(text, host);
  const own = userProfiles(host);
  if (own.warning !== undefined) await warn(context, own.warning);
  const found = await readProfiles(
    findProfiles(directories),
    loadOptions(globals),
    specSchema,
    host,
  );
  const profiles = found.map((profile) => profileJson(profile, chosen));
  if (values['output'] === 'json') return outJson(profiles);
  if (values['output'] === 'yaml') return print(...formatYamlList(profiles));
  if (profiles.length === 0) {
    const places = directories.map(({ path }) => path).join(', ');
    return note(places === '' ? 'no profiles' : `no profiles in ${shorten(places)}`);
  }
  await print(...formatProfiles(profiles).map(shorten));
  for (const { name, problem } of found) {
    if (problem) await warn(context, ...withStart(`profile ${name} is broken: `, problem));
  }
}

function formatProfiles(profiles: readonly ProfileJson[]): string[] {
  const rows = profiles.map((profile) => [
    profile.name,
    profileState(profile) ?? '-',
    profile.location_type,
    String(profile.files.length),
    profile.path,
  ]);
  return formatTable([['NAME', 'STATE', 'LOCATION', 'FILES', 'PATH'], ...rows]);
}

/**
 * `atmos profile show NAME`: shows the directory, the files and the description of a profile. It
 * runs nothing and works without an atmos.yaml.
 */
export async function profileShow(
  context: Context,
  { operand = '', values }: Invocation,
): Promise<void> {
  const { host, globals, outJson, print, note } = context;
  const { directories, chosen, remoteImports } = await findProfileChoice(context);
  const found = findProfiles(directories).filter(({ name }) => name === operand);
  const [details] = await readProfiles(found, loadOptions(globals), specSchema, host);
  if (details === undefined) {
    const named = { value: operand, source: 'the command line' };
    throw unknownProfile(named, { directories, identities: [], remoteImports, env: host.env });
  }
  const profile = profileJson(details, chosen);
  if (values['output'] === 'json') return outJson(profile);
  if (values['output'] === 'yaml') return print(...formatYaml(profile));
  await print(...formatProfile(profile).map((line) => abbreviateHome(line, host)));
  const { name, problem } = details;
  if (problem) return warn(context, ...withStart(`profile ${name} is broken: `, problem));
  const writeHint = await loadWriteHint(context);
  await note(writeHint(addOptions(optionWords('--profile', name), 'to use it')));
}

function formatProfile(profile: ProfileJson): string[] {
  const { name, path, location_type, metadata, files } = profile;
  return formatRows([
    ['Profile', name],
    ['Called', metadata.name ?? undefined],
    ['About', metadata.description ?? undefined],
    ['Version', metadata.version ?? undefined],
    ['Tags', metadata.tags.join(', ')],
    ['State', profileState(profile)],
    ['Where', `${path} (${location_type})`],
    ...files.map((file, at) => [at === 0 ? 'Files' : '', file] as const),
  ]);
}

/**
 * The documented form of a profile in `-o json` and `-o yaml`: always every field, null if it is
 * not set.
 */
interface ProfileJson {
  name: string;
  path: string;
  /** The kind of directory in which it was found. */
  location_type: 'configurable' | 'project-hidden' | 'xdg' | 'project';
  files: readonly string[];
  metadata: {
    name: string | null;
    description: string | null;
    version: string | null;
    tags: readonly string[];
    deprecated: boolean;
  };
  /** Whether the command line or the environment chooses it. */
  active: boolean;
  /** Why it cannot be used. */
  problem: string | null;
}

function profileJson(profile: ProfileDetails, chosen: readonly string[]): ProfileJson {
  const { name, path, type, files, metadata, problem } = profile;
  return {
    name,
    path,
    location_type: type,
    files,
    metadata: {
      name: metadata.name ?? null,
      description: metadata.description ?? null,
      version: metadata.version ?? null,
      tags: metadata.tags,
      deprecated: metadata.isDeprecated,
    },
    active: chosen.includes(name),
    problem: problem?.join('\n') ?? null,
  };
}

/** Its special states: `active`, `broken`, `deprecated`. */
function profileState({ active, problem, metadata }: ProfileJson): string | undefined {
  const states = [
    active ? 'active' : undefined,
    problem === null ? undefined : 'broken',
    metadata.deprecated ? 'deprecated' : undefined,
  ];
  return states.filter((state) => state !== undefined).join(', ') || undefined;
}

/**
 * Objects as a YAML list, one key a line. Values are written as JSON, which is also YAML, so that
 * no text in them can be read as another type.
 */
function formatYamlList(items: readonly object[]): string[] {
  if (items.length === 0) return ['[]'];
  return items.flatMap((item) =>
    formatYaml(item).map((line, at) => `${at === 0 ? '- ' : '  '}${line}`),
  );
}

/** An object as a map of YAML, as {@link formatYamlList}. */
function formatYaml(item: object): string[] {
  return Object.entries(item).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
}
