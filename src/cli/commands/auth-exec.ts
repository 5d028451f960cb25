import {
  allowedVariables,
  envChange,
  identityChange,
  neededPassword,
  processChange,
  variablesOfProject,
  warnOfHiddenFiles,
} from '../../app/export-environment.ts';
import { withVariables } from '../../app/program-environment.ts';
import { childEnvironment } from '../../clouds/aws/environment.ts';
import { AtmosError } from '../../core/errors.ts';
import { say, unlockHints } from '../../core/hint.ts';
import { showValue } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { EnvironmentChange } from '../../core/variables.ts';
import type { Host } from '../../host/host.ts';
import { runChild } from '../../host/run-child.ts';
import type { KeyringSettings } from '../../keyring/contract.ts';
import { secretVariablesOf } from '../../keyring/registry.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { sessionForCommand } from '../open.ts';
import {
  chooseIdentity,
  loadPlanFor,
  warn,
  warnOfIntegrations,
  type ProjectPlan,
} from '../plan.ts';

const nothing: EnvironmentChange = { set: {}, unset: [] };

/**
 * `atmos auth exec -- command`: runs a program with the identity's credentials and nobody else's,
 * and passes its exit code on. With authentication switched off the program's AWS variables stay as
 * they are; the keyring's password it never gets.
 *
 * As in Atmos the `env:` of atmos.yaml wins over what is set, and the credentials win over it. Unlike
 * in Atmos the identity's own `env:` is set here too, not in `auth env` alone.
 *
 * Of descriptors the program gets the standard streams and, as from every Node program, those that
 * Node has not marked for itself: bash's `<(…)` (63 and below) arrives, `3<file` does not.
 */
export async function exec(context: Context, invocation: Invocation): Promise<number> {
  const { host } = context;
  const shield = await host.prepareShield();
  const plan = await loadPlanFor(context, invocation);
  const identity = await chooseIdentity(context, plan, invocation);
  if (identity) await warnOfIntegrations(context, plan, identity);
  const { platform } = host;
  const variables = await allowedVariables(context, plan, variablesOfProject(plan.config));
  const surroundings = withVariables(host.env, variables, platform);
  const change = identity
    ? await identityChange(context, plan, identity, surroundings, (env) =>
        credentialsFor(context, invocation, plan, identity, env),
      )
    : nothing;
  const env = childEnvironment(surroundings, change, {
    platform,
    secretVariables: secretVariablesOf(plan.keyring),
  });
  return runChild(host, invocation.program, env, shield);
}

/** @param surroundings what the program has but for the credentials */
async function credentialsFor(
  context: Context,
  { values }: Invocation,
  plan: ProjectPlan,
  identity: Identity,
  surroundings: Pick<Host, 'env' | 'platform'>,
): Promise<EnvironmentChange> {
  if (values['credentials'] === 'process') {
    await checkReachable(plan.keyring, context.host);
    const change = await processChange(plan, identity, context.host);
    if (change !== undefined) {
      await warnOfHiddenFiles(context, change);
      return change;
    }
    await warn(
      context,
      'the path of this program cannot stand in an AWS file, so the credentials go into the environment',
    );
  }
  const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
  const result = await sessionForCommand(context, plan, identity, asked);
  return envChange(result, identity, surroundings);
}

/** The program we start never gets the password, so it must find it elsewhere. */
async function checkReachable(settings: KeyringSettings, host: Host): Promise<void> {
  const { type } = settings;
  if (type.value === 'memory') {
    throw new AtmosError(
      'ERR_USAGE',
      `the memory keyring (from ${type.source}) keeps nothing for another process, so --credentials process cannot work`,
      { hints: [say('use --credentials env')] },
    );
  }
  const password = await neededPassword(settings, host, false);
  if (password === undefined) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the password of the file keyring (${showValue(password.variable)}) is not passed on to programs, so --credentials process cannot work`,
    {
      hints: [
        say('use --credentials env'),
        // Windows has no agent.
        ...unlockHints(host.platform !== 'win32'),
      ],
    },
  );
}
