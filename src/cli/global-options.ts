/** Options that every command has. */
export interface GlobalOptions {
  /** Files of `--config`, in their order. Empty when it is absent. */
  readonly config: readonly string[];
  /** Names of `--profile`, in their order. Empty when it is absent. */
  readonly profile: readonly string[];
  readonly chdir: string | undefined;
  readonly color: boolean;
  /** Undefined when the command line does not say. */
  readonly interactive: boolean | undefined;
}
