import { optionWords, withOptions, type Hint } from '../core/hint.ts';
import type { GlobalOptions } from './global-options.ts';

/**
 * The hint, whose commands use the same configuration as this one.
 *
 * @param globals undefined if the command line could not be parsed
 */
export function withConfiguration(hint: Hint, globals: GlobalOptions | undefined): Hint {
  return globals === undefined ? hint : withOptions(hint, configurationWords(globals));
}

/** The options that select the configuration, as they are written again for another command. */
function configurationWords(globals: GlobalOptions): string[] {
  const { chdir, config, configPath, basePath, profile } = globals;
  const given = [
    ...(chdir === undefined ? [] : [['--chdir', chdir]]),
    ...config.map((file) => ['--config', file]),
    ...configPath.map((directory) => ['--config-path', directory]),
    ...(basePath === undefined ? [] : [['--base-path', basePath]]),
    ...profile.map((name) => ['--profile', name]),
  ] as const;
  return given.flatMap(([option = '', value = '']) => optionWords(option, value));
}
