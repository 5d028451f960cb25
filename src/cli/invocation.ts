import { AtmosError } from '../core/errors.ts';
import { shellWord } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import type { CommandSpec, IdentityOption, Invocation, OperandSpec } from './command.ts';
import type { GlobalOptions } from './global-options.ts';
import { globalOptions } from './options.ts';
import { formatPath, usageError, type Given, type Path, type Reading } from './parse/words.ts';

/**
 * What a command line asks of a command. Of an option given twice the later one, nearer to the
 * command, counts; `--config`, `--config-path` and `--profile` grow.
 *
 * @param program what stands after `--`; undefined without one
 * @throws ERR_USAGE for what the command does not take
 */
export function readInvocation(
  spec: CommandSpec,
  { path, given, operands }: Reading,
  program: readonly string[] | undefined,
): Invocation {
  const identity = identityOf(given);
  if (identity.kind !== 'absent' && !spec.takesIdentity) {
    throw usageError(`"${formatPath(path)}" takes no identity`, path);
  }
  if (spec.takesProgram) checkProgram(path, operands, program, identity);
  else checkOperands(spec, path, operands, program);
  const values: Record<string, string> = {};
  const flags: Record<string, boolean> = {};
  for (const { option, value } of given) {
    if (globalOptions.includes(option) || option.name === 'identity') continue;
    if (typeof value === 'boolean') flags[option.name] = value;
    else if (value !== '') values[option.name] = value;
  }
  return {
    globals: globalsOf(given),
    identity,
    operand: operands.find(isNotEmpty),
    values,
    flags,
    program: program ?? [],
  };
}

export function globalsOf(given: readonly Given[]): GlobalOptions {
  return {
    // An empty one is a mistake that the loader tells of: the file meant would be passed over.
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

/** An empty name is as good as none, so `--identity="$UNSET"` asks for the default. */
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
  { operand, takesIdentity, isInternal }: CommandSpec,
  path: Path,
  operands: readonly string[],
  program: readonly string[] | undefined,
): void {
  const command = formatPath(path);
  if (program !== undefined && !isInternal)
    throw usageError(`"${command}" takes nothing after "--"`, path);
  const excess = operands[operand ? 1 : 0];
  if (operand !== undefined) checkOperand(operand, path, operands.find(isNotEmpty));
  if (excess === undefined) return;
  throw new AtmosError('ERR_USAGE', `"${command}" does not take ${JSON.stringify(excess)}`, {
    hints: [
      ...(takesIdentity && !operand ? [`${command} -i ${shellWord(excess)}`] : []),
      `${command} --help`,
    ],
  });
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
    `"${command}" does not know ${JSON.stringify(word)}: ${name} is one of ${choices.join(', ')}`,
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
  const command = formatPath(path);
  throw new AtmosError('ERR_USAGE', programFault(stray, program, identity), {
    hints: [`${command} -i NAME -- aws sts get-caller-identity`, `${command} --help`],
  });
}

function programFault(
  stray: string | undefined,
  program: readonly string[] | undefined,
  identity: IdentityOption,
): string {
  if (stray !== undefined && program !== undefined) {
    const name = stray.replace(/^(-[^=]*)=.*$/s, '$1');
    return `${JSON.stringify(name)} stands before "--" and is no option: the command to run goes after it`;
  }
  const isTaken = program === undefined && identity.kind === 'named';
  return `the command to run goes after "--"${isTaken ? `, and -i took ${JSON.stringify(identity.name)} as the identity` : ''}`;
}
