import type { CommandGroup } from '../command.ts';
import { findOption, splitAtDashes, splitOption, type Path } from './words.ts';

/** An unknown command: the group in which its name was read, and the name. */
export interface Foreign {
  readonly groups: Path;
  readonly name: string;
}

/** How a command line uses the command `version`, which Atmos also has. */
export interface VersionRequest {
  /** Whether it prints the version, rather than a help text or a subcommand that only Atmos has. */
  readonly isPrinted: boolean;
}

/**
 * An unknown command in a group that Atmos also has: the other program's command is meant. An
 * unknown option may take the next word as its value. So for each unknown option one more word is
 * examined: if that is our own command, the command line is for us.
 */
export function foreignCommand(args: readonly string[], root: CommandGroup): Foreign | undefined {
  if (isCompletionOfOthers(args)) return { groups: [root], name: completion };
  const { own } = splitAtDashes(args);
  let groups: Path = [root];
  let found: string[] = [];
  let unknownBefore = 0;
  for (const { word, unknownOptions } of plainWords(own, () => groups)) {
    const next = commandsOf(groups).find(({ name }) => name === word);
    if (next !== undefined) {
      if (!('commands' in next) || !next.isShared) return undefined;
      groups = [...groups, next];
      found = [];
      unknownBefore = unknownOptions;
    } else if (word !== 'help') {
      found.push(word);
      if (found.length > unknownOptions - unknownBefore) break;
    }
  }
  const [name] = found;
  return name === undefined ? undefined : { groups, name };
}

/** Undefined for any other command. */
export function versionRequest(
  args: readonly string[],
  root: CommandGroup,
): VersionRequest | undefined {
  const { own } = splitAtDashes(args);
  if (own.find((word) => !isOption(word) || word === '--version') === '--version') {
    return { isPrinted: true };
  }
  const [first, second] = plainWords(own, () => [root]);
  const isHelp = first?.word === 'help' || own.includes('--help') || own.includes('-h');
  const command = first?.word === 'help' ? second : first;
  if (command?.word !== 'version') return undefined;
  const next = own[command.index + 1];
  return { isPrinted: !isHelp && (next === undefined || isOption(next)) };
}

interface PlainWord {
  readonly word: string;
  readonly index: number;
  /** The number of unknown options before it. */
  readonly unknownOptions: number;
}

/** The words that are neither an option nor the value of a known one. */
function* plainWords(words: readonly string[], groups: () => Path): Generator<PlainWord> {
  let unknownOptions = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!isOption(word)) {
      yield { word, index, unknownOptions };
      continue;
    }
    const { name, attached } = splitOption(word);
    const option = findOption(name, groups());
    const next = words[index + 1];
    if (option === undefined) unknownOptions += mayTakeNextWord(word) ? 1 : 0;
    else if (option.value !== undefined && attached === undefined && next !== undefined) {
      // As in parsing: a word that looks like an option is not a value.
      index += isOption(next) ? 0 : 1;
    }
  }
}

function isOption(word: string): boolean {
  return word.startsWith('-') && word.length > 1;
}

function mayTakeNextWord(option: string): boolean {
  return option !== '--version' && !option.includes('=');
}

function commandsOf(groups: Path): CommandGroup['commands'] {
  const group = groups.at(-1);
  return group && 'commands' in group ? group.commands : [];
}

const completion = '__complete';
/** The options that may follow it in the scripts of `atmos completion`. */
const ownMarks: readonly (string | undefined)[] = ['--', '--line', '--next', '--help', '-h'];

/**
 * The completion script of Atmos calls `atmos __complete WORDS`. Our own scripts call it in another
 * form, in which our options may precede `--`.
 */
function isCompletionOfOthers(args: readonly string[]): boolean {
  const [command, mark] = args;
  const isOwnForm = ownMarks.includes(mark) || (mark?.startsWith('-') && args.includes('--'));
  return command === completion && !isOwnForm;
}
