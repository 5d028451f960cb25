/** Options that every command has. */
export interface GlobalOptions {
  /** Files of `--config`, in their order. Empty when it is absent; one may have an empty name. */
  readonly config: readonly string[];
  /** Directories of `--config-path`, as {@link config}. */
  readonly configPath: readonly string[];
  readonly basePath: string | undefined;
  /** Names of `--profile`, in their order. Empty when it is absent. */
  readonly profile: readonly string[];
  /** Whether `--profile` was also given without a name, which lets a person choose. */
  readonly picksProfile: boolean;
  readonly chdir: string | undefined;
  /** Not checked. */
  readonly logsLevel: string | undefined;
  readonly logsFile: string | undefined;
  readonly color: boolean;
  /** Undefined when the command line does not say. */
  readonly interactive: boolean | undefined;
}
