import { describe, expect, test } from 'vitest';
import type { CommandGroup, CommandSpec } from '../../../src/cli/command.ts';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { parseBashLine } from '../../../src/cli/completion/complete.ts';
import { helpDetails, helpText } from '../../../src/cli/help/help.ts';
import { parseCommandLine } from '../../../src/cli/parse/command-line.ts';
import {
  formatPath,
  globalOptions,
  listedCommands,
  ownOptions,
} from '../../../src/cli/parse/words.ts';

interface Command {
  readonly command: string;
  readonly node: CommandGroup | CommandSpec;
  readonly text: string;
}

function commandsOf(path: readonly (CommandGroup | CommandSpec)[]): Command[] {
  const node = path.at(-1) ?? atmos;
  const below = 'commands' in node ? listedCommands(node) : [];
  return [
    { command: formatPath(path), node, text: helpText(path) },
    ...below.flatMap((next) => commandsOf([...path, next])),
  ];
}

const commands = commandsOf([atmos]);
const withAllOptions = ['atmos', 'atmos auth'];

/** The arguments of `atmos` in a line that bash or PowerShell runs. */
function argumentsIn(example: string): readonly string[] {
  const [, line = ''] = /\batmos ([^|)#]+)/.exec(example) ?? [];
  return parseBashLine(`atmos ${line.trim()}`).words;
}

describe.each(commands)('the help of $command', ({ command, node, text }) => {
  const lines = text.trimEnd().split('\n');

  test('fits 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('starts with one sentence, then the usage', () => {
    expect(lines[0]).toMatch(/^[A-Z].*[.]$/);
    expect(lines.slice(1, 3)).toEqual(['', expect.stringMatching(`^Usage: ${command} `)]);
  });

  test('describes the command in at most three sentences', () => {
    const { description = '' } = helpDetails[command] ?? {};
    expect(description.match(/[.](?= |$)/g)?.length ?? 0).toBeLessThanOrEqual(3);
    expect(description).toMatch(/^$|[.]$/);
  });

  test('has its sections in the order of the style guide', () => {
    const titles = lines.flatMap((line) => /^([A-Z][a-z ]+):$/.exec(line)?.[1] ?? []);
    const order = [
      'Commands',
      'Options',
      'Examples',
      'Environment',
      'Exit codes',
      'Global options',
    ];
    expect(titles).toEqual(order.filter((title) => titles.includes(title)));
  });

  test('has examples that the program accepts', () => {
    const { examples } = helpDetails[command] ?? { examples: [] };
    expect(examples).not.toEqual([]);
    for (const example of examples) {
      const parsed = parseCommandLine(argumentsIn(example), atmos);
      if (parsed.kind === 'help') throw new Error(`${example} prints help`);
      expect(parsed.command).toMatch(new RegExp(`^${command}( |$)`));
    }
  });

  test('prints the global options in full only for atmos and atmos auth', () => {
    if (withAllOptions.includes(command)) {
      expect(text).toContain('\nGlobal options:\n      --config <file>');
      return;
    }
    expect(lines.at(-1)).toBe('Global options: atmos --help');
    const own = ownOptions(node).map(({ name }) => name);
    const others = globalOptions.filter(({ name }) => !own.includes(name));
    const options = text.slice(text.indexOf('\nOptions:'), text.indexOf('\nExamples:'));
    expect(others.filter(({ name }) => options.includes(` --${name} `))).toEqual([]);
  });

  test('shows each default and all choices in one form', () => {
    for (const { choices, default: otherwise, summary } of ownOptions(node)) {
      const flat = text.replaceAll(/\n +/g, ' ');
      if (choices) expect(flat).toContain(`${summary} {${choices.join('|')}}`);
      if (otherwise !== undefined) expect(flat).toContain(`(default ${otherwise})`);
      expect(summary).not.toMatch(/default/);
    }
  });
});

test('every summary begins with a capital letter and has no full stop', () => {
  const summaries = commands.flatMap(({ node }) => [
    node.summary,
    ...ownOptions(node).map(({ summary }) => summary),
  ]);
  const all = [...summaries, ...globalOptions.map(({ summary }) => summary)];
  expect(all.filter((summary) => !/^[A-Z].*[^.]$/.test(summary))).toEqual([]);
});

test('there are no details of a command that no longer exists', () => {
  const names = commands.map(({ command }) => command);
  expect(Object.keys(helpDetails).filter((name) => !names.includes(name))).toEqual([]);
});
