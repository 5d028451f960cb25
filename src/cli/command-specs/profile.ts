import type { CommandGroup } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

export const profile: CommandGroup = {
  name: 'profile',
  summary: 'the configuration profiles',
  commands: [
    {
      name: 'list',
      summary: 'every profile there is, and where',
      options: [jsonOutput],
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
      options: [jsonOutput],
      load: async () => (await import('../commands/profile.ts')).profileShow,
    },
  ],
};
