import type { CommandGroup } from '../command.ts';
import { auth } from './auth.ts';
import { profile } from './profile.ts';
import { jsonOutput } from './shared-options.ts';

/** Every command, in the order of the help. */
export const atmos: CommandGroup = {
  name: 'atmos',
  summary: 'Store cloud credentials in a keyring and run programs with them',
  isShared: true,
  commands: [
    auth,
    profile,
    {
      name: 'completion',
      summary: 'Print the completion script of a shell',
      operand: {
        name: 'shell',
        choices: ['bash', 'zsh', 'fish', 'powershell'],
        isRequired: true,
      },
      load: async () => (await import('../commands/completion.ts')).completion,
    },
    {
      name: '__complete',
      summary: 'Print what may complete the last word, for completion scripts',
      isInternal: true,
      options: [
        { name: 'line', summary: 'The input is a line of bash' },
        { name: 'next', summary: 'An empty word follows' },
      ],
      load: async () => (await import('../commands/complete.ts')).createComplete(atmos),
    },
    {
      name: '__keyring-agent',
      summary: 'Keep a keyring unlocked; started by atmos auth keyring unlock',
      isInternal: true,
      load: async () => (await import('../commands/keyring-agent.ts')).keyringAgent,
    },
    {
      name: 'version',
      summary: 'Show the version',
      looksAtNothing: true,
      options: [jsonOutput],
      load: async () => (await import('../commands/version.ts')).showVersion,
    },
  ],
};
