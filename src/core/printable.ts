/**
 * Control characters, line and paragraph separators, unpaired surrogates, and invisible characters:
 * formatting (including bidi controls and zero-width characters) and fillers. Excluded are the
 * joiners and variation selectors within an emoji.
 *
 * Not a literal, which V8 would check while it reads this file: the sets of Unicode take a tenth of the
 * time that an empty program takes to start.
 */
export function deceptiveCharacters(): RegExp {
  return (deceptive ??= new RegExp(
    String.raw`(?!(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic}))(?!(?<=\p{Extended_Pictographic})\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`,
    'gu',
  ));
}

let deceptive: RegExp | undefined;

/** No other text has such characters, unless it has other than ASCII. */
const plain = /^[ -~]*$/;

/**
 * Makes text safe for a terminal: characters that control the terminal, end the line or are
 * invisible become escapes, `\n` or `\u001b`. Other text is not changed, so escaping twice has no
 * effect.
 */
export function printable(text: string): string {
  if (plain.test(text)) return text;
  return text.replaceAll(deceptiveCharacters(), (char) =>
    char === '\n' ? '\\n' : escapesOf(char),
  );
}

/** Whether {@link printable} does not change the text. */
export function isPrintable(text: string): boolean {
  return printable(text) === text;
}

/**
 * Indented JSON that represents the exact value and is safe for a terminal: deceptive characters
 * are escaped.
 */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replaceAll(deceptiveCharacters(), (char) => (char === '\n' ? char : escapesOf(char)));
}

/** One escape for each UTF-16 code unit, as in JSON. */
function escapesOf(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
