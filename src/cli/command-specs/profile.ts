import type { CommandGroup, OptionSpec } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

/** `-f` as in Atmos, `-o` as everywhere here. */
function outputAs(...choices: string[]): OptionSpec {
  return {
    ...jsonOutput,
    aliases: ['-f', '--format'],
    shown: '-f, --output, --format',
    choices,
  };
}

export const profile: CommandGroup = {
  name: 'profile',
  summary: 'the configuration profiles',
  isShared: true,
  commands: [
    {
      name: 'list',
      summary: 'every profile there is, and where',
      options: [outputAs('table', 'json', 'yaml')],
      load: async () => (await import('../commands/profile.ts')).profileList,
    },
    {
      name: 'show',
      summary: 'what a profile says of itself, and its files',
      operand: {
        name: 'profile',
        summary: 'the profile to show',
        completes: 'profile',
        isRequired: true,
      },
      options: [outputAs('text', 'json', 'yaml')],
      load: async () => (await import('../commands/profile.ts')).profileShow,
    },
  ],
};
