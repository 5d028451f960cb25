import { splitAtDashes } from '../arguments.ts';
import type { CommandGroup, CommandSpec, Invocation } from '../command.ts';
import { formatHelp } from '../help.ts';
import { readInvocation } from '../invocation.ts';
import { findPath, formatPath, readWords, usageError, type Path, type Reading } from './words.ts';

/** A command line, understood: run a command, or show a help text. */
export type Parsed =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      /** As one types it: `atmos auth whoami`. */
      readonly command: string;
      readonly invocation: Invocation;
    }
  | { readonly kind: 'help'; readonly text: string };

/**
 * Reads a command line against the tree of commands. Runs nothing. `--help` anywhere before `--`
 * wins over all mistakes; a group alone shows its help.
 *
 * @throws ERR_USAGE saying what is wrong with it, with the nearest name and where help is
 */
export function parseCommandLine(args: readonly string[], root: CommandGroup): Parsed {
  const { own, program } = splitAtDashes(args);
  const words = asksVersion(own) ? ['version'] : own;
  if (words.includes('--help') || words.includes('-h')) return help(findPath(words, root));
  const reading = readWords(words, root);
  if (reading.given.some(({ option }) => option.name === 'help')) return help(reading.path);
  const command = reading.path.at(-1);
  if (command && 'load' in command) {
    return {
      kind: 'command',
      spec: command,
      command: formatPath(reading.path),
      invocation: readInvocation(command, reading, program),
    };
  }
  checkSwallowedCommand(reading);
  return help(reading.path);
}

function help(path: Path): Parsed {
  return { kind: 'help', text: formatHelp(path) };
}

/** `--version` before any command; not a command's own. */
function asksVersion(words: readonly string[]): boolean {
  return words.find((word) => !word.startsWith('-') || word === '--version') === '--version';
}

/** `auth -i whoami`: an option that may stand alone took the command for its value. */
function checkSwallowedCommand({ path, given }: Reading): void {
  const group = path.at(-1);
  const { option, value: taken } =
    given.findLast(({ option: { isValueOptional }, value }) => isValueOptional && value !== true) ??
    {};
  if (!group || !('commands' in group) || typeof taken !== 'string' || !option) return;
  if (!group.commands.some(({ name }) => name === taken)) return;
  const shown = option.short === undefined ? `--${option.name}` : `-${option.short}`;
  throw usageError(
    `${shown} took ${JSON.stringify(taken)} as the ${option.name}, and no command is left`,
    path,
    `${formatPath(path)} ${taken} ${shown}`,
  );
}
