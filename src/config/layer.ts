/**
 * The origin of a file: named by the user (`--config`), in a directory of the user or the system
 * (home directory, XDG), or part of the project, which another person may have written.
 */
export type Origin = 'explicit' | 'user' | 'project';

/** One file of the configuration, in the order they are merged: later ones win. */
export interface Layer {
  /** Absolute. */
  readonly path: string;
  readonly origin: Origin;
  /** The profile that the file belongs to, if any. */
  readonly profile?: string | undefined;
}
