import type { CommandGroup } from '../command.ts';
import { auth } from './auth.ts';
import { profile } from './profile.ts';
import { jsonOutput } from './shared-options.ts';

/** Every command there is, in the order of the help. */
export const atmos: CommandGroup = {
  name: 'atmos',
  summary:
    'cloud credentials from one keyring; a command not listed here goes to the next atmos on PATH',
  isShared: true,
  commands: [
    auth,
    profile,
    {
      name: 'completion',
      summary: 'print what a shell reads to complete commands, options and names',
      operand: {
        name: 'shell',
        summary: 'for which shell',
        choices: ['bash', 'zsh', 'fish', 'powershell'],
        isRequired: true,
      },
      examples: [
        'eval "$(atmos completion bash)"    # in ~/.bashrc',
        'source <(atmos completion zsh)    # in ~/.zshrc, after compinit',
        'atmos completion fish | source    # in ~/.config/fish/config.fish',
      ],
      load: async () => (await import('../commands/completion.ts')).completion,
    },
    {
      name: '__complete',
      summary: 'what the last word may be, for the scripts of completion',
      isInternal: true,
      options: [
        { name: 'line', summary: 'it is a line of bash' },
        { name: 'next', summary: 'an empty word follows' },
      ],
      load: async () => (await import('../commands/complete.ts')).createComplete(atmos),
    },
    {
      name: '__keyring-agent',
      summary: 'what atmos auth keyring unlock starts in the background',
      isInternal: true,
      load: async () => (await import('../commands/keyring-agent.ts')).keyringAgent,
    },
    {
      name: 'version',
      summary: 'show the version',
      looksAtNothing: true,
      options: [jsonOutput],
      load: async () => (await import('../commands/version.ts')).showVersion,
    },
  ],
};
