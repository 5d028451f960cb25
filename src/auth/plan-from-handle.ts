import { endpointVariables } from '../core/variables.ts';
import { changedHost, type Host } from '../host/host.ts';
import { unpinKeyring } from '../keyring/registry.ts';
import type { Handle } from './handle.ts';
import { loadLayers } from './load-config.ts';
import type { ProjectPlan } from './plan.ts';
import type { OpenedHandle } from './read-handle.ts';

/**
 * The plan that a handle pinned: whatever directory or environment we are in now, the same files,
 * those of profiles too, realm, keyring and endpoint of AWS. Being pinned makes no file more trusted than
 * it was, and a handle that came with a project says nothing of who put its files there.
 *
 * @returns `host`: with the pinned endpoint; `directory`: of the configuration
 * @throws what loading the configuration gives
 */
export async function planFromHandle(
  { named, handle }: Pick<OpenedHandle, 'named' | 'handle'>,
  host: Host,
): Promise<{ plan: ProjectPlan; identity: string; directory: string; host: Host }> {
  const config = await loadLayers(handle, {}, host);
  const realm = { value: handle.realm, source: `handle ${named}` };
  const keyring = unpinKeyring(handle.keyring, config.keyring.spec);
  const { identity, directory } = handle;
  return {
    plan: { config, realm, keyring },
    identity,
    directory,
    host: withEndpoint(handle, host),
  };
}

/**
 * The program that calls may run with another endpoint, for its own requests. A session of that one would
 * be another than the user has logged in for.
 */
function withEndpoint({ endpointVariables: pinned = {} }: Handle, host: Host): Host {
  const env = {
    ...host.env,
    ...Object.fromEntries(endpointVariables.map((one) => [one, pinned[one]])),
  };
  return changedHost(host, { env });
}
