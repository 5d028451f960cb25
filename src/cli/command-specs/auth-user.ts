import type { CommandGroup } from '../command.ts';

export const user: CommandGroup = {
  name: 'user',
  summary: 'Manage the access keys of IAM users',
  takesIdentity: true,
  isShared: true,
  commands: [
    {
      name: 'configure',
      summary: 'Store the access key of an identity in the keyring',
      takesIdentity: true,
      usesOneIdentity: true,
      options: [
        { name: 'stdin', summary: 'Read the key as JSON from standard input' },
        {
          name: 'from-aws-profile',
          empty: 'refused',
          value: 'name',
          summary: 'Read the key of this profile from the AWS files',
        },
        { name: 'mfa-arn', value: 'arn', summary: "ARN or serial number of the user's MFA device" },
        {
          name: 'session-duration',
          value: 'duration',
          summary: 'Duration of a session',
          default: '12h',
        },
        {
          name: 'verify',
          shown: '--verify, --no-verify',
          summary: 'Check the key with AWS before it is stored',
          default: '--verify for a typed key',
        },
      ],
      load: async () => (await import('../commands/auth-user-configure.ts')).configureUser,
    },
  ],
};
