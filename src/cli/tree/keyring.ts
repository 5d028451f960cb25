import type { CommandGroup } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

export const keyring: CommandGroup = {
  name: 'keyring',
  summary: 'the place where credentials are kept',
  commands: [
    {
      name: 'status',
      summary: 'which keyring, why, where, locked or not',
      options: [jsonOutput],
      load: async () => (await import('../commands/auth-keyring-status.ts')).keyringStatus,
    },
    {
      name: 'list',
      summary: 'the entries in it; --long opens them',
      options: [
        { name: 'long', summary: 'kind, expiry and size too, for which the entries are opened' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-list.ts')).keyringList,
    },
  ],
};
