import type { CommandGroup, OptionSpec } from '../command.ts';
import { recipients } from './recipients.ts';
import { jsonOutput } from './shared-options.ts';

/** The types that keep entries after the command. */
const keyringTypes = ['system', 'file', 'vault'];

const isDryRun: OptionSpec = { name: 'dry-run', summary: 'Show what would be copied' };

const overwrite: OptionSpec = {
  name: 'force',
  summary: 'Overwrite entries that have another value',
};

const deleteSource: OptionSpec = {
  name: 'delete-source',
  summary: 'Delete each entry in the source after all were copied',
};

export const keyring: CommandGroup = {
  name: 'keyring',
  summary: 'Manage the keyring: status, unlock, change password, migrate',
  commands: [
    {
      name: 'status',
      summary: 'Show which keyring is used, where it is, and if it is locked',
      options: [jsonOutput],
      load: async () => (await import('../commands/auth-keyring-status.ts')).keyringStatus,
    },
    {
      name: 'list',
      summary: 'List entries; --long decrypts them',
      options: [
        { name: 'all', summary: 'Also list entries of other programs' },
        { name: 'long', summary: 'Also show kind, expiry and size, which decrypts the entries' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-list.ts')).keyringList,
    },
    {
      name: 'unlock',
      summary: 'Keep the keyring unlocked in a background process',
      options: [
        {
          name: 'ttl',
          value: 'duration',
          summary: 'Lock after this time, at most 24h',
          default: '8h',
        },
        {
          name: 'idle',
          value: 'duration',
          summary: 'Lock after this time without use',
          default: '1h',
        },
        {
          name: 'print-password',
          summary:
            'With --reveal: print the password, for Atmos and other programs, and do not unlock',
        },
        { name: 'reveal', summary: 'Confirm that --print-password shows the password' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-unlock.ts')).keyringUnlock,
    },
    {
      name: 'lock',
      summary: 'Stop the agent, which forgets the password and revokes the token',
      options: [jsonOutput],
      load: async () => (await import('../commands/auth-keyring-lock.ts')).keyringLock,
    },
    {
      name: 'doctor',
      summary: 'Test the keyring and suggest fixes',
      options: [
        jsonOutput,
        {
          name: 'online',
          summary: 'Also connect to the endpoints of AWS and show who issued their certificates',
        },
      ],
      load: async () => (await import('../commands/auth-keyring-doctor.ts')).keyringDoctor,
    },
    {
      name: 'rekey',
      summary: 'Change the password of the file keyring',
      options: [
        {
          name: 'upgrade',
          summary: 'Keep the password and encrypt weak entries more strongly',
        },
        {
          name: 'all',
          summary: 'With --upgrade: also entries of other programs, which slows down their reads',
        },
        {
          name: 'new-password-file',
          empty: 'refused',
          value: 'file',
          completes: 'file',
          summary: 'File that holds the new password; without it, the command prompts',
        },
        { name: 'stdin', summary: 'Read the new password from standard input, as one line' },
        { name: 'dry-run', summary: 'Decrypt every entry and show what would be done' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-rekey.ts')).keyringRekey,
    },
    {
      name: 'prune',
      summary: 'Delete expired sessions and tokens',
      options: [{ name: 'dry-run', summary: 'Show what would be deleted' }, jsonOutput],
      load: async () => (await import('../commands/auth-keyring-prune.ts')).keyringPrune,
    },
    {
      name: 'adopt',
      summary: 'Copy entries of the configured identities from another realm',
      operand: {
        name: 'name',
        completes: 'identity',
        isRepeatable: true,
      },
      options: [
        {
          name: 'from-realm',
          empty: 'refused',
          value: 'realm',
          summary: 'Realm to copy from; required if several have entries',
        },
        deleteSource,
        isDryRun,
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-adopt.ts')).keyringAdopt,
    },
    {
      name: 'migrate',
      summary: 'Copy every entry to a keyring of another type',
      options: [
        {
          name: 'to',
          value: 'type',
          summary: 'Destination',
          choices: keyringTypes,
          isRequired: true,
        },
        {
          name: 'from',
          value: 'type',
          summary: 'Source',
          choices: keyringTypes,
          default: 'the configured keyring',
        },
        deleteSource,
        overwrite,
        isDryRun,
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-migrate.ts')).keyringMigrate,
    },
    {
      name: 'export',
      summary: 'Write every entry to an encrypted file',
      operand: { name: 'file', completes: 'file', isRequired: true },
      options: [
        {
          name: 'recipient',
          empty: 'refused',
          value: 'recipient,…',
          summary: 'Public keys of age that can open it, separated by commas',
          default: 'a passphrase',
        },
        { name: 'all', summary: 'Also include entries of other programs' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-export.ts')).keyringExport,
    },
    {
      name: 'import',
      summary: 'Import entries from Atmos, an archive, aws-vault or the AWS files',
      options: [
        {
          name: 'from',
          value: 'source',
          summary: 'Source of the keys',
          choices: ['atmos-file', 'archive', 'aws-vault', 'aws-credentials'],
          isRequired: true,
        },
        {
          name: 'path',
          empty: 'refused',
          value: 'path',
          completes: 'file',
          summary: 'Directory of the source keyring, the archive, or the credentials file',
        },
        {
          name: 'identity-file',
          empty: 'refused',
          value: 'file',
          completes: 'file',
          summary: 'Your age identity, for an archive',
        },
        {
          name: 'map',
          empty: 'refused',
          value: 'profile=identity,…',
          summary: 'Identity for each profile; without it, the command prompts',
        },
        { name: 'yes', summary: 'Never prompt: use the name of each profile as identity' },
        overwrite,
        isDryRun,
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-import.ts')).keyringImport,
    },
    recipients,
  ],
};
