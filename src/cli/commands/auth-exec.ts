import { AtmosError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import type { KeyringSettings } from '../../keyring/contract.ts';
import { childEnvironment, type EnvironmentChange } from '../../output/environment.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { envChange, opensByItself, processChange } from '../environment-change.ts';
import { sessionForCommand } from '../open.ts';
import { chooseIdentity, loadPlan, warn, type ProjectPlan } from '../plan.ts';
import { runChild } from '../run-child.ts';

const nothing: EnvironmentChange = { set: {}, unset: [] };

/**
 * `atmos auth exec -- command`: runs a program with the identity's credentials and nobody else's,
 * and passes its exit code on. With authentication switched off the program's AWS variables stay as
 * they are; the keyring's password it never gets.
 */
export async function exec(context: Context, invocation: Invocation): Promise<number> {
  const { host } = context;
  const plan = await loadPlan(context);
  const identity = await chooseIdentity(context, plan, invocation);
  const change = identity ? await changeFor(context, invocation, plan, identity) : nothing;
  const env = childEnvironment(host.env, change, {
    platform: host.platform,
    passwordVariable: plan.keyring.passwordEnv.value,
  });
  return runChild(host, invocation.program, env);
}

async function changeFor(
  context: Context,
  { values }: Invocation,
  plan: ProjectPlan,
  identity: Identity,
): Promise<EnvironmentChange> {
  const { host } = context;
  if (values['credentials'] === 'process') {
    checkReachable(plan.keyring);
    const change = await processChange(plan, identity, host);
    if (change !== undefined) return change;
    await warn(
      context,
      'the path of this program cannot stand in an AWS file, so the credentials go into the environment',
    );
  }
  const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
  const result = await sessionForCommand(context, plan, identity, asked);
  return envChange(result, identity, host);
}

/** The program we start never gets the password, so it must find it elsewhere. */
function checkReachable(settings: KeyringSettings): void {
  const { type, passwordEnv } = settings;
  if (type.value === 'memory') {
    throw new AtmosError(
      'ERR_USAGE',
      `the memory keyring (from ${type.source}) keeps nothing for another process, so --credentials process cannot work`,
      { hints: ['--credentials env'] },
    );
  }
  if (opensByItself(settings)) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the password of the file keyring (${passwordEnv.value}) is not passed on to programs, so --credentials process cannot work`,
    { hints: ['--credentials env', 'export ATMOS_KEYRING_PASSWORD_FILE=<file that holds it>'] },
  );
}
