// Parses arguments as PowerShell does, according to the source of its tokenizer. All quotes of a
// kind are equivalent, and two in a row are the first of them.
const single = /['\u2018-\u201b]/;
const double = /["\u201c-\u201e]/;

/** The words of a line. Throws if PowerShell would interpret any of it. */
export function readPowerShellWords(line: string): string[] {
  const chars = Array.from(line);
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    const quote = [single, double].find((one) => one.test(char));
    if (quote === undefined) {
      if (/[$`;|&(){}<>@#,\r\n]/.test(char)) throw new Error(`${char} is no plain character`);
      word += char;
      continue;
    }
    for (at++; ; at++) {
      const inner = chars[at];
      if (inner === undefined) throw new Error('the string has no end');
      if (quote.test(inner)) {
        if (!quote.test(chars[at + 1] ?? '')) break;
        at++;
      } else if (quote === double && /[$`]/.test(inner)) {
        throw new Error(`${inner} in a string`);
      }
      word += inner;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** The value of an expression of string literals and `[char]` casts: `('a' + [char]0x00fc)`. */
export function readPowerShellValue(expression: string): string {
  const inside = /^\((.*)\)$/s.exec(expression)?.[1];
  if (inside === undefined) return readLiteral(expression, expression.length);
  let [rest, value] = [inside, ''];
  for (;;) {
    const [whole, code] = /^\[char\]0x([0-9a-f]{4})/.exec(rest) ?? [];
    const end = whole?.length ?? endOfLiteral(rest);
    value += code === undefined ? readLiteral(rest, end) : String.fromCharCode(parseInt(code, 16));
    rest = rest.slice(end);
    if (rest === '') return value;
    if (!rest.startsWith(' + ')) throw new Error(`no sum: ${rest}`);
    rest = rest.slice(3);
  }
}

function endOfLiteral(text: string): number {
  return /^'(?:[^']|'')*'/.exec(text)?.[0].length ?? 0;
}

function readLiteral(text: string, end: number): string {
  const literal = text.slice(0, end);
  if (endOfLiteral(literal) !== end || end === 0) throw new Error(`no literal: ${text}`);
  return literal.slice(1, -1).replaceAll("''", "'");
}
