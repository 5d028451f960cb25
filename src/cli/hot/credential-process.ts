import { answerRecorded } from '../../app/answer-recorded.ts';
import { realHost } from '../../host/real.ts';
import { createPrinter } from '../printer.ts';

/**
 * `atmos auth credential-process --handle PATH` from a recorded plan and a stored session.
 *
 * @returns the exit code. Undefined, with nothing printed, if the whole program has to answer, which also
 *   reports what is wrong
 */
export async function run(): Promise<number | undefined> {
  const host = realHost();
  const handle = host.programArguments.at(-1) ?? '';
  const answer = await answerRecorded(handle, host);
  if (answer === undefined || (await host.isStdoutClosed())) return undefined;
  await createPrinter(host).out(answer);
  return 0;
}
