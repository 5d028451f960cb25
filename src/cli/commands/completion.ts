import type { Invocation } from '../command.ts';
import { completionScript, completionShells } from '../completion/script.ts';
import type { Context } from '../context.ts';
import { requireStdout } from '../required-output.ts';

/** `atmos completion SHELL`: prints the shell's completion script for our commands. */
export async function completion({ host, out }: Context, { operand }: Invocation): Promise<void> {
  const shell = completionShells.find((one) => one === operand);
  if (shell === undefined) return;
  await requireStdout(host);
  await out(completionScript(shell, host));
}
