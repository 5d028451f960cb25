/** The levels of Atmos, from the most to the least verbose. */
export const logLevels = ['Trace', 'Debug', 'Info', 'Warning', 'Error', 'Off'] as const;

export type LogLevel = (typeof logLevels)[number];

/** Parses a level, ignoring case and surrounding spaces; `warn` is Warning, as in Atmos. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const written = text.trim().toLowerCase();
  if (written === 'warn') return 'Warning';
  return logLevels.find((level) => level.toLowerCase() === written);
}

/** Whether a message with this severity is logged at `level`. */
export function isTold(gravity: LogLevel, level: LogLevel): boolean {
  return level !== 'Off' && logLevels.indexOf(gravity) >= logLevels.indexOf(level);
}

/** Names that Atmos does not treat as files, so that nothing in the file system is changed. */
export function isLogDevice(file: string): boolean {
  return ['/dev/stderr', '/dev/stdout', '/dev/null'].includes(file);
}
