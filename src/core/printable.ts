/**
 * Control characters, line and paragraph separators, half a character, and all that is invisible:
 * formatting (bidi controls and zero-width characters among it) and fillers. But for what joins and
 * selects signs within an emoji.
 */
export const deceptive =
  /(?!(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic}))(?!(?<=\p{Extended_Pictographic})\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text as a terminal may show it: a character that steers the terminal, ends the line or cannot be
 * seen becomes an escape, `\n` or `\u001b`. Text without one stays, so escaping twice changes nothing.
 */
export function printable(text: string): string {
  return text.replaceAll(deceptive, (char) => (char === '\n' ? '\\n' : escapesOf(char)));
}

/** Whether {@link printable} leaves the text as it is. */
export function isPrintable(text: string): boolean {
  return printable(text) === text;
}

/** Indented JSON that is exact for a program and can steer no terminal: what deceives is escaped. */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replaceAll(deceptive, (char) => (char === '\n' ? char : escapesOf(char)));
}

/** One for each unit of UTF-16, as in JSON. */
function escapesOf(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
