// Formats a help text of 80 columns. It knows the structure of commands, not which ones exist.
import type { CommandGroup, CommandSpec, OptionSpec } from '../command.ts';
import {
  formatPath,
  globalOptions,
  listedCommands,
  ownOptions,
  type Path,
} from '../parse/words.ts';

/** The parts of a command's help that its specification does not contain. */
export interface HelpDetails {
  /** Up to three sentences. */
  readonly description?: string;
  /** Command lines that can be pasted, each of at most 78 characters. */
  readonly examples: readonly string[];
  /** Variables that affect it. The variables of its options are listed automatically. */
  readonly environment?: readonly Row[];
  readonly exitCodes?: readonly Row[];
  /** Whether the global options are printed in full instead of a reference to them. */
  readonly showsGlobalOptions?: boolean;
}

/** A row of a table. */
export type Row = readonly [term: string, text: string];

const columns = 80;

/** Of a text that is below its term. */
const textIndent = 8;

/** A space at which no line is wrapped. */
const wordJoint = '\u00a0';

function keepTogether(text: string): string {
  return text.replaceAll(' ', wordJoint);
}

/** The help of a command or of a group. It ends with a line break. */
export function formatHelp(path: Path, details: HelpDetails): string {
  const node = path.at(-1);
  if (node === undefined) return '';
  const { description = '', examples, environment = [], exitCodes = [] } = details;
  const options = ownOptions(node);
  const sections = [
    wrap(`${node.summary}.`),
    wrap(`Usage: ${formatPath(path)} ${usageOf(node)}`, 7),
    wrap(description),
    table('Commands', commandRows(node)),
    table('Options', options.map(optionRow)),
    list('Examples', examples),
    table('Environment', [...options.flatMap(variableRow), ...environment]),
    table('Exit codes', exitCodes),
    details.showsGlobalOptions
      ? table('Global options', globalOptions.map(optionRow))
      : 'Global options: atmos --help',
  ];
  const text = sections.filter((section) => section !== '').join('\n\n');
  return `${text.replaceAll(wordJoint, ' ')}\n`;
}

function usageOf(node: CommandGroup | CommandSpec): string {
  if ('commands' in node) return '<command> [options]';
  if (node.takesArguments) return '[options] [-- arguments]';
  if (node.takesProgram) return '[options] -- <command> [arguments]';
  const { operand } = node;
  if (operand === undefined) return '[options]';
  const { name, choices, isRequired, isRepeatable } = operand;
  const shown = choices ? `{${choices.join('|')}}` : isRequired ? `<${name}>` : name;
  const repeated = `${shown}${isRepeatable ? '…' : ''}`;
  return isRequired ? `${repeated} [options]` : `[${repeated}] [options]`;
}

function commandRows(node: CommandGroup | CommandSpec): Row[] {
  if (!('commands' in node)) return [];
  return listedCommands(node).map(({ name, summary }) => [name, summary]);
}

function optionRow({
  name,
  short,
  value,
  isValueOptional,
  isRequired,
  choices,
  default: otherwise,
  shown,
  summary,
}: OptionSpec): Row {
  const valued = value === undefined ? '' : isValueOptional ? ` [${value}]` : ` <${value}>`;
  const term = `${short === undefined ? '    ' : `-${short}, `}${shown ?? `--${name}`}${valued}`;
  const notes = [
    ...(choices ? [`{${choices.join('|')}}`] : []),
    ...(otherwise === undefined ? [] : [`(default ${otherwise})`]),
    ...(isRequired ? ['(required)'] : []),
  ];
  return [term, [summary, ...notes.map(keepTogether)].join(' ')];
}

function variableRow({ name, environment }: OptionSpec): Row[] {
  return environment === undefined ? [] : [[environment, `Used if --${name} is not given`]];
}

function table(title: string, rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([term]) => term.length)) + 2;
  return list(
    title,
    rows.map(([term, text]) => row(term, text, width)),
  );
}

/** A word that does not fit beside the terms, such as a long list of choices, puts its text below. */
function row(term: string, text: string, width: number): string {
  const longest = Math.max(...text.split(' ').map((word) => word.length));
  if (longest <= columns - 2 - width) {
    return wrap(`${term.padEnd(width)}${text}`, width, columns - 2);
  }
  return `${term}\n${wrap(`${' '.repeat(textIndent)}${text}`, textIndent, columns - 2)}`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const lines = items.flatMap((item) => item.split('\n'));
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** @param indent of every line except the first */
function wrap(text: string, indent = 0, width = columns): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const last = rest.lastIndexOf(' ', width);
    const space = last > indent ? last : rest.indexOf(' ', width);
    if (space === -1) break;
    lines.push(rest.slice(0, space));
    rest = `${' '.repeat(indent)}${rest.slice(space + 1)}`;
  }
  return [...lines, rest].join('\n');
}
