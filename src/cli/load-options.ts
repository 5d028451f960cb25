import type { LoadOptions } from '../config/load.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { GlobalOptions } from './global-options.ts';

/** What the command line says of the configuration. */
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

/** Whether somebody named the configuration, so that doing without one is no way out. */
export function namesConfig(globals: GlobalOptions, { env }: Pick<Host, 'env'>): boolean {
  return (
    globals.config.length > 0 ||
    globals.configPath.length > 0 ||
    Boolean(env['ATMOS_CONFIG'] || env['ATMOS_CONFIG_PATH'])
  );
}
