import { logVocabulary, type EventSpec, type LogEntry } from '../../core/log-events.ts';
import { isLogDevice, isTold } from '../../core/log-level.ts';
import type { Host } from '../../host/host.ts';
import { createPrinter } from '../printer.ts';
import { createRedaction, formatEntry } from './format.ts';
import { openLogFile } from './log-file.ts';
import type { LogSettings } from './settings.ts';

/**
 * Opens the log that the settings select. `/dev/stdout` also writes to standard error, because
 * standard output contains the result of the command, which a shell may evaluate.
 *
 * @returns a function that writes an event if its level is logged
 * @throws ERR_USAGE, ERR_CONFIG_INVALID, ERR_IO for a file that cannot be a log
 */
export function openLog({ level, file }: LogSettings, host: Host): (entry: LogEntry) => void {
  const { note } = createPrinter(host);
  const isDevice = isLogDevice(file.path);
  const write = isDevice
    ? (line: string) => void note(line.replace(/\n$/, '')).catch(() => {})
    : openLogFile(file, host);
  const redact = createRedaction(host.env);
  return (entry) => {
    const event: EventSpec = logVocabulary[entry.event];
    // The command itself also prints it. A detailed log adds its code and fields.
    const isRepeated = isDevice && level === 'Info' && event.isPrinted === true;
    if (isTold(event.level, level) && !isRepeated) {
      write(formatEntry(entry, { processId: host.processId, redact }));
    }
  };
}
