/** A command line of bash up to the cursor, with its last word as it was typed. */
export interface BashLine {
  /** Without the program and the variables set for it, quotes removed; the last may be empty. */
  readonly words: readonly string[];
  /** The last word with its quotes. */
  readonly typed: string;
  /** Where in `typed` a quote stands that is still open, and what the word was up to there. */
  readonly open?: { readonly at: number; readonly wordBefore: string };
}

/** Splits a line as bash does. Nothing in it is expanded. */
export function parseBashLine(line: string): BashLine {
  const words: string[] = [];
  let word = '';
  let start = 0;
  let isInWord = false;
  let quote: "'" | '"' | undefined;
  let open: { at: number; wordBefore: string } | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    const next = line[i + 1] ?? '';
    if (quote === undefined && /\s/.test(char)) {
      if (isInWord) words.push(word);
      [word, isInWord] = ['', false];
      continue;
    }
    if (!isInWord) start = i;
    isInWord = true;
    if (char === quote) [quote, open] = [undefined, undefined];
    else if (quote === undefined && (char === "'" || char === '"')) {
      [quote, open] = [char, { at: i - start, wordBefore: word }];
    } else if (char === '\\' && (quote === undefined || (quote === '"' && /["\\$`]/.test(next)))) {
      word += next;
      i++;
    } else word += char;
  }
  const typed = isInWord ? line.slice(start) : '';
  const all = [...words, isInWord ? word : ''];
  return {
    words: all.slice(all.findIndex((one) => !/^\w+=/.test(one)) + 1),
    typed,
    ...(open === undefined ? {} : { open }),
  };
}

/**
 * A word as bash reads it whatever is in it, quoted the way the person began to. Undefined where
 * that cannot be.
 */
export function quoteForBash(
  word: string,
  { typed, open }: Pick<BashLine, 'typed' | 'open'>,
): string | undefined {
  if (open === undefined) return word.replaceAll(/[^\w@%+=:,./\u0080-\u{10ffff}-]/gu, '\\$&');
  const quote = typed[open.at];
  const rest = word.slice(open.wordBefore.length);
  const before = typed.slice(0, open.at + 1);
  if (quote === "'") return rest.includes("'") ? undefined : `${before}${rest}`;
  // `!` is of the history there, and a backslash before it would stay.
  return rest.includes('!') ? undefined : `${before}${rest.replaceAll(/["\\$`]/g, '\\$&')}`;
}

/**
 * What replaces the text that bash replaces: of a word with `=` or `:` in it, or an open quote, only
 * what comes after.
 *
 * @param quoted the whole word
 * @param replaced the end of `typed`
 */
export function tailForBash(quoted: string, typed: string, replaced: string): string | undefined {
  const kept = typed.endsWith(replaced) ? typed.slice(0, typed.length - replaced.length) : '';
  return quoted.startsWith(kept) ? quoted.slice(kept.length) : undefined;
}
