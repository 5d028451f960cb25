const pattern = String.raw`(?!(?<=[\p{ExtPict}\p{EMod}\ufe0f])\u200d(?=\p{ExtPict}))(?!(?<=\p{ExtPict})\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]`;

let deceptive: RegExp | undefined;

/**
 * Replaces control characters, line and paragraph separators, unpaired surrogates, and invisible
 * characters: formatting (including bidi controls and zero-width characters) and fillers. Excluded
 * are the joiners and variation selectors within an emoji.
 */
export function replaceDeceptive(text: string, replace: (char: string) => string): string {
  if (/^[\n -~]*$/.test(text)) return text.replaceAll('\n', replace);
  // Not a literal: V8 would look its properties up in Unicode's tables whenever it reads this file.
  deceptive ??= new RegExp(pattern, 'gu');
  return text.replaceAll(deceptive, replace);
}

/**
 * Makes text safe for a terminal: characters that control the terminal, end the line or are
 * invisible become escapes, `\n` or `\u001b`. Other text is not changed, so escaping twice has no
 * effect.
 */
export function printable(text: string): string {
  return replaceDeceptive(text, (char) => (char === '\n' ? '\\n' : escapesOf(char)));
}

const secretKey = /age-secret-key-1[0-9a-z]*/gi;

/** Whether a text contains a secret key of age, `AGE-SECRET-KEY-1…`, or the beginning of one. */
export function hasSecretKey(text: string): boolean {
  return text.search(secretKey) !== -1;
}

/** Leaves out what follows `AGE-SECRET-KEY-`: a user may have written a key in the wrong place. */
export function withoutSecretKeys(text: string): string {
  return text.replaceAll(secretKey, 'AGE-SECRET-KEY-…');
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
  return replaceDeceptive(json, (char) => (char === '\n' ? char : escapesOf(char)));
}

/** One escape for each UTF-16 code unit, as in JSON. */
function escapesOf(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
