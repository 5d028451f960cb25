import {
  configureUser as configure,
  type KeySource,
  type KeyValues,
} from '../../app/configure-user.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, optionWords, run, say } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import { keyFieldOptions, keyProfileOption } from '../command-specs/shared-options.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { warnWithHints } from '../plan.ts';
import { planIdentity } from '../plan-identity.ts';
import { formatNext } from '../report.ts';
import { askAccessKey } from '../ui/ask-access-key.ts';
import { readInput } from '../ui/read-input.ts';

/**
 * `atmos auth user configure`: stores the access key of an identity in the configured keyring, and
 * reads it back before it reports success.
 */
export async function configureUser(context: Context, invocation: Invocation): Promise<void> {
  const { host, note, prompt } = context;
  const { flags, values } = invocation;
  const source = sourceOf(context, invocation);
  const { plan, identity } = await planIdentity(context, invocation);
  const saved = await configure(
    plan,
    {
      identity,
      source,
      given: givenValues(values),
      optionOf: (field) => keyFieldOptions.find(([, name]) => name === field)?.[0] ?? field,
      isVerified: flags['verify'],
    },
    {
      host,
      open: () => openForCommand(context, plan, { isInteractive: true }),
      ask: (form, given) => askAccessKey(context, form, given),
      warn: (message, hints = []) => warnWithHints(context, message, hints),
      verified: (principal) => note(`AWS knows this key as ${principal}`),
      confirmUnverified: () =>
        prompt.confirm({
          message: 'Save anyway?',
          default: false,
          instead: addOptions(['--no-verify']),
        }),
    },
  );
  if (saved === undefined) return note('nothing was saved');
  const { type, location } = saved.keyring;
  await note(
    `saved the access key ${saved.id} of identity ${identity.name} in the ${type} keyring (${abbreviateHome(location, host)}), realm ${plan.realm.value}`,
  );
  const login = run(['atmos', 'auth', 'login', ...optionWords('--identity', identity.name)]);
  await note(await formatNext(context, login));
}

function sourceOf({ host }: Context, { flags, values }: Invocation): KeySource {
  const { option, title, importer } = keyProfileOption;
  const profile = values[option];
  if (flags['stdin'] && profile !== undefined) {
    throw new AtmosError('ERR_USAGE', `--stdin and --${option} cannot be combined`, {
      hints: [say('use only one of them')],
    });
  }
  if (flags['stdin']) return { kind: 'json', title: '--stdin', read: () => readInput(host) };
  if (profile === undefined) return { kind: 'person' };
  return { kind: 'profile', title: `${title} ${profile}`, profile, importer };
}

/** Values of options that are stored with the access key. Empty ones are ignored. */
function givenValues(values: Invocation['values']): KeyValues {
  const given = keyFieldOptions.flatMap(([option, field]) => {
    const value = values[option.slice(2)];
    return value ? [[field, value] as const] : [];
  });
  return Object.fromEntries(given);
}
