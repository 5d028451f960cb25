import type { Stats } from 'node:fs';
import type { Hint } from '../core/hint.ts';

/** Finds out who owns a file and who may access it, by the rules of the operating system. */
export interface PermissionCheck {
  /** The current user, for a message: `user 1000`. */
  self(): string;
  /**
   * @param stats of the path itself, without following links
   * @returns undefined if the path has been replaced since
   * @throws the system's error
   */
  permissionsOf(path: string, stats: Stats): Permissions | undefined;
}

/** Who may do what with a file or a directory. */
export interface Permissions {
  /**
   * Whether it belongs to the current user (or, on Windows, the system), so that it may hold a
   * secret.
   */
  readonly isOurs: boolean;
  /** Whether it belongs to the current user or the system. */
  readonly isTrusted: boolean;
  /** The owner, for a message: `user 0`. */
  readonly owner: string;
  readonly others: OthersMay;
  /**
   * {@link others} without groups whose number is 0 (root) or the number of the owner (a personal
   * group). Sufficient for files without secrets. On Windows the same as `others`.
   */
  readonly outsiders: Omit<OthersMay, 'read'>;
  /** Whether it is a directory like /tmp: every user may add files, and replace only their own. */
  readonly isShared: boolean;
  /** What gives other users access, for a message: `mode 0644`. */
  readonly openness: string;
  /** The command that makes the current user the owner. */
  ownCommand(): Hint;
  /** The command that removes all access of other users. */
  closeCommand(): Hint;
  /** The command that leaves other users read access at most. */
  withdrawCommand(): Hint;
}

/**
 * What other users may do, not counting the current user and users such as root, who may do
 * anything.
 */
export interface OthersMay {
  /** Read a file, list a directory. */
  readonly read: boolean;
  /** Write to a file, add to a directory, or any stronger access. */
  readonly write: boolean;
  /** Replace it or its content by something else. */
  readonly replace: boolean;
}
