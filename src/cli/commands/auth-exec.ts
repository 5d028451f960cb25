import { AtmosError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import type { KeyringSettings } from '../../keyring/contract.ts';
import { childEnvironment, type EnvironmentChange } from '../../output/environment.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { envChange, processChange } from '../environment-change.ts';
import { sessionForCommand } from '../open.ts';
import { chooseIdentity, loadPlan, warn, type ProjectPlan } from '../plan.ts';
import { runChild } from '../run-child.ts';

const nothing: EnvironmentChange = { set: {}, unset: [] };

/**
 * `atmos auth exec -- command`: runs a program with the identity's credentials and nobody else's,
 * and passes its exit code on.
 */
export async function exec(context: Context, invocation: Invocation): Promise<number> {
  const { host } = context;
  if (invocation.program.length === 0) {
    throw new AtmosError('ERR_USAGE', 'no command to run was given', {
      hints: ['atmos auth exec -i NAME -- terraform plan'],
    });
  }
  const plan = await loadPlan(context);
  const identity = await chooseIdentity(context, plan, invocation);
  const change = identity === undefined ? nothing : await changeFor(context, invocation, plan, identity);
  const env = childEnvironment(host.env, change, {
    platform: host.platform,
    passwordVariable: plan.keyring.passwordEnv.value,
  });
  return runChild(host, invocation.program, env);
}

async function changeFor(
  context: Context,
  invocation: Invocation,
  plan: ProjectPlan,
  identity: Identity,
): Promise<EnvironmentChange> {
  const { host } = context;
  if (invocation.values['credentials'] === 'process') {
    checkReachable(plan.keyring);
    const change = await processChange(plan, identity, host);
    if (change !== undefined) return change;
    await warn(context, 'the path of this program cannot stand in an AWS file, so the credentials go into the environment');
  }
  const asked = { isInteractive: true, mfaToken: invocation.values['mfa-token'] };
  const result = await sessionForCommand(context, plan, identity, asked);
  return envChange(result, identity, host);
}

/** The program we start never gets the password, so it must find it elsewhere. */
function checkReachable({ type, passwordFile, passwordCommand, passwordEnv }: KeyringSettings): void {
  if (type.value === 'memory') {
    throw new AtmosError('ERR_USAGE', 'with the memory keyring another process finds nothing, so --credentials process cannot work', {
      hints: ['--credentials env'],
    });
  }
  if (type.value !== 'file' || passwordFile || passwordCommand) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the password of the file keyring (${passwordEnv.value}) is not passed on to programs, so --credentials process cannot work`,
    { hints: ['--credentials env', 'export ATMOS_KEYRING_PASSWORD_FILE=<file that holds it>'] },
  );
}
