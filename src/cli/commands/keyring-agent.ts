import { runAgent } from '../../keyring/registry.ts';
import type { Context } from '../context.ts';

/**
 * `atmos __keyring-agent`: the background process that holds a file keyring open. It is started by
 * `atmos auth keyring unlock`, which tells it what to do on standard input.
 */
export async function keyringAgent({ host }: Context): Promise<void> {
  await runAgent(host);
}
