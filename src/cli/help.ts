import type { CommandGroup, CommandSpec, OptionSpec } from './command.ts';
import { formatPath, globalOptions, listedCommands, ownOptions, type Path } from './parse/words.ts';

type Row = readonly [term: string, summary: string];

/** The help of a command or of a group. */
export function formatHelp(path: Path): string {
  const node = path.at(-1);
  if (node === undefined) return '';
  const examples = 'load' in node ? (node.examples ?? []) : [];
  const sections = [
    `Usage: ${formatPath(path)} ${usageOf(node)}`,
    sentence(node.summary),
    table('Commands', commandRows(node)),
    table('Options', ownOptions(node).map(optionRow)),
    table('Global options', globalOptions.map(optionRow)),
    examples.length === 0 ? '' : `Examples:\n${examples.map((line) => `  ${line}`).join('\n')}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function usageOf(node: CommandGroup | CommandSpec): string {
  if ('commands' in node) return '<command> [options]';
  if (node.takesProgram) return '[options] -- <command> [arguments]';
  const { operand } = node;
  if (operand === undefined) return '[options]';
  const { name, choices, isRequired, isRepeatable } = operand;
  const shown = `${choices?.join('|') ?? name}${isRepeatable ? '…' : ''}`;
  return isRequired ? `<${shown}> [options]` : `[${shown}] [options]`;
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
  choices,
  shown,
  summary,
}: OptionSpec): Row {
  const valued = value === undefined ? '' : isValueOptional ? ` [${value}]` : ` <${value}>`;
  const term = `${short === undefined ? '    ' : `-${short}, `}${shown ?? `--${name}`}${valued}`;
  return [term, choices ? `${summary}: ${choices.join(', ')}` : summary];
}

function table(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([term]) => term.length));
  return [
    `${title}:`,
    ...rows.map(([term, summary]) => `  ${term.padEnd(width)}  ${summary}`),
  ].join('\n');
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
