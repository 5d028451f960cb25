import { AtmosError } from '../../core/errors.ts';
import { didYouMean, run } from '../../core/hint.ts';
import { expectedNames, nearestName } from '../../core/names.ts';
import type { CommandGroup, CommandSpec, OptionSpec } from '../command.ts';

/** From the program to the command, or to a group when no command is named. */
export type Path = readonly (CommandGroup | CommandSpec)[];

/** A given option. The value is true for an option without a value; false only for a flag. */
export interface Given {
  readonly option: OptionSpec;
  readonly value: string | boolean;
}

/** The words of a command line, by their roles. */
export interface Reading {
  readonly path: Path;
  /** In the order of the command line. */
  readonly given: readonly Given[];
  readonly operands: readonly string[];
}

/**
 * Parses words against the tree of commands. An option belongs to the group or command before it.
 *
 * @throws ERR_USAGE for an unknown command or option, and for an invalid value
 */
export function readWords(words: readonly string[], root: CommandGroup): Reading {
  let path: Path = [root];
  const given: Given[] = [];
  const operands: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const node = path.at(-1) ?? root;
    if (word.startsWith('-') && word.length > 1) {
      const option = readOption(word, rest, path);
      if (option) given.push(option);
      // It is most likely an option of the program, and "--" is missing. The error says that.
      else if ('load' in node && node.takesProgram) operands.push(word);
      else throw unknownOption(word, path);
    } else if ('commands' in node && word === 'help') {
      given.push({ option: helpOption, value: true });
    } else if ('commands' in node) {
      path = [...path, findCommand(word, node, path)];
    } else {
      operands.push(word);
    }
  }
  return { path, given, operands };
}

/** The command that the words name, whatever options are between its names. */
export function findPath(words: readonly string[], root: CommandGroup): Path {
  return words.reduce<Path>(
    (path, word) => {
      const node = path.at(-1) ?? root;
      const next = 'commands' in node ? node.commands.find(({ name }) => name === word) : undefined;
      return next ? [...path, next] : path;
    },
    [root],
  );
}

/** `atmos auth whoami`, as the user types it. */
export function formatPath(path: Path): string {
  return commandWords(path).join(' ');
}

export function commandWords(path: Path): string[] {
  return path.map(({ name }) => name);
}

/** The commands that are listed for users. */
export function listedCommands({
  commands,
}: CommandGroup): readonly (CommandGroup | CommandSpec)[] {
  return commands.filter((command) => !('isInternal' in command && command.isInternal));
}

function findCommand(word: string, group: CommandGroup, path: Path): CommandGroup | CommandSpec {
  const command = group.commands.find(({ name }) => name === word);
  if (command) return command;
  const nearest = nearestName(
    word,
    listedCommands(group).map(({ name }) => name),
  );
  throw usageError(
    `unknown command ${JSON.stringify(word)} for "${formatPath(path)}"`,
    path,
    nearest,
  );
}

/** @param rest the words that follow; the value may be the first of them */
function readOption(word: string, rest: string[], path: Path): Given | undefined {
  const { name, attached } = splitOption(word);
  const option = findOption(name, path);
  if (!option) return undefined;
  if (option.value === undefined) {
    return { option, value: readFlag(name, attached, path) };
  }
  const [next] = rest;
  if (attached !== undefined) return { option, value: checkValue(attached, option, name, path) };
  // No option starts with a digit: the command says what is wrong with a negative number.
  const isNumber = !option.isValueOptional && /^-\d/.test(next ?? '');
  if (next !== undefined && (isNumber || !(next.startsWith('-') && next.length > 1))) {
    rest.shift();
    return { option, value: checkValue(next, option, name, path) };
  }
  if (option.isValueOptional) return { option, value: true };
  throw usageError(`${name} needs a value: <${option.value}>`, path);
}

export function findOption(name: string, path: Path): OptionSpec | undefined {
  return knownOptions(path).find((one) => spellings(one).includes(name));
}

/** `--name`, `--name=value`, `-n`, `-nvalue`, `-n=value` */
export function splitOption(word: string): { name: string; attached: string | undefined } {
  const [, name = word, attached] = /^(--[^=]*|-[^])=?([^]*)$/.exec(word) ?? [];
  return { name, attached: name === word ? undefined : attached };
}

export function knownOptions(path: Path): readonly OptionSpec[] {
  const node = path.at(-1);
  return node ? [...ownOptions(node), ...globalOptions] : globalOptions;
}

function spellings({ name, short, value, aliases = [] }: OptionSpec): string[] {
  const negated = value ? [] : [`--no-${name}`];
  return [`--${name}`, ...(short ? [`-${short}`] : []), ...negated, ...aliases];
}

