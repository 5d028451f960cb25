import type { IdentityOption } from '../../app/identity-request.ts';
import { AtmosError } from '../../core/errors.ts';
import { optionWords, placeholder, run } from '../../core/hint.ts';
import { expectedNames, nearestName } from '../../core/names.ts';
import type { CommandGroup, CommandSpec, Invocation, OperandSpec } from '../command.ts';
import type { GlobalOptions } from '../global-options.ts';
import {
  findPath,
  commandWords,
  formatPath,
  globalOptions,
  readEnvironment,
  readWords,
  splitAtDashes,
  usageError,
  type Given,
  type Path,
  type Reading,
} from './words.ts';

/** A parsed command line: run a command, or show the help of one. */
export type Parsed =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      /** As the user types it: `atmos auth whoami`. */
      readonly command: string;
      readonly invocation: Invocation;
    }
  | { readonly kind: 'help'; readonly path: Path };

/**
 * Parses a command line against the tree of commands. Runs nothing. `--help` anywhere before `--`
 * takes precedence over all mistakes; a group without a command shows its help.
 *
 * @param env the variables for options that are not given
 * @throws ERR_USAGE with the mistake, the nearest name and the command that shows the help
 */
export function parseCommandLine(
  args: readonly string[],
  root: CommandGroup,
  env: Readonly<Record<string, string | undefined>> = {},
): Parsed {
  const { own, program } = splitAtDashes(args);
  const words = asksVersion(own) ? ['version'] : own;
  if (words.includes('--help') || words.includes('-h'))
    return { kind: 'help', path: findPath(words, root) };
  const reading = readWords(words, root);
  if (reading.given.some(({ option }) => option.name === 'help'))
    return { kind: 'help', path: reading.path };
  checkRepeated(reading);
  const command = reading.path.at(-1);
  if (command && 'load' in command) {
    return {
      kind: 'command',
      spec: command,
      command: formatPath(reading.path),
      invocation: readInvocation(command, withEnvironment(reading, command, env), program),
    };
  }
  checkSwallowedCommand(reading);
  return { kind: 'help', path: reading.path };
}

/** `--version` before any command. Commands have no such option. */
function asksVersion(words: readonly string[]): boolean {
  return words.find((word) => !word.startsWith('-') || word === '--version') === '--version';
}

/**
 * Two different values of one option contradict each other, and neither is more likely to be
 * intended.
 */
function checkRepeated({ path, given }: Reading): void {
  const said = given.filter(({ option, value }) => !option.mayRepeat && value !== '');
  const repeated = said.find(({ option, value }, at) =>
    said.slice(0, at).some((other) => other.option === option && other.value !== value),
  );
  if (repeated === undefined) return;
  const { name, value = '' } = repeated.option;
  const how = value.endsWith(',…') ? ': separate them with commas' : '';
  throw usageError(`--${name} is given twice with different values${how}`, path);
}

/** Adds the variables for the options that are not given. */
function withEnvironment(
  reading: Reading,
  { options = [] }: CommandSpec,
  env: Readonly<Record<string, string | undefined>>,
): Reading {
  const { given, path } = reading;
  const added = options
    .filter((option) => !given.some((one) => one.option === option && one.value !== ''))
    .map((option) => readEnvironment(option, env, path));
  return { ...reading, given: [...given, ...added.filter((one) => one !== undefined)] };
}

/** `auth -i whoami`: an option with an optional value used the command as its value. */
function checkSwallowedCommand({ path, given }: Reading): void {
  const group = path.at(-1);
  const { option, value: taken } =
    given.findLast(({ option: { isValueOptional }, value }) => isValueOptional && value !== true) ??
    {};
  if (!group || !('commands' in group) || typeof taken !== 'string' || !option) return;
  if (!group.commands.some(({ name }) => name === taken)) return;
  const shown = option.short === undefined ? `--${option.name}` : `-${option.short}`;
  throw usageError(
    `${shown} used ${JSON.stringify(taken)} as the ${option.name}, so the command is missing`,
    path,
    `${formatPath(path)} ${taken} ${shown}`,
  );
}

/**
 * The arguments of a command. An option may be given twice only with the same value; `--config`,
 * `--config-path` and `--profile` collect their values.
 *
 * @param program the words after `--`; undefined without `--`
 * @throws ERR_USAGE for arguments that the command does not accept
 */
function readInvocation(
  spec: CommandSpec,
  { path, given, operands }: Reading,
  program: readonly string[] | undefined,
): Invocation {
  const identity = identityOf(given);
  if (identity.kind !== 'absent' && !spec.takesIdentity) {
    throw usageError(`"${formatPath(path)}" does not accept an identity`, path);
  }
  if (spec.takesProgram) checkProgram(path, operands, program, identity);
  else checkOperands(spec, path, operands, program);
  const values: Record<string, string> = {};
  const flags: Record<string, boolean> = {};
  for (const { option, value } of given) {
    if (globalOptions.includes(option) || option.name === 'identity') continue;
    if (typeof value === 'boolean') flags[option.name] = value;
    else if (value !== '' || option.empty === 'kept') values[option.name] = value;
  }
  return {
    globals: globalsOf(given),
    identity,
    operand: operands.find(isNotEmpty),
    operands: operands.filter(isNotEmpty),
    values,
    flags,
    program: program ?? [],
  };
}

