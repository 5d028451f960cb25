import { execEnvironment } from '../app/exec-environment.ts';
import type { Identity } from '../core/kind-config.ts';
import { runChild } from '../host/run-child.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { askingOptions, sessionOpener } from './open.ts';
import { warner } from './plan.ts';
import { planAnyIdentity } from './plan-identity.ts';
import { sessionOptions } from './session-options.ts';

/** What a program gets that is started with the credentials of an identity. */
export interface PreparedProgram {
  /** Undefined if authentication is switched off. */
  readonly identity: Identity | undefined;
  /** Its whole environment, without the keyring's password. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Runs the program and returns its exit code.
   *
   * The program gets the standard streams and, as from every Node program, the file descriptors
   * that Node has not marked close-on-exec: bash's `<(…)` (63 and below) is passed on, `3<file` is
   * not.
   */
  run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<number>;
}

/** Opens a session if the program needs one. @throws as `execEnvironment` */
export async function prepareProgram(
  context: Context,
  invocation: Invocation,
): Promise<PreparedProgram> {
  const { host } = context;
  const { values } = invocation;
  const options = sessionOptions(values);
  const shield = await host.prepareShield();
  const { plan, identity } = await planAnyIdentity(context, invocation);
  const mode = values['credentials'] === 'process' ? 'process' : 'env';
  const env = await execEnvironment(
    { plan, identity, mode, ...options },
    {
      host,
      warn: warner(context),
      openSession: sessionOpener(context, plan, askingOptions(invocation)),
    },
  );
  return {
    identity,
    env,
    run: (words, environment) => runChild(host, words, environment, shield),
  };
}
