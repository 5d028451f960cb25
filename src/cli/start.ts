import { realHost } from '../host/real.ts';
import { runCli } from './run.ts';

/** Runs the program on the machine itself and exits. */
export async function start(): Promise<void> {
  const host = realHost();
  host.exit(await runCli(host));
}
