import type { Stats } from 'node:fs';
import type { Hint } from '../core/hint.ts';

/** Knows whom files belong to and who may do what with them, by the rules of the system. */
export interface PermissionCheck {
  /** Who we are, for a message: `user 1000`. */
  self(): string;
  /**
   * @param stats of what is at the path itself, a link too
   * @returns undefined when something else is there by now
   * @throws the system's error
   */
  permissionsOf(path: string, stats: Stats): Permissions | undefined;
}

/** What the system lets whom do with a file or a directory. */
export interface Permissions {
  /** Whether it is ours to keep a secret in. */
  readonly isOurs: boolean;
  /** Whether it is ours, or belongs to the system itself. */
  readonly isTrusted: boolean;
  /** Whom it belongs to, for a message: `user 0`. */
  readonly owner: string;
  readonly others: OthersMay;
  /**
   * {@link others} without a group that is root's, or that has the number of the owner (a group of
   * one's own): enough for what holds no secret. On Windows the same as `others`.
   */
  readonly outsiders: Omit<OthersMay, 'read'>;
  /** Whether it is a directory like /tmp: everyone may add to it, and replace what is theirs. */
  readonly isShared: boolean;
  /** How others come to what they may do, for a message: `mode 0644`. */
  readonly openness: string;
  /** The command that makes it ours. */
  ownCommand(): Hint;
  /** The command that leaves others nothing. */
  closeCommand(): Hint;
  /** The command that leaves others no more than to look at it. */
  withdrawCommand(): Hint;
}

/** What anybody may do but us and who may do everything anyway. */
export interface OthersMay {
  /** Read a file, list a directory. */
  readonly read: boolean;
  /** Write to a file, add to a directory, or worse. */
  readonly write: boolean;
  /** Put something else in the place of it, or of what is in it. */
  readonly replace: boolean;
}
