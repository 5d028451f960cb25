import { AtmosError } from '../../core/errors.ts';
import { placeholder, say, setVariable } from '../../core/hint.ts';
import { showValue } from '../../core/json.ts';
import type { VaultContext, VaultSettings } from './settings.ts';

// The place of the entries: the server, the engine and the path in it.

/** @throws ERR_CONFIG_INVALID if the address is missing */
export function requireAddress({ settings, type }: Pick<VaultContext, 'settings' | 'type'>): void {
  if (settings.address !== undefined) return;
  throw new AtmosError(
    'ERR_CONFIG_INVALID',
    `the vault keyring (from ${type.source}) has no address of a server`,
    {
      hints: [
        say('set auth.keyring.spec.address to the URL of the server'),
        setVariable('VAULT_ADDR', placeholder('https://vault.example.com:8200')),
      ],
    },
  );
}

/** `https://vault.example.com:8200, secret/atmos/keyring in the namespace team` */
export function formatLocation({ address, namespace, mount, prefix }: VaultSettings): string {
  const place = `${address && showValue(address)}, ${mount}/${prefix}`;
  return namespace === undefined ? place : `${place} in the namespace ${showValue(namespace)}`;
}
