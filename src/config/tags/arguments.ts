/**
 * The words after a tag, as Atmos splits them (its `pkg/function/parser`): between white space, or
 * quoted by `"` or `'`, which twice in a row stand for one. Undefined when a quote is not closed.
 */
export function splitArguments(text: string): string[] | undefined {
  const words: string[] = [];
  for (let rest = text.trim(); rest !== '';) {
    const split = splitFirst(rest);
    if (split === undefined) return undefined;
    words.push(split.word);
    rest = split.rest;
  }
  return words;
}

/** The first word, and what follows it as it was written. Undefined when there is none. */
export function splitFirst(text: string): { word: string; rest: string } | undefined {
  const pattern = /^(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^\s"']\S*))(?:\s+|$)/;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [all, double, single, plain = ''] = match;
  const word = double?.replaceAll('""', '"') ?? single?.replaceAll("''", "'") ?? plain;
  return { word, rest: text.slice(all.length) };
}
