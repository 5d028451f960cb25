import { peer } from '../peers.ts';
import { openGnomeKeyring } from './gnome-keyring.mjs';
import { openKeePassXC } from './keepassxc.mjs';
import { openKWallet } from './kwallet.mjs';
import type { SecretService, SecretServiceOptions } from './types.ts';

export interface Provider {
  name: 'gnome-keyring' | 'kwallet' | 'keepassxc';
  /** Whether the provider is installed: `describe.skipIf(!installed)`. */
  installed: boolean;
  open(options?: SecretServiceOptions): Promise<SecretService>;
}

/**
 * The real providers, for suites that run on each:
 *
 *     describe.each(providers)('on $name', ({ installed, open }) => {
 *       test.skipIf(!installed)(…)
 */
export const providers: readonly Provider[] = [
  {
    name: 'gnome-keyring',
    installed: peer('gnome-keyring') !== undefined,
    open: openGnomeKeyring,
  },
  { name: 'kwallet', installed: peer('kwallet') !== undefined, open: openKWallet },
  { name: 'keepassxc', installed: peer('keepassxc') !== undefined, open: openKeePassXC },
];
