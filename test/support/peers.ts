import { inject } from 'vitest';
import type { Peer, PeerName } from '../../scripts/peers.mjs';

export type Peers = Record<PeerName, Peer | undefined>;

declare module 'vitest' {
  interface ProvidedContext {
    /** The result of test/support/global-setup.ts, which runs before the tests. */
    peers: Peers;
  }
}

/**
 * The path of another program that we test against, or undefined if it is not installed:
 *
 *     const go = peer('go');
 *     describe.skipIf(!go)('what Go wrote', …)
 *
 * The end of the run names each skipped suite and the command that installs its peer.
 */
export function peer(name: PeerName): Peer | undefined {
  return inject('peers')[name];
}
