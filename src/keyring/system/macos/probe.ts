import type { Host } from '../../../host/host.ts';
import type { Probe } from '../../contract.ts';
import type { Failure } from './failures.ts';
import { findDefaultKeychain } from './keychain.ts';
import { childEnvironment, createSecurity } from './security.ts';

export interface KeychainProbe {
  readonly probe: Probe;
  readonly path: string | undefined;
}

/** Sessions of launchd that have no display, so that macOS cannot ask a person there. */
const withoutDisplay = ['Background', 'StandardIO', 'System'];

/**
 * Looks without asking anybody. `show-keychain-info` tells whether a keychain is locked, but with a
 * display it asks for the password if it is. There the login has opened it, and whoever locked it by
 * hand is asked at the first use: so it is ready.
 */
export async function probeKeychain(host: Host): Promise<KeychainProbe> {
  const run = createSecurity(host);
  const { path, failure } = await findDefaultKeychain(run);
  if (failure !== undefined) return { probe: describe(failure), path };
  if (!(await isWithoutDisplay(host))) return { probe: { state: 'ready' }, path };
  const answer = await run(['show-keychain-info', path]);
  const probe: Probe = answer.failure === undefined ? { state: 'ready' } : describe(answer.failure);
  return { probe, path };
}

/** One that does not answer may be asking somebody after all. */
function describe({ code, reason }: Failure): Probe {
  const isThere = code === 'ERR_KEYRING_LOCKED' || code === 'ERR_KEYRING_TIMEOUT';
  return { state: isThere ? 'locked' : 'unavailable', reason };
}

async function isWithoutDisplay(host: Host): Promise<boolean> {
  try {
    const { exitCode, stdout } = await host.runProgram('/bin/launchctl', ['managername'], {
      env: childEnvironment(host.env),
      timeoutMs: 5000,
      maxBytes: 1024,
    });
    return exitCode === 0 && withoutDisplay.includes(stdout.toString('latin1').trim());
  } catch {
    return false;
  }
}
