import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { parseMfaCode } from '../../core/mfa-code.ts';
import type { OpenContext } from '../contract.ts';
import { runConfiguredCommand, type ConfiguredCommand } from '../run-command.ts';

const limits = { timeoutMs: 60_000, maxBytes: 4096 };
/** How long a device shows the same code. The periods are those of the clock, as in RFC 6238. */
const periodMs = 30_000;

/**
 * Creates a function that gets an MFA code from a command. In the period in which the command has
 * printed a code it would print the same one, which AWS has refused if another one is requested. So
 * the function then waits for the next period.
 *
 * The function throws ERR_AUTH_SOURCE_FAILED; the message does not quote the output.
 */
export function createMfaProgram(
  command: Omit<ConfiguredCommand, 'title'>,
  context: Pick<OpenContext, 'host' | 'commandEnv'>,
): () => Promise<string> {
  const { host } = context;
  const title = 'the MFA command';
  const period = () => Math.floor(host.now().getTime() / periodMs);
  let usedPeriod: number | undefined;
  return async () => {
    if (usedPeriod === period()) {
      const leftMs = (usedPeriod + 1) * periodMs - host.now().getTime();
      const endWait = host.waiting('the next MFA code', leftMs);
      await host.sleep(leftMs);
      endWait?.();
    }
    const output = await runConfiguredCommand({ ...command, title }, context, limits);
    usedPeriod = period();
    const code = parseMfaCode(output);
    if (code !== undefined) return code;
    throw new AtmosError(
      'ERR_AUTH_SOURCE_FAILED',
      `${title} (${command.place}) did not print one code of six digits`,
      { hints: [say('run the command in a shell to see its output')] },
    );
  };
}
