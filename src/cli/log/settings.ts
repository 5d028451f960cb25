import { resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { AtmosError } from '../../core/errors.ts';
import { didYouMean, say } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import { isLogDevice, logLevels, parseLogLevel, type LogLevel } from '../../core/log-level.ts';
import { expectedNames, nearestName } from '../../core/names.ts';
import { requireFromHome } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly file: LogFile;
}

export interface LogFile {
  /** Absolute, or `/dev/stderr`, `/dev/stdout`, `/dev/null`. */
  readonly path: string;
  /** The value as written, and its source. */
  readonly said: Sourced<string>;
  /** The code of the error if it cannot be a log. */
  readonly fault: Fault;
}

export interface LogPlaces {
  readonly globals: Pick<GlobalOptions, 'logsLevel' | 'logsFile'>;
  /** Undefined if no configuration was read. */
  readonly config?: LogConfig | undefined;
}

/** The settings of atmos.yaml: in `auth.logs` or `logs`, and in variables under `env`. */
export type LogConfig = Pick<Config, 'logs' | 'environment'>;

/** The settings of the user, and those of atmos.yaml. */
type Fault = 'ERR_USAGE' | 'ERR_CONFIG_INVALID';

type Where = Pick<Host, 'env' | 'homeDirectory' | 'userId' | 'workingDirectory'>;

/**
 * Determines the level and the file, each from the first source that sets it: `--logs-level` and
 * `--logs-file`, `ATMOS_LOGS_LEVEL` and `ATMOS_LOGS_FILE`, the same variables under `env` of
 * atmos.yaml (only the level), `auth.logs`, `logs`, then Warning and `/dev/stderr`. An empty value
 * is treated as absent. `~` is the home directory. A relative path starts from the directory of the
 * atmos.yaml that contains it, otherwise from the working directory.
 *
 * @throws ERR_USAGE for an unknown level, or ERR_CONFIG_INVALID if it is in atmos.yaml
 */
export function resolveLogSettings(places: LogPlaces, host: Where): LogSettings {
  const level = firstSaid('level', places, host);
  const file = firstSaid('file', places, host);
  return {
    level: level ? levelOf(level) : 'Warning',
    file: file ? { ...file, path: pathOf(file.said, host) } : standardError,
  };
}

/**
 * Whether nothing is written. The command already prints warnings and errors on standard error, so
 * a log of only these would repeat them.
 */
export function isSilent({ level, file }: LogSettings): boolean {
  if (level === 'Off' || file.path === '/dev/null') return true;
  return isLogDevice(file.path) && (level === 'Warning' || level === 'Error');
}

const standardError: LogFile = {
  path: '/dev/stderr',
  said: { value: '/dev/stderr', source: 'default' },
  fault: 'ERR_USAGE',
};

type Choice = Pick<LogFile, 'said' | 'fault'>;

function firstSaid(
  setting: 'level' | 'file',
  { globals, config }: LogPlaces,
  { env }: Pick<Host, 'env'>,
): Choice | undefined {
  const option = setting === 'level' ? globals.logsLevel : globals.logsFile;
  if (option?.trim()) return byPerson(option, `--logs-${setting}`);
  const name = `ATMOS_LOGS_${setting.toUpperCase()}`;
  const variable = env[name];
  if (variable?.trim()) return byPerson(variable, name);
  const said = [config?.environment[name], config?.logs[setting]].find((one) => one?.value.trim());
  return said && { said, fault: 'ERR_CONFIG_INVALID' };
}

function byPerson(value: string, source: string): Choice {
  return { said: { value, source }, fault: 'ERR_USAGE' };
}

function levelOf({ said, fault }: Choice): LogLevel {
  const { value, tag } = said;
  const level = parseLogLevel(value);
  if (level !== undefined) return level;
  const nearest = nearestName(value.trim(), logLevels);
  // Like `quoteValue`, whose module would be one more file to load at every start.
  const shown = tag === undefined ? JSON.stringify(value) : `<value of ${tag}>`;
  throw new AtmosError(
    fault,
    `unknown log level ${shown} (from ${said.source}): ${expectedNames(logLevels)}`,
    {
      hints:
        nearest === undefined ? [say('Debug is enough for most problems')] : didYouMean(nearest),
    },
  );
}

function pathOf({ value, source }: Sourced<string>, host: Where): string {
  const file = value.trim();
  if (isLogDevice(file)) return file;
  return resolve(host.workingDirectory(), requireFromHome({ value: file, source }, host));
}
