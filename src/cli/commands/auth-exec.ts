import { execEnvironment } from '../../app/exec-environment.ts';
import { runChild } from '../../host/run-child.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { sessionOpener } from '../open.ts';
import { chooseIdentity, loadPlanFor, warner } from '../plan.ts';

/**
 * `atmos auth exec -- command`: runs a program with only the credentials of the identity, and
 * passes its exit code on. The program never gets the keyring's password.
 *
 * The program gets the standard streams and, as from every Node program, the file descriptors that
 * Node has not marked close-on-exec: bash's `<(…)` (63 and below) is passed on, `3<file` is not.
 */
export async function exec(context: Context, invocation: Invocation): Promise<number> {
  const { host } = context;
  const { values, program } = invocation;
  const shield = await host.prepareShield();
  const plan = await loadPlanFor(context, invocation);
  const identity = await chooseIdentity(context, plan, invocation);
  const mode = values['credentials'] === 'process' ? 'process' : 'env';
  const asked = { isInteractive: true, mfaToken: values['mfa-token'] };
  const env = await execEnvironment(
    { plan, identity, mode },
    { host, warn: warner(context), openSession: sessionOpener(context, plan, asked) },
  );
  return runChild(host, program, env, shield);
}
