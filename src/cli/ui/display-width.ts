import type { Output } from '../../host/host.ts';

const usualColumns = 80;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\ufe0f|\p{Emoji_Presentation}/u;
const graphemes = new Intl.Segmenter();

/** How long a line can be so that the terminal does not wrap it; at most 79 columns. */
export function lineWidth({ columns = usualColumns }: Output): number {
  return Math.min(columns, usualColumns) - 1;
}

/** How many columns of a terminal a printable text takes. */
export function displayWidth(text: string): number {
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + columnsOf(segment), 0);
}

/** The text, or its beginning and `…`, so that it takes at most that many columns. */
export function shorten(text: string, maxColumns: number): string {
  if (displayWidth(text) <= maxColumns) return text;
  let columns = 1;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    columns += columnsOf(segment);
    if (columns > maxColumns) break;
    kept += segment;
  }
  return maxColumns > 0 ? `${kept.trimEnd()}…` : '';
}

function columnsOf(grapheme: string): number {
  return wide.test(grapheme) ? 2 : 1;
}
