import { logFileNeeds } from '../auth/trust-needs.ts';
import type { Config, LoadOptions } from '../config/load.ts';
import { requireTrust } from '../config/trust.ts';
import { isAtmosError } from '../core/errors.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Context } from './context.ts';
import { isSilent, resolveLogSettings, type LogConfig } from './log/settings.ts';

/**
 * The log settings of the configuration, as far as they may be used. A file that a project's file
 * names needs trust, because it could be any file of the user. A command that runs nothing ignores
 * an untrusted one.
 *
 * @param refused called with the reason when the file is not written
 * @throws ERR_CONFIG_UNTRUSTED, or the errors of the settings
 */
export async function followedLog(
  { globals, host }: Pick<Context, 'globals' | 'host'>,
  config: Config,
  { isStatic }: Pick<LoadOptions, 'isStatic'>,
  refused: (message: string) => Promise<void>,
): Promise<LogConfig> {
  const settings = resolveLogSettings({ globals, config }, host);
  const { environment, logs } = config;
  if (isSilent(settings) || settings.file.said !== logs.file) return config;
  try {
    for (const need of logFileNeeds(logs.file)) requireTrust(config, need, host);
    return config;
  } catch (error) {
    if (!isStatic || !isAtmosError(error, 'ERR_CONFIG_UNTRUSTED')) throw error;
    await refused(`nothing is logged: ${error.message}`);
    return { environment, logs: withoutAbsent({ level: logs.level }) };
  }
}
