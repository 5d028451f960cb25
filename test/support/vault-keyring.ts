import type { Spec } from '../../src/core/keyring-spec.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openVaultKeyring } from '../../src/keyring/vault/backend.ts';
import { settleVault, type VaultContext } from '../../src/keyring/vault/settings.ts';

export interface VaultOptions {
  /** Keys of `auth.keyring.spec`; those of maps with a dot. */
  readonly spec?: Readonly<Record<string, string>>;
  /** The value of `VAULT_TOKEN`; null leaves the variable unset. */
  readonly token?: string | null;
  readonly host?: Partial<Host>;
}

/** A setting as atmos.yaml says it. */
function saidInYaml(key: string, value: string) {
  const path = ['auth', 'keyring', 'spec', ...key.split('.')];
  return { value, source: `${path.join('.')} (/p/atmos.yaml:3:5)`, path };
}

export function vaultSpec(spec: Readonly<Record<string, string>>): Spec {
  const entries = Object.entries(spec).map(
    ([key, value]) => [key, saidInYaml(key, value)] as const,
  );
  return Object.fromEntries(entries);
}

export function createVaultContext({
  spec = {},
  token = 'token',
  host = {},
}: VaultOptions): VaultContext {
  const whole: Host = {
    ...realHost(),
    env: { PATH: process.env['PATH'], ...(token === null ? {} : { VAULT_TOKEN: token }) },
    homeDirectory: '/nonexistent',
    ...host,
  };
  return {
    type: { value: 'vault', source: 'auth.keyring.type (/p/atmos.yaml:2:9)' },
    settings: settleVault(vaultSpec(spec), whole),
    host: whole,
  };
}

/** The real vault keyring on the real machine, with a token as its only variable. */
export function openTestVault(options: VaultOptions): Keyring {
  return openVaultKeyring(createVaultContext(options));
}

/** A clock that moves only when the program sleeps, so that no test waits for a limit. */
export function fastClock(): Pick<Host, 'monotonicMs' | 'sleep'> {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    async sleep(milliseconds, signal) {
      // A limit of a request: it is over only if nothing else happens.
      if (signal !== undefined) return realHost().sleep(Math.min(milliseconds, 300), signal);
      nowMs += milliseconds;
    },
  };
}
