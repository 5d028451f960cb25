import { readProfiles } from '../../config/profile-details.ts';
import { findProfiles } from '../../config/profiles.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions } from '../load-options.ts';
import { warn } from '../plan.ts';
import { findProfileChoice } from '../profile-choice.ts';
import { profileJson, profileState, type ProfileJson } from '../profile-report.ts';
import { withStart } from '../report.ts';
import { formatTable } from '../ui/table.ts';

/**
 * `atmos profile list`: every profile that can be chosen here, with its place. One that is broken is
 * listed all the same, with the reason as a warning. Runs nothing; works without an atmos.yaml.
 */
export async function profileList(context: Context, { values }: Invocation): Promise<void> {
  const { host, globals, outJson, print, note } = context;
  const { directories, chosen, fault } = await findProfileChoice(context);
  if (fault !== undefined)
    await warn(context, ...withStart('the chosen profiles cannot be used: ', fault.lines));
  const found = await readProfiles(findProfiles(directories), loadOptions(globals), host);
  const profiles = found.map((profile) => profileJson(profile, chosen));
  if (values['output'] === 'json') return outJson(profiles);
  if (profiles.length === 0) {
    const places = directories.map(({ path }) => path).join(', ');
    return note(`no profiles in ${places}`);
  }
  await print(...formatProfiles(profiles));
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
