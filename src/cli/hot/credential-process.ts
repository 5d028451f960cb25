import { answerRecorded } from '../../app/answer-recorded.ts';
import { realHost } from '../../host/real.ts';
import { createWrite } from '../streams.ts';

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
  await createWrite(host.stdout, 'standard output')(answer);
  return 0;
}
