import { BackendError } from '../../../core/errors.ts';

/** A generic credential of Credential Manager (`CREDENTIALW` of wincred.h), as far as we use it. */
export interface Credential {
  readonly targetName: string;
  readonly userName: string;
  readonly blob: Buffer;
}

/** The calls of wincred.h for generic credentials of the current user. */
export interface CredentialManager {
  /** `CredReadW`. Undefined if it does not exist. @throws CredentialError */
  read(targetName: string): Credential | undefined;
  /** `CredWriteW`: adds or overwrites. @throws CredentialError */
  write(credential: Credential): void;
  /** `CredDeleteW`. False if it did not exist. @throws CredentialError */
  remove(targetName: string): boolean;
  /** `CredEnumerateW`: target and user names, without any blob. @throws CredentialError */
  list(): Pick<Credential, 'targetName' | 'userName'>[];
  /**
   * `CredGetSessionTypes`: how long this logon session may keep a generic credential.
   *
   * @throws CredentialError
   */
  maxPersistence(): number;
}

/** A failed call, with its error of winerror.h. */
export class CredentialError extends BackendError {
  readonly call: string;
  readonly status: number;

  constructor(call: string, status: number) {
    super(`${call} failed with error ${status}`);
    this.name = 'CredentialError';
    this.call = call;
    this.status = status;
  }
}

/** `CRED_PERSIST_LOCAL_MACHINE`: kept for all later logons of this user on this machine. */
export const persistLocalMachine = 2;
/** `CRED_MAX_CREDENTIAL_BLOB_SIZE`. */
export const maxBlobBytes = 5 * 512;
