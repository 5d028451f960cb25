/**
 * Who put a file where it is: named by the person (`--config`), kept by the person or the system
 * (home directory, XDG), or come with the project that is worked on, and so perhaps by somebody else.
 */
export type Origin = 'explicit' | 'user' | 'project';

/** One file of the configuration, in the order they are merged: later ones win. */
export interface Layer {
  /** Absolute. */
  readonly path: string;
  readonly origin: Origin;
  /** The profile that it belongs to, if it does. */
  readonly profile?: string | undefined;
}
