import type { Host } from '../host/host.ts';
import { printable, printableJson } from '../core/printable.ts';
import { createWrite, type Write } from './streams.ts';
import { withStyle, wantsColor, type Styled } from './ui/color.ts';

/**
 * A line for a user: text, or parts of which some have a style. It has no line break. Control
 * characters and line breaks in it are shown as escapes, because any part may contain a name from a
 * file.
 */
export type Line = string | readonly Part[];

export type Part = string | Styled;

/** Prints lines for a user. Resolves when the system has accepted them. */
export type Print = (...lines: readonly Line[]) => Promise<void>;

export type PrinterHost = Pick<Host, 'env' | 'stdout' | 'stderr'>;

/** The only access to standard output and standard error. */
export interface Printer {
  /** Writes to standard output what a program reads, unchanged. */
  readonly out: Write;
  /** Writes a value to standard output as JSON. */
  readonly outJson: (value: unknown) => Promise<void>;
  /** Prints the result for a user, such as a table, to standard output. */
  readonly print: Print;
  /** Prints to standard error. */
  readonly note: Print;
  /**
   * Shows a line at the terminal on standard error in place of the last one; undefined removes it.
   */
  readonly progress: (line: string | undefined) => Promise<void>;
}

const clearLine = '\r\u001b[K';

/** @param colorOption the value of `--color` */
export function createPrinter(host: PrinterHost, colorOption = true): Printer {
  // Loaded when used, because few commands need both streams.
  const out: Write = (text) => createWrite(host.stdout, 'standard output')(text);
  const toStderr: Write = (text) => createWrite(host.stderr, 'standard error')(text);
  return {
    out,
    outJson: (value) => out(`${printableJson(value)}\n`),
    print: (...lines) => out(formatLines(lines, () => false)),
    note: (...lines) => toStderr(formatLines(lines, () => wantsColor(host, colorOption))),
    progress: (line) => toStderr(`${clearLine}${printable(line ?? '')}`),
  };
}

// Whether a stream is a terminal is queried only for a style, because the query loads a module of
// Node.
function formatLines(lines: readonly Line[], isColored: () => boolean): string {
  return lines.map((line) => `${formatLine(line, isColored)}\n`).join('');
}

function formatLine(line: Line, isColored: () => boolean): string {
  const parts = typeof line === 'string' ? [line] : line;
  return parts
    .map((part) => {
      if (typeof part === 'string') return printable(part);
      const text = printable(part.text);
      return isColored() ? withStyle(part.style, text) : text;
    })
    .join('');
}
