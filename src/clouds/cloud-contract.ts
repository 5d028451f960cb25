import type { ProgramCredentials } from '../core/credentials.ts';
import type { Sourced } from '../core/json.ts';
import type { EnvironmentChange } from '../core/variables.ts';
import type { Host } from '../host/host.ts';

/** What finds the files of a user. */
type HomeHost = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

/** How programs receive credentials of one type. */
export interface Cloud<C extends ProgramCredentials = ProgramCredentials> {
  /** The variables that select a region for a program. `env:` of an identity may set them. */
  readonly regionVariables: readonly string[];
  /** Whether a text can be the name of a region. */
  readonly isRegion: (text: string) => boolean;
  /** The group of regions to which a region belongs: `aws-cn`. Undefined if it is not known. */
  readonly partitionOf: (region: string) => string | undefined;
  /**
   * The changes for mode `env`: sets the credentials and unsets every variable that could take
   * precedence.
   */
  environment(credentials: C, region: string | undefined): EnvironmentChange;
  readonly process: ProcessMode;
  /** Loads what shares sessions with Atmos. Absent: Atmos has no plain files for this cloud. */
  readonly loadSessionFiles?: () => Promise<SessionFiles<C>>;
}

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

/**
 * Mode `process`: programs find a profile in a file, and run the command of the profile when they
 * need credentials.
 */
export interface ProcessMode {
  /**
   * Formats the command as one line of the file.
   *
   * @returns undefined for a command that some programs would parse differently
   */
  readonly formatCommand: (
    command: ProcessCommand,
    platform: NodeJS.Platform,
  ) => string | undefined;
  /** The text of the file. @throws ERR_CONFIG_INVALID for a region that does not exist */
  formatProfile(profile: ProcessProfile): string;
  /** The variables that name the profile and its file, without a secret. */
  environment(place: ProfilePlace): EnvironmentChange;
  /**
   * The name of the profile with this command and region in the user's own files, as `auth
   * aws-config` writes it, if programs find it there. Undefined also if the files cannot be read.
   *
   * @param host its environment names the files, as that of the programs
   */
  findUserProfile(
    profile: Pick<ProcessProfile, 'command' | 'region'>,
    host: HomeHost,
  ): Promise<string | undefined>;
  /**
   * The user's files that programs do not read while they use `configFile`, with the home directory
   * as `~`.
   */
  hiddenFiles(configFile: string, host: HomeHost): readonly string[];
}

/** A Node program and how to start it. */
export interface ProcessCommand {
  readonly node: string;
  readonly script: string;
  readonly args: readonly string[];
}

export interface ProcessProfile {
  readonly identity: string;
  /** Precedes the name of the profile. Default: none. */
  readonly prefix?: string;
  /** From {@link ProcessMode.formatCommand}. */
  readonly command: string;
  readonly region?: string;
}

export interface ProfilePlace {
  readonly identity: string;
  /** From {@link ProcessMode.findUserProfile}: programs read the user's own files. */
  readonly userProfile: string | undefined;
  /** The absolute path of the file with the profile. */
  readonly configFile: string;
  /** An empty file that replaces other files, which programs would also read. */
  readonly emptyFile: string;
  readonly region: string | undefined;
}

/**
 * The profiles of identities in the user's own files: a block of lines for each realm, between two
 * marker lines. Pure: the caller reads and writes the files.
 */
export interface UserProfiles {
  /** The file with the blocks, and the file whose profiles take precedence. */
  files(host: HomeHost): {
    readonly config: Sourced<string>;
    readonly credentials: string;
  };
  /** @throws ERR_USAGE for a prefix that would make the name of a profile invalid */
  checkPrefix(prefix: string): void;
  /**
   * Replaces the block of a realm; without a profile it is removed. All other bytes are kept.
   *
   * @throws ERR_USAGE for a block without its end, or two blocks of the realm
   */
  edit(file: UserProfilesFile, realm: string, profiles: readonly ProcessProfile[]): ProfilesEdit;
}

export interface UserProfilesFile {
  readonly path: string;
  readonly text: string;
  readonly credentials: { readonly path: string; readonly text: string };
}

export interface ProfilesEdit {
  /** The whole new text of the file. */
  readonly text: string;
  /** The lines of the block. Empty if it has no profile. */
  readonly block: string;
  /** Those that the block has now. */
  readonly profiles: readonly {
    readonly identity: string;
    readonly profile: string;
    readonly change: 'added' | 'changed' | 'unchanged';
  }[];
  /** The profiles that the block had before and has no longer. */
  readonly removed: readonly string[];
  /** Those whose name is taken outside of the block. */
  readonly taken: readonly {
    readonly identity: string;
    readonly profile: string;
    /** Where the other profile is: `/home/ada/.aws/config:7, in the block of realm other`. */
    readonly position: string;
  }[];
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
 * one identity; or the file of a token that is shared with another tool.
 */
export interface SessionFile {
  readonly path: string;
  /** The program whose file it is. */
  readonly program: 'Atmos' | 'the AWS CLI';
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