/**
 * The value of an option from its variable. An empty variable is treated as not set.
 *
 * @throws ERR_USAGE for an invalid value, naming the variable
 */
export function readEnvironment(
  option: OptionSpec,
  env: Readonly<Record<string, string | undefined>>,
  path: Path,
): Given | undefined {
  const { environment = '', value } = option;
  const said = env[environment];
  if (!said) return undefined;
  if (value === undefined) return { option, value: readFlag(environment, said, path) };
  return { option, value: checkValue(said, option, environment, path) };
}

function readFlag(name: string, attached: string | undefined, path: Path): boolean {
  const isOn = attached === undefined || /^(true|1|yes|on)$/i.test(attached);
  if (!isOn && !/^(false|0|no|off)$/i.test(attached)) {
    throw usageError(`invalid value for ${name}: use true or false`, path);
  }
  return name.startsWith('--no-') ? !isOn : isOn;
}

function checkValue(value: string, option: OptionSpec, name: string, path: Path): string {
  const { choices } = option;
  if (value === '' && option.empty === 'refused') {
    throw usageError(`the value of ${name} is empty: a variable may not be set`, path);
  }
  if (choices && value !== '' && !choices.includes(value)) {
    throw usageError(
      `invalid value ${JSON.stringify(value)} for ${name}: ${expectedNames(choices)}`,
      path,
      nearestName(value, choices),
    );
  }
  return value;
}

/** The text after `=` is not shown, because it may be a secret. */
function unknownOption(word: string, path: Path): AtmosError {
  const name = word.replace(/=.*$/s, '');
  const isLong = name.startsWith('--');
  const nearest = isLong ? nearestName(name, knownOptions(path).flatMap(spellings)) : undefined;
  return usageError(
    `unknown option ${JSON.stringify(name)} for "${formatPath(path)}"`,
    path,
    nearest,
  );
}

/** A mistake on the command line, with the nearest name and the command that shows the help. */
export function usageError(message: string, path: Path, nearest?: string): AtmosError {
  return new AtmosError('ERR_USAGE', message, {
    hints: [...didYouMean(nearest), run([...commandWords(path), '--help'])],
  });
}

const helpOption: OptionSpec = { name: 'help', short: 'h', summary: 'Show help' };

export const globalOptions: readonly OptionSpec[] = [
  {
    name: 'config',
    value: 'file',
    mayRepeat: true,
    completes: 'file',
    summary: 'Configuration file; may be repeated',
  },
  {
    name: 'config-path',
    value: 'directory',
    mayRepeat: true,
    completes: 'directory',
    summary: 'Directory with an atmos.yaml; may be repeated',
  },
  {
    name: 'base-path',
    value: 'directory',
    completes: 'directory',
    summary: 'Directory that relative imports start from',
  },
  {
    name: 'profile',
    value: 'name',
    mayRepeat: true,
    isValueOptional: true,
    completes: 'profile',
    summary: 'Configuration profile; may be repeated; without a name, choose from a list',
  },
  {
    name: 'chdir',
    short: 'C',
    value: 'directory',
    completes: 'directory',
    summary: 'Run in this directory',
  },
  {
    name: 'logs-level',
    value: 'level',
    summary: 'Minimum severity to log {Trace|Debug|Info|Warning|Error|Off}',
    default: 'Warning',
  },
  {
    name: 'logs-file',
    value: 'file',
    completes: 'file',
    summary: 'File for the log',
    default: '/dev/stderr',
  },
  { name: 'interactive', shown: '--interactive=false', summary: 'Never prompt' },
  { name: 'color', shown: '--no-color', summary: 'Print without color' },
  helpOption,
];

const identityOption: OptionSpec = {
  name: 'identity',
  short: 'i',
  value: 'name',
  isValueOptional: true,
  completes: 'identity',
  summary: 'Identity to use; without a name, choose from a list; "" counts as not given',
};

/** The options of a command or group, without the global ones. */
export function ownOptions(node: CommandGroup | CommandSpec): readonly OptionSpec[] {
  const options = 'commands' in node ? [] : (node.options ?? []);
  return node.takesIdentity ? [identityOption, ...options] : options;
}

/** Splits a command line at its first `--`. The words after it belong to another program. */
export function splitAtDashes(args: readonly string[]): {
  own: readonly string[];
  program: readonly string[] | undefined;
} {
  const at = args.indexOf('--');
  return at === -1
    ? { own: args, program: undefined }
    : { own: args.slice(0, at), program: args.slice(at + 1) };
}
