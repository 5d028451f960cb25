import { realHost } from '../host/real.ts';
import { runCli } from './run.ts';

/** Runs the program on the real machine and exits. */
export async function start(): Promise<void> {
  const host = realHost();
  host.exit(await runCli(host));
}
