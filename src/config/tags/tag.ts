import type { Hint } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';

/** A tag whose value comes from the machine. */
export interface TagCall {
  /** `!git.sha`. */
  readonly tag: string;
  /** The text after the tag, trimmed. */
  readonly text: string;
  readonly host: Pick<Host, 'env' | 'workingDirectory'>;
}

/** What a tag stands for; or why for nothing, to follow the name of the place it is at. */
export type TagResult =
  | {
      readonly value: string | number;
      /** Whether it is the default that is written after the tag. */
      readonly isDefault?: boolean;
    }
  | { readonly problem: string; readonly hint?: Hint };

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

/** The first word, and the unchanged text after it. Undefined if there is no word. */
export function splitFirst(text: string): { word: string; rest: string } | undefined {
  const pattern = /^(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^\s"']\S*))(?:\s+|$)/;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [all, double, single, plain = ''] = match;
  const word = double?.replaceAll('""', '"') ?? single?.replaceAll("''", "'") ?? plain;
  return { word, rest: text.slice(all.length) };
}
