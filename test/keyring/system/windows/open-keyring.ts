import type { Host } from '../../../../src/host/host.ts';
import { realHost } from '../../../../src/host/real.ts';
import type { OnStep } from '../../../../src/keyring/chunked-store.ts';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import type { CredentialManager } from '../../../../src/keyring/system/windows/credential-manager.ts';
import { openCredentialKeyring } from '../../../../src/keyring/system/windows/keyring.ts';

export interface CredentialKeyringOptions {
  /** Default: the API of the machine, which exists only on Windows. */
  readonly manager?: CredentialManager;
  readonly host?: Partial<Host>;
  readonly onStep?: OnStep;
}

export function openTestKeyring(options: CredentialKeyringOptions = {}): Keyring {
  const { manager, host, onStep } = options;
  const type = { value: 'system', source: 'default' };
  const context = { type, settings: undefined, host: { ...realHost(), ...host } };
  return openCredentialKeyring(context, manager && (async () => manager), onStep);
}
