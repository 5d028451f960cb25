import type { Keyring } from '../contract.ts';
import type { FileContext } from '../file/settings.ts';

/** What the agent needs of the keyring that it holds open. */
export interface AgentBackend {
  open(context: FileContext): Keyring;
  /** What changes when the keyring in a directory gets another password. */
  generation(directory: string, userId: number | undefined): string | undefined;
  /**
   * Makes the directory where it is missing.
   *
   * @throws as the keyring does for a directory that must not be used
   */
  ensureDirectory(context: FileContext): void;
  /**
   * The password from its sources, proved on the keyring; for a new keyring, the one it is to have.
   *
   * @throws ERR_KEYRING_PASSWORD_WRONG and what a source gives
   */
  provePassword(context: FileContext): Promise<{ password: Buffer; isNew: boolean }>;
}
