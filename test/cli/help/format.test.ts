import { describe, expect, test } from 'vitest';
import type { CommandGroup, CommandSpec } from '../../../src/cli/command.ts';
import { formatHelp } from '../../../src/cli/help/format.ts';
import { findPath } from '../../../src/cli/parse/words.ts';
import { tree } from '../tree.ts';

const load = () => Promise.reject(new Error('nothing is run here'));

/** The help of one command, under `atmos`. */
function helpOf(command: CommandSpec, details = {}): string {
  const root: CommandGroup = { name: 'atmos', summary: 'All', commands: [command] };
  return formatHelp([root, command], { examples: [], ...details });
}

test('prints the sections of a command in their order', () => {
  const copy: CommandSpec = {
    name: 'copy',
    summary: 'Copy entries to another keyring',
    operand: { name: 'name', isRepeatable: true },
    options: [
      {
        name: 'to',
        value: 'type',
        summary: 'Destination',
        choices: ['system', 'file'],
        isRequired: true,
        environment: 'COPY_TO',
      },
      {
        name: 'ttl',
        short: 't',
        value: 'duration',
        summary: 'Stop after this time',
        default: '8h',
      },
      {
        name: 'verify',
        shown: '--verify, --no-verify',
        summary: 'A text about checks that is longer than what is left of a line of eighty columns',
      },
    ],
    load,
  };
  const details = {
    description: 'Each copy is read back.',
    examples: ['atmos copy --to file'],
    environment: [['COPY_PASSWORD', 'Password of the destination']],
    exitCodes: [['1', 'An entry was not copied']],
  };
  expect(helpOf(copy, details)).toBe(`Copy entries to another keyring.

Usage: atmos copy [name…] [options]

Each copy is read back.

Options:
      --to <type>            Destination {system|file} (required)
  -t, --ttl <duration>       Stop after this time (default 8h)
      --verify, --no-verify  A text about checks that is longer than what is
                             left of a line of eighty columns

Examples:
  atmos copy --to file

Environment:
  COPY_TO        Used if --to is not given
  COPY_PASSWORD  Password of the destination

Exit codes:
  1  An entry was not copied

Global options: atmos --help
`);
});

test('prints the commands of a group, and on request the global options in full', () => {
  const text = formatHelp(findPath(['auth'], tree), { examples: [], showsGlobalOptions: true });
  expect(text).toContain('Commands:\n  whoami   who\n');
  expect(text).toContain('\nOptions:\n  -i, --identity [name]  Identity');
  expect(text).toContain('\nGlobal options:\n      --config <file>');
  expect(text).not.toContain('atmos --help');
});

describe('the usage', () => {
  test.each([
    ['', 'Usage: atmos <command> [options]'],
    ['auth whoami', 'Usage: atmos auth whoami [options]'],
    ['auth exec', 'Usage: atmos auth exec [options] -- <command> [arguments]'],
    ['auth logout', 'Usage: atmos auth logout [name] [options]'],
  ])('of %s', (words, usage) => {
    const text = formatHelp(findPath(words.split(' '), tree), { examples: [] });
    expect(text.split('\n')[2]).toBe(usage);
  });

  test('shows a required operand and its choices', () => {
    const operand = { name: 'shell', isRequired: true };
    const completion = { name: 'completion', summary: 'Print', operand, load };
    expect(helpOf(completion)).toContain('Usage: atmos completion <shell> [options]');
    const chosen = { ...completion, operand: { ...operand, choices: ['bash', 'fish'] } };
    expect(helpOf(chosen)).toContain('Usage: atmos completion {bash|fish} [options]');
  });
});

test('wraps only between words: a word that is too long stays whole', () => {
  const url = `https://${'a'.repeat(90)}`;
  const description = `Read ${url} and the next page.`;
  const text = helpOf({ name: 'read', summary: 'Read', load }, { description });
  expect(text).toContain(`Read\n${url}\nand the next page.`);
});
