import type { CommandGroup } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

const loadRecipients = () => import('../commands/auth-keyring-recipients.ts');

export const recipients: CommandGroup = {
  name: 'recipients',
  summary: 'Manage who can read a file keyring that has age keys instead of a password',
  commands: [
    {
      name: 'list',
      summary: 'List the readers and compare them with the configuration',
      options: [jsonOutput],
      load: async () => (await loadRecipients()).recipientsList,
    },
    {
      name: 'add',
      summary: 'Let the owners of these public keys read every entry',
      operand: { name: 'recipient', isRequired: true, isRepeatable: true },
      options: [jsonOutput],
      load: async () => (await loadRecipients()).recipientsAdd,
    },
    {
      name: 'remove',
      summary: 'Change the secret, so that a reader cannot read new entries',
      operand: { name: 'recipient', isRequired: true },
      options: [jsonOutput],
      load: async () => (await loadRecipients()).recipientsRemove,
    },
    {
      name: 'accept',
      summary: 'Accept the secret of the keyring on this machine',
      options: [
        {
          name: 'fingerprint',
          empty: 'refused',
          value: 'fingerprint',
          summary: 'Fingerprint that a reader reported; without it, the command prompts',
        },
        jsonOutput,
      ],
      load: async () => (await loadRecipients()).recipientsAccept,
    },
  ],
};
