import type { CommandGroup, CommandSpec, OptionSpec } from './command.ts';

export const helpOption: OptionSpec = { name: 'help', short: 'h', summary: 'show help' };

export const globalOptions: readonly OptionSpec[] = [
  {
    name: 'config',
    value: 'file',
    completes: 'file',
    summary: 'configuration file; may be repeated',
  },
  {
    name: 'config-path',
    value: 'directory',
    completes: 'directory',
    summary: 'directory with an atmos.yaml; may be repeated',
  },
  {
    name: 'base-path',
    value: 'directory',
    completes: 'directory',
    summary: 'what relative imports start from',
  },
  {
    name: 'profile',
    value: 'name',
    isValueOptional: true,
    completes: 'profile',
    summary: 'configuration profile; may be repeated; without a name: choose from a list',
  },
  {
    name: 'chdir',
    short: 'C',
    value: 'directory',
    completes: 'directory',
    summary: 'work in this directory',
  },
  {
    name: 'logs-level',
    value: 'level',
    summary: 'log this and what is graver: Trace, Debug, Info, Warning, Error or Off',
  },
  {
    name: 'logs-file',
    value: 'file',
    completes: 'file',
    summary: 'where the log goes; else to standard error',
  },
  { name: 'interactive', shown: '--interactive=false', summary: 'ask nobody' },
  { name: 'color', shown: '--no-color', summary: 'no colour' },
  helpOption,
];

const identityOption: OptionSpec = {
  name: 'identity',
  short: 'i',
  value: 'name',
  isValueOptional: true,
  completes: 'identity',
  summary: 'the identity; without a name: choose from a list',
};

/** The options of a command or group besides the global ones. */
export function ownOptions(node: CommandGroup | CommandSpec): readonly OptionSpec[] {
  const options = 'commands' in node ? [] : (node.options ?? []);
  return node.takesIdentity ? [identityOption, ...options] : options;
}