export function globalsOf(given: readonly Given[]): GlobalOptions {
  return {
    // An empty name is kept, so that the loader reports it. Otherwise the intended file would be
    // ignored.
    config: texts(given, 'config').flatMap(splitList),
    configPath: texts(given, 'config-path').flatMap(splitList),
    basePath: texts(given, 'base-path').filter(isNotEmpty).at(-1),
    profile: texts(given, 'profile').flatMap(splitList).filter(isNotEmpty),
    picksProfile: given.some(({ option, value }) => option.name === 'profile' && value === true),
    chdir: texts(given, 'chdir').filter(isNotEmpty).at(-1),
    logsLevel: texts(given, 'logs-level').filter(isNotEmpty).at(-1),
    logsFile: texts(given, 'logs-file').filter(isNotEmpty).at(-1),
    color: flag(given, 'color') ?? true,
    interactive: flag(given, 'interactive'),
  };
}

/** An empty name is treated as absent, so `--identity="$UNSET"` selects the default. */
function identityOf(given: readonly Given[]): IdentityOption {
  const last = given.findLast(({ option, value }) => option.name === 'identity' && value !== '');
  if (last === undefined) return { kind: 'absent' };
  return typeof last.value === 'string' ? { kind: 'named', name: last.value } : { kind: 'bare' };
}

function texts(given: readonly Given[], name: string): string[] {
  const values = given.filter(({ option }) => option.name === name).map(({ value }) => value);
  return values.filter((value) => typeof value === 'string');
}

function isNotEmpty(text: string): boolean {
  return text !== '';
}

function flag(given: readonly Given[], name: string): boolean | undefined {
  const last = given.findLast(({ option }) => option.name === name)?.value;
  return typeof last === 'boolean' ? last : undefined;
}

function splitList(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function checkOperands(
  { operand, takesIdentity, takesArguments, isInternal }: CommandSpec,
  path: Path,
  operands: readonly string[],
  program: readonly string[] | undefined,
): void {
  const command = formatPath(path);
  if (program !== undefined && !isInternal && !takesArguments)
    throw usageError(`"${command}" does not accept a program after "--"`, path);
  const excess = operand?.isRepeatable ? undefined : operands[operand ? 1 : 0];
  if (operand !== undefined) checkOperand(operand, path, operands.find(isNotEmpty));
  if (excess === undefined) return;
  const words = commandWords(path);
  throw new AtmosError(
    'ERR_USAGE',
    `"${command}" does not accept the argument ${JSON.stringify(excess)}`,
    {
      hints: [
        ...(takesIdentity && !operand ? [run([...words, ...optionWords('-i', excess)])] : []),
        run([...words, '--help']),
      ],
    },
  );
}

function checkOperand(
  { name, choices, isRequired }: OperandSpec,
  path: Path,
  word: string | undefined,
): void {
  const command = formatPath(path);
  const list = choices === undefined ? '' : `: one of ${choices.join(', ')}`;
  if (word === undefined && isRequired)
    throw usageError(`"${command}" needs a ${name}${list}`, path);
  if (word === undefined || choices === undefined || choices.includes(word)) return;
  throw usageError(
    `invalid ${name} ${JSON.stringify(word)} for "${command}": ${expectedNames(choices)}`,
    path,
    nearestName(word, choices),
  );
}

function checkProgram(
  path: Path,
  [stray]: readonly string[],
  program: readonly string[] | undefined,
  identity: IdentityOption,
): void {
  if (stray === undefined && program?.[0]) return;
  const words = commandWords(path);
  throw new AtmosError('ERR_USAGE', programFault(stray, program, identity), {
    hints: [
      run([...words, '-i', placeholder('name'), '--', 'aws', 'sts', 'get-caller-identity']),
      run([...words, '--help']),
    ],
  });
}

function programFault(
  stray: string | undefined,
  program: readonly string[] | undefined,
  identity: IdentityOption,
): string {
  if (stray !== undefined && program !== undefined) {
    const name = stray.replace(/^(-[^=]*)=.*$/s, '$1');
    return name.startsWith('-')
      ? `unknown option ${JSON.stringify(name)}: put options of the command to run after "--"`
      : `unexpected argument ${JSON.stringify(name)}: put the command to run after "--"`;
  }
  const isTaken = program === undefined && identity.kind === 'named';
  return `the command to run goes after "--"${isTaken ? `, and -i used ${JSON.stringify(identity.name)} as the identity` : ''}`;
}
