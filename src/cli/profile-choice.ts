import { requestedIdentity } from '../app/identity-request.ts';
import { profilesWith } from '../config/find-identity.ts';
import { loadConfig } from '../auth/load-config.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import {
  findProfiles,
  profileDirectories,
  userProfiles,
  type ProfileDirectory,
} from '../config/profiles.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { addOptions, optionWords, run, say } from '../core/hint.ts';
import { isSameName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { loadOptions, namesConfig, type GlobalOptions } from './global-options.ts';
import type { Prompt } from './ui/prompt.ts';

type Where = Pick<Context, 'host' | 'globals'>;

/** The existing profiles, and those that the command line and the environment choose. */
export interface ProfileChoice {
  readonly directories: readonly ProfileDirectory[];
  readonly chosen: readonly string[];
  readonly remoteImports: readonly string[];
  /** Why the chosen profiles cannot be used. */
  readonly fault?: AtmosError;
}

/**
 * Finds the profiles without running anything. An invalid profile or a schema error in a file does
 * not make it fail.
 *
 * @throws errors that prevent loading the configuration without a profile
 */
export async function findProfileChoice({ host, globals }: Where): Promise<ProfileChoice> {
  try {
    const config = await loadConfig({ ...loadOptions(globals), ...tolerant }, host);
    const { profileDirectories: directories, profiles: chosen, remoteImports } = config;
    return { directories, chosen, remoteImports };
  } catch (error) {
    const directories = await findProfileDirectories({ host, globals });
    const hasChosen = isAtmosError(error) && error.code !== 'ERR_CONFIG_NOT_FOUND';
    return { directories, chosen: [], remoteImports: [], ...(hasChosen ? { fault: error } : {}) };
  }
}

const tolerant: LoadOptions = { isStatic: true, report: () => {} };

/**
 * The directories that are searched for profiles. Without an atmos.yaml, only those of the user.
 */
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
    return profileDirectories({ files: [], settings: {} }, [], userProfiles(host).path);
  }
}

/**
 * The options with the profiles that the user chooses, when `--profile` has no name. Profiles that
 * were also named are preselected and keep their order.
 *
 * @throws ERR_NO_TERMINAL, ERR_CANCELLED, or ERR_PROFILE_UNKNOWN when no profile exists
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
    throw new AtmosError('ERR_PROFILE_UNKNOWN', `no profiles found in ${places}`, {
      hints: [run(['atmos', 'profile', 'list'])],
    });
  }
  const named = globals.profile;
  const picked = await prompt.selectMany({
    message: 'Profiles',
    choices,
    checked: choices.filter((name) => named.includes(name)),
    instead: say(`pass --profile NAME, with one of ${choices.join(', ')}`),
  });
  // An unknown name stays, so that loading reports it.
  const kept = named.filter((name) => picked.includes(name) || !choices.includes(name));
  return { ...globals, profile: [...kept, ...picked.filter((name) => !named.includes(name))] };
}

/**
 * Suggests a profile when it contains what the command needs: the named identity, or any identity
 * if the configuration has no identity. It does not prompt if profiles were already chosen.
 *
 * @returns undefined if it has no suggestion or cannot prompt: then the command's own error names
 * the
 *   profiles
 * @throws ERR_CANCELLED when the user declines
 */
export async function suggestProfile(
  context: Pick<Context, 'host' | 'globals' | 'prompt'>,
  config: Config,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Promise<string | undefined> {
  if (isChosen(context, config)) return undefined;
  const missing = missingIdentity(context, config, invocation);
  if (missing === undefined) return undefined;
  const profiles = profilesWith(config, missing.name);
  if (profiles.length === 0) return undefined;
  try {
    return await ask(context, missing.said, profiles);
  } catch (error) {
    if (isAtmosError(error, 'ERR_NO_TERMINAL')) return undefined;
    throw error;
  }
}

/**
 * Chosen by a flag or a variable. A profile of `profiles.default` was not chosen for this command.
 */
function isChosen({ host, globals }: Pick<Context, 'host' | 'globals'>, config: Config): boolean {
  const { profile, picksProfile } = globals;
  const variable = host.env['ATMOS_PROFILE'] ?? config.environment['ATMOS_PROFILE']?.value;
  return profile.length > 0 || picksProfile || Boolean(variable);
}

interface Missing {
  /** Undefined: any identity. */
  readonly name: string | undefined;
  readonly said: string;
}

function missingIdentity(
  { host }: Pick<Context, 'host'>,
  config: Config,
  invocation: Pick<Invocation, 'identity' | 'operand'>,
): Missing | undefined {
  const request = requestedIdentity(invocation, host, config);
  if (request.kind === 'none') return undefined;
  if (request.kind === 'named') {
    const name = request.name.value;
    const isThere = config.identities.some((one) => isSameName(one.name, name));
    return isThere ? undefined : { name, said: `Identity ${name}` };
  }
  const hasAny = config.identities.length > 0 || config.providers.length > 0;
  return hasAny ? undefined : { name: undefined, said: 'An identity' };
}

async function ask(
  { prompt }: Pick<Context, 'prompt'>,
  said: string,
  profiles: readonly string[],
): Promise<string> {
  const [first = '', ...others] = profiles;
  const instead = addOptions(optionWords('--profile', first), 'to choose without a prompt');
  if (others.length > 0) {
    const message = `${said} is in several profiles. Which profile should be used?`;
    return prompt.select({ message, choices: profiles, instead });
  }
  const message = `${said} is in profile ${first}. Use it?`;
  if (await prompt.confirm({ message, default: true, instead })) return first;
  throw new AtmosError('ERR_CANCELLED', 'canceled');
}
