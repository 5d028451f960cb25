import type { CommandGroup, CommandSpec, Completable, OptionSpec } from '../command.ts';
import type { GlobalOptions } from '../global-options.ts';
import { globalsOf } from '../parse/command-line.ts';
import {
  findOption,
  knownOptions,
  listedCommands,
  readWords,
  splitAtDashes,
  splitOption,
  type Path,
  type Reading,
} from '../parse/words.ts';

/** The candidates for the end of a command line. */
interface Wanted {
  /** The part of the last word before the value: `--identity=`. */
  readonly prefix: string;
  /** Candidates that are known without reading the configuration. */
  readonly words: readonly string[];
  readonly names?: Completable;
}

/** An incomplete command line, with the configuration options that it already contains. */
export interface Unfinished {
  readonly wanted: Wanted;
  readonly globals: GlobalOptions;
}

/**
 * The candidates for the last word.
 *
 * @param words of the command line without the program. The last is the one to complete, empty for
 * a new one
 * @throws ERR_USAGE when the words before it are invalid
 */
export function findWanted(words: readonly string[], root: CommandGroup): Unfinished {
  const current = words.at(-1) ?? '';
  const { own, program } = splitAtDashes(words.slice(0, -1));
  const waiting = program === undefined ? waitingOption(own, root) : undefined;
  const reading = readWords(waiting === undefined ? own : own.slice(0, -1), root);
  const globals = globalsOf(reading.given);
  if (waiting !== undefined) return { wanted: valuesOf(waiting, '', current), globals };
  if (program !== undefined) return { wanted: afterDashes(reading), globals };
  const wanted = current.startsWith('-') ? options(current, reading.path) : nextWord(reading);
  return { wanted, globals };
}

/** The option that the words end with, when its value comes next. */
function waitingOption(own: readonly string[], root: CommandGroup): OptionSpec | undefined {
  const last = own.at(-1);
  if (last === undefined || !last.startsWith('-')) return undefined;
  const option = findOption(last, readWords(own.slice(0, -1), root).path);
  return option?.value === undefined ? undefined : option;
}

function afterDashes({ path }: Reading): Wanted {
  const node = path.at(-1);
  const runsProgram = node !== undefined && 'load' in node && node.takesProgram;
  return { prefix: '', words: [], ...(runsProgram ? { names: 'file' } : {}) };
}

/** An option, or the value that is attached to one. */
function options(current: string, path: Path): Wanted {
  const { name, attached } = splitOption(current);
  if (attached === undefined || current === '-') return { prefix: '', words: optionWords(path) };
  const option = findOption(name, path);
  if (option?.value === undefined) return { prefix: '', words: [] };
  return valuesOf(option, current.slice(0, current.length - attached.length), attached);
}

function nextWord({ path, operands }: Reading): Wanted {
  const node = path.at(-1);
  if (node === undefined) return { prefix: '', words: [] };
  if ('commands' in node) {
    return { prefix: '', words: listedCommands(node).map(({ name }) => name) };
  }
  const isWanted = operands.length === 0 || node.operand?.isRepeatable;
  if (node.operand !== undefined && isWanted) return valuesOf(node.operand, '', '');
  return { prefix: '', words: wordsOfCommand(node, path) };
}

/** If a command has no operand, its other words. */
function wordsOfCommand({ takesProgram }: CommandSpec, path: Path): string[] {
  return [...(takesProgram ? ['--'] : []), ...optionWords(path)];
}

function optionWords(path: Path): string[] {
  return knownOptions(path).flatMap(({ name, shown }) => shown?.split(', ') ?? [`--${name}`]);
}

/** @param begun the part of the value that is already typed */
function valuesOf(
  { choices = [], completes }: Pick<OptionSpec, 'choices' | 'completes'>,
  prefix: string,
  begun: string,
): Wanted {
  if (completes === undefined) return { prefix, words: choices };
  // The value of --profile is a comma-separated list.
  const before = completes === 'profile' ? begun.slice(0, begun.lastIndexOf(',') + 1) : '';
  return { prefix: `${prefix}${before}`, words: choices, names: completes };
}

/** A bash command line up to the cursor, with its last word as it was typed. */
export interface BashLine {
  /** Without the program and the variables set for it, quotes removed; the last may be empty. */
  readonly words: readonly string[];
  /** The last word with its quotes. */
  readonly typed: string;
  /** The position in `typed` of a quote that is still open, and the word before it. */
  readonly open?: { readonly at: number; readonly wordBefore: string };
}

/** Splits a line as bash does, without expansions. */
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
 * A word that bash reads unchanged, with the quotes that the user began. Undefined where such
 * quoting is impossible.
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
  // In double quotes `!` means history expansion, and bash would keep a backslash before it.
  return rest.includes('!') ? undefined : `${before}${rest.replaceAll(/["\\$`]/g, '\\$&')}`;
}

/**
 * The text that replaces what bash replaces: if the word contains `=` or `:` or an open quote, only
 * the part after it.
 *
 * @param quoted the whole word
 * @param replaced the end of `typed`
 */
export function tailForBash(quoted: string, typed: string, replaced: string): string | undefined {
  const kept = typed.endsWith(replaced) ? typed.slice(0, typed.length - replaced.length) : '';
  return quoted.startsWith(kept) ? quoted.slice(kept.length) : undefined;
}
