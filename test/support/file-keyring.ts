import type { Sourced } from '../../src/core/json.ts';
import type { Host } from '../../src/host/host.ts';
import { realHost } from '../../src/host/real.ts';
import type { Keyring, KeyringContext, PromptPassword } from '../../src/keyring/contract.ts';
import type { OnStep } from '../../src/keyring/file/atomic-write.ts';
import { openFileKeyring } from '../../src/keyring/file/backend.ts';
import type { FileContext, FileSettings } from '../../src/keyring/file/settings.ts';

export const testPassword = 'correct horse battery staple';

export interface FileKeyringOptions {
  directory: string;
  /** The value of `ATMOS_KEYRING_PASSWORD`; null leaves the variable unset. */
  password?: string | null;
  settings?: Partial<FileSettings>;
  host?: Partial<Host>;
  promptPassword?: PromptPassword;
  onStep?: OnStep;
}

/** The real file keyring on the real machine, with an empty environment. */
export function openTestKeyring(options: FileKeyringOptions): Keyring {
  return openFileKeyring(createTestContext(options), options.onStep);
}

export function createTestContext(options: FileKeyringOptions): FileContext {
  const { directory, password = testPassword, promptPassword } = options;
  const env = { PATH: process.env['PATH'] };
  return {
    type: { value: 'file', source: 'default' },
    settings: {
      directory: { value: directory, source: 'default' },
      passwordEnv: { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' },
      ...options.settings,
    },
    host: {
      ...realHost(),
      env: password === null ? env : { ...env, ATMOS_KEYRING_PASSWORD: password },
      ...options.host,
    },
    ...(promptPassword ? { promptPassword } : {}),
  };
}

/** The same as what a command knows of it. */
export function createKeyringContext(
  options: FileKeyringOptions & { type?: Sourced<string>; fallback?: Sourced<string[]> },
): KeyringContext {
  const { settings: _, type, ...caller } = createTestContext(options);
  const spec = { path: { value: `${options.directory}/`, source: 'default' } };
  const { fallback } = options;
  return {
    ...caller,
    keyring: { type: options.type ?? type, spec, ...(fallback && { fallback }) },
  };
}
