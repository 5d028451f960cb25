import { AtmosError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Host } from '../../host/host.ts';
import type { Printer } from '../printer.ts';
import { lineWidth, shorten } from './display-width.ts';

// A line that may be entered while the program waits for something else. The prompts of
// src/cli/ui/prompt.ts draw all of their text again for each character, which takes minutes for a
// pasted address of some thousand characters.

export interface OptionalLine {
  readonly label: string;
  /** The label after a line that is invalid; undefined if it is valid. */
  fault(line: string): string | undefined;
}

/**
 * Reads a valid line from the terminal and shows its beginning, in place of the progress line. The line
 * is removed at the end. Never resolves where there is no terminal.
 *
 * @throws ERR_CANCELLED on Ctrl-C, when the terminal is closed, and on Ctrl-D before anything is typed;
 *   the reason of the signal when it aborts
 */
export async function readLine(
  { host, progress }: Pick<Printer, 'progress'> & { readonly host: Host },
  { label, fault }: OptionalLine,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const terminal = await host.openTerminal({ takesLineBreaks: true });
  const over = new AbortController();
  try {
    const entered = await new Promise<string | undefined>((resolve, reject) => {
      let typed = '';
      let shownLabel = label;
      // A failure to show it is ignored.
      const show = () => {
        const text = shorten(`${shownLabel}: ${printable(typed)}`, lineWidth(host.stderr));
        progress(text).catch(() => {});
      };
      const leave = () => reject(new AtmosError('ERR_CANCELLED', 'canceled'));
      const stop = () => resolve(undefined);
      signal.addEventListener('abort', stop, { signal: over.signal });
      if (signal.aborted) stop();
      terminal?.input.setEncoding('utf8').on('close', leave).on('end', leave);
      terminal?.input.on('data', (keys: string) => {
        const { line, end } = typeKeys(typed, keys);
        typed = line;
        if (end === 'canceled') return leave();
        if (end === 'entered') {
          const next = fault(typed);
          if (next === undefined) return resolve(typed);
          typed = '';
          shownLabel = next;
        }
        show();
      });
      if (terminal !== undefined) show();
    });
    if (entered !== undefined) return entered;
    throw signal.reason;
  } finally {
    over.abort();
    terminal?.input.removeAllListeners();
    terminal?.close();
    await progress(undefined).catch(() => {});
  }
}

const maxLength = 16 * 1024;
const [ctrlC, ctrlD, ctrlU, backspace, del] = ['\u0003', '\u0004', '\u0015', '\b', '\u007f'];
/** Arrow keys and other keys that send several characters. */
// oxlint-disable-next-line no-control-regex
const sequences = /\u001b(\[[0-9;]*[ -/]*[@-~]|O[@-~]|.)?/g;

/**
 * What keys make of a line. Keys that arrive together were pasted: a line break within them does not end
 * the line, because a terminal or an editor has wrapped the text.
 */
export function typeKeys(
  line: string,
  keys: string,
): { readonly line: string; readonly end?: 'entered' | 'canceled' } {
  let typed = line;
  const pasted = keys.replaceAll(sequences, '');
  for (const key of pasted.replaceAll(/[\r\n]+(?=[^\r\n])/g, '')) {
    if (key === ctrlC || (key === ctrlD && typed === '')) return { line: typed, end: 'canceled' };
    if (key === '\r' || key === '\n') return { line: typed, end: 'entered' };
    if (key === ctrlU) typed = '';
    else if (key === backspace || key === del) typed = typed.slice(0, -1);
    else if (!/\p{Cc}/u.test(key) && typed.length < maxLength) typed += key;
  }
  return { line: typed };
}
