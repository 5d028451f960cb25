import type { Host, Output } from '../host/host.ts';
import { printable, printableJson, withoutSecretKeys } from '../core/printable.ts';
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
   * The line must be shorter than the terminal is wide, because a wrapped line could not be removed:
   * see src/cli/ui/display-width.ts.
   */
  readonly progress: (line: string | undefined) => Promise<void>;
}

const clearLine = '\r\u001b[K';

/** The terminals that show a progress line. Each printer removes it before it prints. */
const showingProgress = new WeakSet<Output>();

/** @param colorOption the value of `--color` */
export function createPrinter(host: PrinterHost, colorOption = true): Printer {
  const toStderr: Write = (text) => createWrite(host.stderr, 'standard error')(text);
  const takeProgress = () => (showingProgress.delete(host.stderr) ? clearLine : '');
  const out: Write = async (text) => {
    const clearing = takeProgress();
    if (clearing !== '') await toStderr(clearing);
    await createWrite(host.stdout, 'standard output')(text);
  };
  return {
    out,
    outJson: (value) => out(`${printableJson(value)}\n`),
    print: (...lines) => out(formatLines(lines, () => false)),
    note: (...lines) =>
      toStderr(`${takeProgress()}${formatLines(lines, () => wantsColor(host, colorOption))}`),
    async progress(line) {
      const clearing = takeProgress();
      if (line !== undefined) {
        showingProgress.add(host.stderr);
        await toStderr(`${clearLine}${printable(line)}`);
      } else if (clearing !== '') await toStderr(clearing);
    },
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
      if (typeof part === 'string') return shown(part);
      const text = shown(part.text);
      return isColored() ? withStyle(part.style, text) : text;
    })
    .join('');
}

/** Never a secret key of age, whatever named it: an unknown argument, a setting, the name of a file. */
function shown(text: string): string {
  return withoutSecretKeys(printable(text));
}
