import type { CommandGroup, OptionSpec } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

const isDryRun: OptionSpec = { name: 'dry-run', summary: 'only tell what would be copied' };

const overwrite: OptionSpec = {
  name: 'force',
  summary: 'overwrite entries that are there already with another value',
};

const keyringTypes = ['system', 'file', 'memory'];

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
        { name: 'all', summary: 'list the entries of other programs as well' },
        { name: 'long', summary: 'kind, expiry and size too, for which the entries are opened' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-list.ts')).keyringList,
    },
    {
      name: 'unlock',
      summary: 'hold the file keyring open in the background for a while',
      options: [
        { name: 'ttl', value: 'duration', summary: 'for how long: 8h; at most 24h' },
        { name: 'idle', value: 'duration', summary: 'and how long without being used: 1h' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-keyring-unlock.ts')).keyringUnlock,
    },
    {
      name: 'lock',
      summary: 'end that',
      options: [jsonOutput],
      load: async () => (await import('../commands/auth-keyring-lock.ts')).keyringLock,
    },
    {
      name: 'doctor',
      summary: 'try it, and tell what is wrong and what mends it',
      options: [jsonOutput],
      load: async () => (await import('../commands/auth-keyring-doctor.ts')).keyringDoctor,
    },
    {
      name: 'rekey',
      summary: 'change the password of the file keyring, or encrypt weak entries anew',
      options: [
        {
          name: 'upgrade',
          summary: 'keep the password; encrypt weak entries of ours more strongly',
        },
        {
          name: 'all',
          summary: 'with --upgrade: entries of other programs too, which slows their reads down',
        },
        {
          name: 'new-password-file',
          value: 'file',
          completes: 'file',
          summary: 'the new password is in this file, instead of being asked for',
        },
        { name: 'stdin', summary: 'the new password is the line on standard input' },
        { name: 'dry-run', summary: 'open every entry, and only tell what would be done' },
        jsonOutput,
      ],
      examples: [
        'atmos auth keyring rekey',
        'atmos auth keyring rekey --new-password-file /run/secrets/new-password',
      ],
      load: async () => (await import('../commands/auth-keyring-rekey.ts')).keyringRekey,
    },
    {
      name: 'prune',
      summary: 'delete sessions and tokens that have expired; keys stay',
      options: [{ name: 'dry-run', summary: 'only tell what would be deleted' }, jsonOutput],
      load: async () => (await import('../commands/auth-keyring-prune.ts')).keyringPrune,
    },
    {
      name: 'adopt',
      summary: 'copy what another realm has of the configured identities to the current realm',
      operand: {
        name: 'name',
        summary: 'only these identities and providers',
        completes: 'identity',
        isRepeatable: true,
      },
      options: [
        {
          name: 'from-realm',
          value: 'realm',
          summary: 'the realm to copy from; needed when several have entries of them',
        },
        { name: 'delete-source', summary: 'then delete what was copied, one by one' },
        isDryRun,
        jsonOutput,
      ],
      examples: [
        'atmos auth keyring adopt',
        'atmos auth keyring adopt emergency-user --from-realm 0a1b2c3d4e5f6071',
      ],
      load: async () => (await import('../commands/auth-keyring-adopt.ts')).keyringAdopt,
    },
    {
      name: 'migrate',
      summary: 'copy every entry to a keyring of another type; each is read back',
      options: [
        {
          name: 'to',
          value: 'type',
          summary: 'where to: system or file',
          choices: keyringTypes,
        },
        {
          name: 'from',
          value: 'type',
          summary: 'where from; default: the configured keyring',
          choices: keyringTypes,
        },
        { name: 'delete-source', summary: 'then delete what was copied, one by one' },
        overwrite,
        isDryRun,
        jsonOutput,
      ],
      examples: ['atmos auth keyring migrate --to file'],
      load: async () => (await import('../commands/auth-keyring-migrate.ts')).keyringMigrate,
    },
    {
      name: 'import',
      summary: 'copy what Atmos, aws-vault or the AWS files hold; nothing is deleted there',
      options: [
        {
          name: 'from',
          value: 'source',
          summary:
            'atmos-file (another directory), aws-vault (Secret Service or file) or aws-credentials',
          choices: ['atmos-file', 'aws-vault', 'aws-credentials'],
        },
        {
          name: 'path',
          value: 'path',
          completes: 'file',
          summary: 'the directory of the keyring, or the credentials file, if not the usual one',
        },
        {
          name: 'map',
          value: 'profile=identity,…',
          summary: 'which identity each profile becomes, instead of being asked',
        },
        { name: 'yes', summary: 'ask nobody: a profile becomes the identity of its own name' },
        overwrite,
        isDryRun,
        jsonOutput,
      ],
      examples: [
        'atmos auth keyring import --from atmos-file --path /mnt/old/keyring',
        'atmos auth keyring import --from aws-vault --map work=emergency-user',
      ],
      load: async () => (await import('../commands/auth-keyring-import.ts')).keyringImport,
    },
  ],
};
