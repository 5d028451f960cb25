import type { ProgramCredentials } from '../core/credentials.ts';
import type { Host } from '../host/host.ts';

// The contract of the plain files in which Go Atmos stores sessions and tokens. Types only.

/** The plain files in which Atmos keeps the sessions of identities. */
export interface SessionFiles<C extends ProgramCredentials = ProgramCredentials> {
  /**
   * The session of an identity that has a known expiry, which may have passed. Undefined also if
   * another user could change the file.
   *
   * @throws ERR_IO
   */
  read(owner: FileOwner, host: Host): FileSession<C> | undefined;
  /**
   * Writes a session as Atmos does, with the region of the credentials; everything else in the files
   * stays. Credentials without an expiry are not written.
   *
   * @throws ERR_USAGE for a name or a value that would change the meaning of the file; ERR_IO, also
   *   if another user could change the file; nothing is written then
   */
  write(owner: FileOwner, credentials: C, host: Host): Promise<void>;
}

/** Whose session it is, by the names that Atmos gives its files. */
export interface FileOwner {
  readonly realm: string;
  /** The first link of the chain, or the `rootName` of the kind if the identity is the only one. */
  readonly root: string;
  readonly identity: string;
}

export interface FileSession<C extends ProgramCredentials = ProgramCredentials> {
  /** With an expiry, and the region that Atmos selects with them. */
  readonly credentials: C;
  /** When the file was changed the last time, which may have been for another identity. */
  readonly writtenAt: Date;
}

/** The configuration, which identifies the owner of a file that does not state it. */
export interface FileOwners {
  readonly realm: string;
  readonly identities: readonly string[];
  readonly providers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * A plain file in which Go Atmos stores a session or a token, or the part of a file that belongs to
 * one identity.
 */
export interface SessionFile {
  readonly path: string;
  /** `profile`: the settings of a session, without secrets. */
  readonly item: 'session' | 'profile' | 'token';
  /** Null for files that all realms share, and for files of a version of Atmos without realms. */
  readonly realm: string | null;
  /** As it is written in the file. Null for a whole file. */
  readonly identity: string | null;
  /**
   * The providers that own the file. The token of a portal belongs to every provider that is
   * configured for the portal.
   */
  readonly providers: readonly string[];
  /** Why it is neither read nor removed. Completes a message after its path: `is a symbolic link`. */
  readonly fault?: string;
  /**
   * Removes parts of this file in one operation, because a file may have thousands. Other parts are
   * not changed.
   *
   * @param parts parts with the same path, including this one
   * @returns the parts that still existed
   * @throws ERR_IO
   */
  remove(parts: readonly SessionFile[]): Promise<readonly SessionFile[]>;
}
