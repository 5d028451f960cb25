import type { Host } from '../host/host.ts';

export type Style = 'red' | 'yellow' | 'green' | 'bold' | 'dim';

/** Puts a style around text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/**
 * How to paint what goes to standard error. `--no-color` wins, then `FORCE_COLOR` (`0` and `false`
 * say no), then `NO_COLOR`; else colour is for a terminal.
 */
export function createPaint(host: Pick<Host, 'env' | 'stderr'>, colorOption = true): Paint {
  return (style, text) =>
    colorOption && wantsColor(host) ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

function wantsColor(host: Pick<Host, 'env' | 'stderr'>): boolean {
  const forced = host.env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return !host.env['NO_COLOR'] && host.env['TERM'] !== 'dumb' && host.stderr.isTTY === true;
}
