import type { Log, LogEntry } from '../../core/log-events.ts';
import type { Host } from '../../host/host.ts';
import { loadWindows } from '../../host/windows/load.ts';
import { isSilent, resolveLogSettings, type LogConfig, type LogPlaces } from './settings.ts';

/** The log of one command, from before its settings are known to its end. */
export interface Journal {
  readonly log: Log;
  /**
   * Uses the options of the command line, before the configuration is read.
   *
   * @throws ERR_USAGE for an unknown level
   */
  heed(globals: LogPlaces['globals']): void;
  /**
   * Opens the log with the settings of the configuration, if one was read, and writes the buffered
   * events. Only the first call has an effect.
   *
   * @throws ERR_USAGE, ERR_CONFIG_INVALID, ERR_IO naming the source of the level or the file
   */
  start(config?: LogConfig): Promise<void>;
}

/** The maximum number of buffered events until the log is open. */
const maxKept = 500;

/** A log that buffers events until it is started, and then writes or drops them. */
export function createJournal(host: Host): Journal {
  let globals: LogPlaces['globals'] = { logsLevel: undefined, logsFile: undefined };
  let isStarted = false;
  const kept: LogEntry[] = [];
  let dropped = 0;
  const forget = () => {};
  let take: (entry: LogEntry) => void = (entry) => {
    if (kept.length < maxKept) kept.push(entry);
    else dropped++;
  };

  async function open(config?: LogConfig): Promise<(entry: LogEntry) => void> {
    const settings = resolveLogSettings({ globals, config }, host);
    if (isSilent(settings)) return forget;
    // The command may not have loaded it.
    await loadWindows();
    const { openLog } = await import('./open-log.ts');
    return openLog(settings, host);
  }

  function settle(write: typeof take): void {
    isStarted = true;
    take = write;
    for (const entry of kept.splice(0)) take(entry);
    if (dropped > 0) take({ at: host.now(), event: 'log.dropped', fields: { events: dropped } });
  }

  return {
    log: (event, fields) => take({ at: host.now(), event, fields }),
    heed(said) {
      globals = said;
      try {
        resolveLogSettings({ globals }, host);
      } catch (error) {
        settle(forget);
        throw error;
      }
    },
    async start(config) {
      if (isStarted) return;
      isStarted = true;
      settle(
        await open(config).catch((error: unknown) => {
          settle(forget);
          throw error;
        }),
      );
    },
  };
}
