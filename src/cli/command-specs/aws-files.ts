import type { CommandSpec } from '../command.ts';
import { jsonOutput } from './shared-options.ts';

// The commands that read and write the files of the AWS CLI.

export const init: CommandSpec = {
  name: 'init',
  summary: 'Write identities for the profiles in ~/.aws/config to atmos.yaml',
  options: [
    {
      name: 'from',
      value: 'file',
      completes: 'file',
      summary: 'Read this file instead of ~/.aws/config',
    },
    {
      name: 'realm',
      value: 'name',
      summary: 'Name that separates the credentials from those of other projects',
      empty: 'kept',
    },
    { name: 'yes', summary: 'Write without a prompt' },
    jsonOutput,
  ],
  load: async () => (await import('../commands/auth-init.ts')).init,
};

export const awsConfig: CommandSpec = {
  name: 'aws-config',
  summary: 'Write an AWS profile for each identity to ~/.aws/config',
  options: [
    { name: 'write', summary: "Write the profiles to this project's block of the file" },
    { name: 'remove', summary: "Remove this project's block" },
    { name: 'print', summary: 'Print the block that --write would write' },
    {
      name: 'identities',
      value: 'pattern',
      completes: 'identity',
      summary: 'Only identities whose names match, such as "dev-*"',
    },
    { name: 'prefix', value: 'text', summary: 'Text before the name of each profile' },
    jsonOutput,
  ],
  load: async () => (await import('../commands/auth-aws-config.ts')).awsConfig,
};
