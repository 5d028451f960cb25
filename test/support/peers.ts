import { inject } from 'vitest';
import type { Peer, PeerName } from '../../scripts/peers.mjs';

export type Peers = Record<PeerName, Peer | undefined>;

declare module 'vitest' {
  interface ProvidedContext {
    /** Found before the tests start, by test/support/global-setup.ts. */
    peers: Peers;
  }
}

/**
 * A program of others to try ours against, or undefined where it is not installed:
 *
 *     const go = peer('go');
 *     describe.skipIf(!go)('what Go wrote', …)
 *
 * What is skipped so is named at the end of the run, with the line that installs it.
 */
export function peer(name: PeerName): Peer | undefined {
  return inject('peers')[name];
}
