import { loadConfig, type LoadOptions } from '../config/load.ts';
import { findProfiles, profileDirectories, type ProfileDirectory } from '../config/profiles.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { loadOptions, namesConfig } from './load-options.ts';
import type { Prompt } from './ui/prompt.ts';

type Where = Pick<Context, 'host' | 'globals'>;

/** The profiles there are, and those that this command line and the environment choose. */
export interface ProfileChoice {
  readonly directories: readonly ProfileDirectory[];
  readonly chosen: readonly string[];
  /** Why the chosen ones cannot be used. */
  readonly fault?: AtmosError;
}

/**
 * Finds out, without running anything. What is wrong with a profile, or between a file and the schema,
 * is no reason not to.
 *
 * @throws what keeps the configuration without a profile from being loaded
 */
export async function findProfileChoice({ host, globals }: Where): Promise<ProfileChoice> {
  try {
    const config = await loadConfig({ ...loadOptions(globals), ...tolerant }, host);
    return { directories: config.profileDirectories, chosen: config.profiles };
  } catch (error) {
    const directories = await findProfileDirectories({ host, globals });
    const hasChosen = isAtmosError(error) && error.code !== 'ERR_CONFIG_NOT_FOUND';
    return { directories, chosen: [], ...(hasChosen ? { fault: error } : {}) };
  }
}

const tolerant: LoadOptions = { isStatic: true, report: () => {} };

/** Where profiles are looked for. Without an atmos.yaml those of the person are left. */
export async function findProfileDirectories({
  host,
  globals,
}: Where): Promise<readonly ProfileDirectory[]> {
  try {
    const profiles = { value: [], source: '--profile' };
    const options = { ...loadOptions(globals), ...tolerant, profiles };
    return (await loadConfig(options, host)).profileDirectories;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_CONFIG_NOT_FOUND') || namesConfig(globals, host)) throw error;
    return profileDirectories({ files: [], settings: {} }, [], host);
  }
}

/**
 * The options with the profiles that a person chooses, when `--profile` stands without a name. Those
 * that were named too are ticked, and keep their order.
 *
 * @throws ERR_NO_TERMINAL, ERR_CANCELLED, or ERR_PROFILE_UNKNOWN when there are none
 */
export async function withPickedProfiles(context: {
  readonly host: Host;
  readonly globals: GlobalOptions;
  readonly prompt: Pick<Prompt, 'selectMany'>;
}): Promise<GlobalOptions> {
  const { globals, prompt } = context;
  if (!globals.picksProfile) return globals;
  const directories = await findProfileDirectories(context);
  const choices = findProfiles(directories).map(({ name }) => name);
  if (choices.length === 0) {
    const places = directories.map(({ path }) => path).join(', ');
    throw new AtmosError('ERR_PROFILE_UNKNOWN', `there is no profile to choose in ${places}`, {
      hints: ['atmos profile list'],
    });
  }
  const named = globals.profile;
  const picked = await prompt.selectMany({
    message: 'Profiles',
    choices,
    checked: choices.filter((name) => named.includes(name)),
    instead: `pass --profile NAME: it is one of ${choices.join(', ')}`,
  });
  // One that is not known stays, so that loading tells of it.
  const kept = named.filter((name) => picked.includes(name) || !choices.includes(name));
  return { ...globals, profile: [...kept, ...picked.filter((name) => !named.includes(name))] };
}
