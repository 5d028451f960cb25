import type { Host } from '../../host/host.ts';

export type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Text in a style, which only the printer converts to the terminal's control sequences. */
export interface Styled {
  readonly style: Style;
  readonly text: string;
}

const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

export function paint(style: Style, text: string): Styled {
  return { style, text };
}

/** @param text a text without control characters */
export function withStyle(style: Style, text: string): string {
  return `\u001b[${codes[style]}m${text}\u001b[0m`;
}

/**
 * Whether standard error is colored. `--no-color` takes precedence over `FORCE_COLOR` (`0` and
 * `false` disable color), and that over `NO_COLOR`; by default color is used at a terminal.
 */
export function wantsColor(
  host: Pick<Host, 'env'> & { readonly stderr: Pick<Host['stderr'], 'isTTY'> },
  colorOption: boolean,
): boolean {
  if (!colorOption) return false;
  const forced = host.env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return !host.env['NO_COLOR'] && host.env['TERM'] !== 'dumb' && host.stderr.isTTY === true;
}
