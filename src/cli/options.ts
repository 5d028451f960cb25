import type { CommandGroup, CommandSpec, OptionSpec } from './command.ts';

export const helpOption: OptionSpec = { name: 'help', short: 'h', summary: 'show help' };

export const globalOptions: readonly OptionSpec[] = [
  { name: 'config', value: 'file', summary: 'configuration file; may be repeated' },
  { name: 'profile', value: 'name', summary: 'configuration profile; may be repeated' },
  { name: 'chdir', short: 'C', value: 'directory', summary: 'work in this directory' },
  { name: 'interactive', shown: '--interactive=false', summary: 'ask nobody' },
  { name: 'color', shown: '--no-color', summary: 'no colour' },
  helpOption,
];

const identityOption: OptionSpec = {
  name: 'identity',
  short: 'i',
  value: 'name',
  isValueOptional: true,
  summary: 'the identity; without a name: choose from a list',
};

/** The options of a command or group besides the global ones. */
export function ownOptions(node: CommandGroup | CommandSpec): readonly OptionSpec[] {
  const options = 'commands' in node ? [] : (node.options ?? []);
  return node.takesIdentity ? [identityOption, ...options] : options;
}
