/** As Atmos calls them, from the one that tells most to the one that tells nothing. */
export const logLevels = ['Trace', 'Debug', 'Info', 'Warning', 'Error', 'Off'] as const;

export type LogLevel = (typeof logLevels)[number];

/** A level in whatever case, with blanks around it; `warn` is Warning, as in Atmos. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const written = text.trim().toLowerCase();
  if (written === 'warn') return 'Warning';
  return logLevels.find((level) => level.toLowerCase() === written);
}

/** Whether something of this gravity is told where `level` is set. */
export function isTold(gravity: LogLevel, level: LogLevel): boolean {
  return level !== 'Off' && logLevels.indexOf(gravity) >= logLevels.indexOf(level);
}

/** Names that are no file in Atmos, so that nothing of the file system is written to. */
export function isLogDevice(file: string): boolean {
  return ['/dev/stderr', '/dev/stdout', '/dev/null'].includes(file);
}
