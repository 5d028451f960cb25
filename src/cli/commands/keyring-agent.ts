import { runAgent } from '../../keyring/registry.ts';
import type { Context } from '../context.ts';

/**
 * `atmos __keyring-agent`: the background process that keeps a file keyring unlocked. `atmos auth
 * keyring unlock` starts it and sends its settings to standard input.
 */
export async function keyringAgent({ host }: Context): Promise<void> {
  await runAgent(host);
}
