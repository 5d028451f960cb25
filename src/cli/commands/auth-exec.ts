import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { prepareProgram } from '../prepare-program.ts';

/**
 * `atmos auth exec -- command`: runs a program with only the credentials of the identity, and
 * passes its exit code on. The program never gets the keyring's password.
 */
export async function exec(context: Context, invocation: Invocation): Promise<number> {
  const { env, run } = await prepareProgram(context, invocation);
  return run(invocation.program, env);
}
