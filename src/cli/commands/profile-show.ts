import { readProfiles } from '../../config/profile-details.ts';
import { findProfiles, unknownProfile } from '../../config/profiles.ts';
import { shellWord } from '../../core/hint.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions } from '../load-options.ts';
import { warn } from '../plan.ts';
import { findProfileChoice } from '../profile-choice.ts';
import { profileJson, profileState, type ProfileJson } from '../profile-report.ts';
import { withStart } from '../report.ts';
import { formatRows } from '../ui/table.ts';

/**
 * `atmos profile show NAME`: where a profile is, its files, and what it says of itself. Runs nothing;
 * works without an atmos.yaml.
 */
export async function profileShow(
  context: Context,
  { operand = '', values }: Invocation,
): Promise<void> {
  const { host, globals, outJson, print, note } = context;
  const { directories, chosen } = await findProfileChoice(context);
  const found = findProfiles(directories).filter(({ name }) => name === operand);
  const [details] = await readProfiles(found, loadOptions(globals), host);
  if (details === undefined) {
    const named = { value: operand, source: 'the command line' };
    throw unknownProfile(named, { directories, identities: [] });
  }
  const profile = profileJson(details, chosen);
  if (values['output'] === 'json') return outJson(profile);
  await print(...formatProfile(profile));
  const { name, problem } = details;
  if (problem) await warn(context, ...withStart(`profile ${name} is broken: `, problem));
  else await note(`use it with --profile ${shellWord(name)}`);
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
