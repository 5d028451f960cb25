import type { GraphFilter } from '../app/auth-graph.ts';
import { providerNamed } from '../app/provider-named.ts';
import type { ProjectPlan } from '../auth/plan.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Provider } from '../core/kind-config.ts';
import { provisionedSourceOf } from '../core/provisioned.ts';
import type { Context } from './context.ts';
import { listIdentitiesOf } from './list-identities.ts';
import { openForCommand } from './open.ts';
import { loadPlan, reloadPlan } from './plan.ts';

/**
 * Lists again what providers offer, with the tokens that are stored: no one signs in, and no page is
 * opened.
 *
 * @param names of the providers. Default: every provider that lists identities
 * @returns the plan with the new lists, in which no command was run
 * @throws ERR_USAGE if no provider lists identities; ERR_AUTH_SIGN_IN_REQUIRED with the command to sign in;
 *   why a listing has ended early, which is kept as far as it came
 */
export async function refreshIdentities(
  context: Context,
  names: GraphFilter['providers'],
): Promise<ProjectPlan> {
  const plan = await loadPlan(context);
  const providers = choose(plan, names);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  try {
    for (const provider of providers) {
      const { ended } = await listIdentitiesOf(context, manager, provider);
      if (ended !== undefined) throw ended;
    }
  } finally {
    await keyring.close();
  }
  return reloadPlan(context, plan, { isStatic: true });
}

function choose({ config }: ProjectPlan, names: GraphFilter['providers']): readonly Provider[] {
  const isAny = names === undefined || names === 'all';
  const wanted = isAny ? config.providers : names.map((name) => providerNamed(config, name));
  const listing = wanted.filter(
    ({ name }) => provisionedSourceOf(config.provisioned, name) !== undefined,
  );
  const [none] = wanted.filter((provider) => !listing.includes(provider));
  if (listing.length > 0 && (isAny || none === undefined)) return listing;
  const which =
    isAny || none === undefined ? 'no provider lists' : `provider ${none.name} does not list`;
  throw new AtmosError('ERR_USAGE', `${which} identities, so there is nothing to refresh`, {
    hints: [
      say('add auto_provision_identities: true to a provider of kind aws/iam-identity-center'),
    ],
  });
}
