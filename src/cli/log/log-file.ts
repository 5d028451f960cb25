import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { showValue } from '../../core/json.ts';
import { openToAppend, type OpenFile } from '../../host/append-file.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Who } from '../../host/home.ts';
import { refuseForeignHome } from '../../host/own-directory.ts';
import { statIfVisible } from '../../host/read-files.ts';
import { createPrinter, type PrinterHost } from '../printer.ts';
import type { LogFile } from './settings.ts';

/**
 * Opens or creates a file to append lines to. A new file is readable only by its owner. A log must
 * be a regular file and not a symbolic link; opening never waits. Each line is one write at the end
 * of the file, so that the lines of several processes stay complete. When a write fails, one
 * message on standard error reports it, and no further line is written.
 *
 * @throws ERR_USAGE or ERR_CONFIG_INVALID for something that is not a file, ERR_IO for a system
 * error,
 *   ERR_USAGE for a new file in the home directory of another user
 */
export function openLogFile(file: LogFile, host: LogHost): (line: string) => void {
  let opened: OpenFile | undefined = openRegular(file, host);
  return (line) => {
    try {
      opened?.append(line);
    } catch (error) {
      opened?.close();
      opened = undefined;
      const reason = reasonOf(systemErrorCode(error) ?? 'unknown error');
      const warning = `warning: logging stopped: cannot write to ${named(file)}: ${reason}`;
      void createPrinter(host)
        .note(warning)
        .catch(() => {});
    }
  };
}

type LogHost = PrinterHost & Who;

function openRegular(file: LogFile, host: LogHost): OpenFile {
  // An existing file is only appended to.
  if (!statIfVisible(file.path)) refuseForeignHome(file.path, host);
  const opened = opening(file);
  if (opened === undefined) throw unfit(file, 'it is not a regular file');
  return opened;
}

function opening(file: LogFile): OpenFile | undefined {
  try {
    return openToAppend(file.path);
  } catch (error) {
    throw refusal(file, error);
  }
}

function refusal(file: LogFile, cause: unknown): AtmosError {
  const code = systemErrorCode(cause);
  if (code === undefined) throw cause;
  switch (code) {
    case 'EISDIR':
      return unfit(file, 'it is a directory');
    case 'ELOOP':
      return unfit(file, 'it is a symbolic link');
    // A FIFO without a reader, a socket, or a device without a driver.
    case 'ENXIO':
      return unfit(file, 'it is not a regular file');
    default: {
      // A path from a tag is not shown.
      const reason = file.said.tag === undefined ? reasonOf(code, file.path) : code;
      return new AtmosError('ERR_IO', `cannot log to ${named(file)}: ${reason}`, { cause });
    }
  }
}

function unfit(file: LogFile, why: string): AtmosError {
  return new AtmosError(file.fault, `cannot log to ${named(file)}: ${why}`, {
    hints: [say('use a separate file, or /dev/stderr')],
  });
}

function named({ path, said: { source, tag } }: LogFile): string {
  return `${showValue({ value: path, tag })} (from ${source})`;
}
