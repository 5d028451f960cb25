import { requestedIdentity } from '../app/choose-identity.ts';
import { profilesWith } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { shellWord } from '../core/hint.ts';
import { lowerCase } from '../core/names.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';

/**
 * Asks whether to use a profile, when what the command needs is in one that is not chosen: the identity
 * it names, or any at all where none is configured. Whoever chose profiles is not asked.
 *
 * @returns undefined where there is nothing to suggest or nobody to ask: then the command's own error
 *   names the profiles
 * @throws ERR_CANCELLED when the person wants none of them
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

/** By a flag or a variable. That of `profiles.default` nobody chose for this command. */
function isChosen({ host, globals }: Pick<Context, 'host' | 'globals'>, config: Config): boolean {
  const { profile, picksProfile } = globals;
  const variable = host.env['ATMOS_PROFILE'] ?? config.environment['ATMOS_PROFILE']?.value;
  return profile.length > 0 || picksProfile || Boolean(variable);
}

interface Missing {
  /** Undefined: any. */
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
    const isThere = config.identities.some((one) => lowerCase(one.name) === lowerCase(name));
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
  const instead = `pass --profile ${shellWord(first)}`;
  if (others.length > 0) {
    const message = `${said} is in several profiles. Use which?`;
    return prompt.select({ message, choices: profiles, instead });
  }
  const message = `${said} is in profile ${first}. Use it?`;
  if (await prompt.confirm({ message, default: true, instead })) return first;
  throw new AtmosError('ERR_CANCELLED', 'cancelled');
}
