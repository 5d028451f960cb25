import type { CommandGroup } from '../command.ts';
import { outputAs } from './shared-options.ts';

export const profile: CommandGroup = {
  name: 'profile',
  summary: 'List and show configuration profiles',
  isShared: true,
  commands: [
    {
      name: 'list',
      summary: 'List every profile and its directory',
      options: [outputAs('table', 'json', 'yaml')],
      load: async () => (await import('../commands/profile.ts')).profileList,
    },
    {
      name: 'show',
      summary: 'Show the description and the files of a profile',
      operand: {
        name: 'profile',
        completes: 'profile',
        isRequired: true,
      },
      options: [outputAs('text', 'json', 'yaml')],
      load: async () => (await import('../commands/profile.ts')).profileShow,
    },
  ],
};
