import type { Invocation } from '../cli/command.ts';
import type { Prompt } from '../cli/ui/prompt.ts';
import { profilesWith } from '../config/find-identity.ts';
import type { Config } from '../config/load.ts';
import { remoteImportHints, remoteImportNote } from '../config/remote-imports.ts';
import { AtmosError, isAtmosError } from '../core/errors.ts';
import { addOptions, optionWords, say, setVariable, unsetHints, type Hint } from '../core/hint.ts';
import { environmentSetting, type Sourced } from '../core/json.ts';
import { isOffName } from '../core/names.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';

/** Which identity the command line and the environment ask for. */
export type IdentityRequest =
  | { readonly kind: 'default' | 'pick' }
  | { readonly kind: 'named'; readonly name: Sourced<string> }
  /** `false`, `off`, `no` or `0`: no authentication at all. */
  | { readonly kind: 'none'; readonly source: string };

/**
 * The operand or `-i`, then `ATMOS_IDENTITY` of the environment or of the top-level `env:`, then the
 * default. Empty is as good as absent.
 *
 * @throws ERR_USAGE when there is an operand and `-i`
 */
export function requestedIdentity(
  { identity, operand }: Pick<Invocation, 'identity' | 'operand'>,
  { env }: Pick<Host, 'env'>,
  { environment }: Pick<Config, 'environment'>,
): IdentityRequest {
  if (operand !== undefined && identity.kind !== 'absent') {
    throw new AtmosError(
      'ERR_USAGE',
      `the identity is given twice: as ${JSON.stringify(operand)} and by -i`,
      {
        hints: [say('give one of them')],
      },
    );
  }
  if (operand !== undefined)
    return { kind: 'named', name: { value: operand, source: 'the command line' } };
  if (identity.kind === 'bare') return { kind: 'pick' };
  if (identity.kind === 'named') return readName({ value: identity.name, source: '--identity' });
  const variable = environmentSetting('ATMOS_IDENTITY', env, environment);
  return variable ? readName(variable) : { kind: 'default' };
}

function readName(name: Sourced<string>): IdentityRequest {
  return isOffName(name.value) ? { kind: 'none', source: name.source } : { kind: 'named', name };
}

/** How to be without a name, or without the switching off, that the environment gives. */
export function sourceHints(source: string, { env }: Pick<Host, 'env'>): Hint[] {
  return source === 'ATMOS_IDENTITY' ? unsetHints(source, env) : [];
}

/**
 * The name that is meant, of a request that does not switch authentication off. A name that was
 * given is not checked: whoever looks it up says what is wrong with it.
 *
 * @throws ERR_IDENTITY_REQUIRED when none is the default and nobody can be asked; ERR_NO_TERMINAL
 *   when the picker was asked for and nobody can be asked
 */
export async function resolveIdentityName(
  request: Exclude<IdentityRequest, { kind: 'none' }>,
  config: Pick<Config, 'identities' | 'profileDirectories' | 'profiles' | 'remoteImports'>,
  prompt: Pick<Prompt, 'select'>,
): Promise<Sourced<string>> {
  if (request.kind === 'named') return request.name;
  const { identities } = config;
  const names = identities.map(({ name }) => name);
  if (names.length === 0) {
    const profiles = profilesWith(config);
    const what = `no identities are configured${remoteImportNote(config)}`;
    throw new AtmosError('ERR_IDENTITY_REQUIRED', what, {
      hints: [
        ...profiles.map((profile) =>
          addOptions(optionWords('--profile', profile), `profile ${profile} has some`),
        ),
        ...remoteImportHints(config),
        say('add one under auth.identities in atmos.yaml'),
      ],
    });
  }
  if (request.kind === 'pick') return pick(names, prompt);
  const defaults = identities.filter(({ isDefault }) => isDefault);
  const [only] = defaults;
  if (only && defaults.length === 1) return theDefault(only);
  return pickOrRefuse(defaults, names, prompt);
}

/** Its place is looked up when it is asked for. */
function theDefault({ name, locate }: Identity): Sourced<string> {
  return {
    value: name,
    get source() {
      return `default (${locate(['default'])})`;
    },
  };
}

async function pick(
  names: readonly string[],
  prompt: Pick<Prompt, 'select'>,
): Promise<Sourced<string>> {
  const value = await prompt.select({
    message: 'Identity',
    choices: names,
    instead: addOptions(optionWords('-i', names[0] ?? 'NAME'), 'to choose without a prompt'),
  });
  return { value, source: 'your choice' };
}

async function pickOrRefuse(
  defaults: readonly Identity[],
  names: readonly string[],
  prompt: Pick<Prompt, 'select'>,
): Promise<Sourced<string>> {
  const candidates = defaults.length > 0 ? defaults.map(({ name }) => name) : names;
  try {
    return await pick(candidates, prompt);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    const why =
      defaults.length > 0
        ? `several identities are the default: ${defaults.map((one) => `${one.name} (${one.locate(['default'])})`).join(', ')}`
        : `no identity was given and none is the default; there are ${names.join(', ')}`;
    const candidate = candidates[0] ?? 'NAME';
    throw new AtmosError('ERR_IDENTITY_REQUIRED', why, {
      cause: error,
      hints: [addOptions(optionWords('-i', candidate)), setVariable('ATMOS_IDENTITY', candidate)],
    });
  }
}
