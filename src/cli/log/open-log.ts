import { logVocabulary, type EventSpec, type LogEntry } from '../../core/log-events.ts';
import { isLogDevice, isTold } from '../../core/log-level.ts';
import type { Host } from '../../host/host.ts';
import { createPrinter } from '../printer.ts';
import { createRedaction, formatEntry } from './format.ts';
import { openLogFile } from './log-file.ts';
import type { LogSettings } from './settings.ts';

/**
 * Opens the log that the settings ask for. `/dev/stdout` is standard error as well: what stands on
 * standard output is the product of a command, and a shell may evaluate it.
 *
 * @returns what writes an event, if its level is told
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
    // The command prints it beside the log. Whoever asks for details gets its code and fields as well.
    const isRepeated = isDevice && level === 'Info' && event.isPrinted === true;
    if (isTold(event.level, level) && !isRepeated) {
      write(formatEntry(entry, { processId: host.processId, redact }));
    }
  };
}
