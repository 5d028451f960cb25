import type { LoadOptions } from '../config/load.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Host } from '../host/host.ts';

/** Options that every command has. */
export interface GlobalOptions {
  /** Files of `--config`, in their order. Empty when it is absent; one may have an empty name. */
  readonly config: readonly string[];
  /** Directories of `--config-path`, as {@link config}. */
  readonly configPath: readonly string[];
  readonly basePath: string | undefined;
  /** Names of `--profile`, in their order. Empty when it is absent. */
  readonly profile: readonly string[];
  /** Whether `--profile` was also given without a name, which prompts for a choice. */
  readonly picksProfile: boolean;
  readonly chdir: string | undefined;
  /** Not checked. */
  readonly logsLevel: string | undefined;
  readonly logsFile: string | undefined;
  readonly color: boolean;
  /** Undefined when the option is absent. */
  readonly interactive: boolean | undefined;
}

/** The options that select the configuration. */
export function loadOptions(globals: GlobalOptions): LoadOptions {
  const { config, configPath, basePath, profile, picksProfile } = globals;
  const choosesProfiles = profile.length > 0 || picksProfile;
  return {
    configFiles: config.map((value) => ({ value, source: '--config' })),
    configDirectories: configPath.map((value) => ({ value, source: '--config-path' })),
    ...withoutAbsent({
      basePath: basePath === undefined ? undefined : { value: basePath, source: '--base-path' },
      profiles: choosesProfiles ? { value: profile, source: '--profile' } : undefined,
    }),
  };
}

/** Whether the user named the configuration, so that the command cannot continue without one. */
export function namesConfig(globals: GlobalOptions, { env }: Pick<Host, 'env'>): boolean {
  return (
    globals.config.length > 0 ||
    globals.configPath.length > 0 ||
    Boolean(env['ATMOS_CONFIG'] || env['ATMOS_CONFIG_PATH'])
  );
}
