import type { CommandGroup } from '../command.ts';

export const user: CommandGroup = {
  name: 'user',
  summary: 'long-lived keys of IAM users',
  takesIdentity: true,
  commands: [
    {
      name: 'configure',
      summary: 'store the access key of an identity in the keyring',
      takesIdentity: true,
      options: [
        { name: 'stdin', summary: 'read the key as JSON from standard input' },
        {
          name: 'from-aws-profile',
          value: 'name',
          summary: 'take the key of a profile in the AWS files',
        },
        { name: 'mfa-arn', value: 'arn', summary: 'the MFA device that stands for the user' },
        { name: 'session-duration', value: 'duration', summary: 'how long a session lasts: 12h' },
        {
          name: 'verify',
          shown: '--verify, --no-verify',
          summary: 'ask AWS about the key before it is saved; the default when it is typed',
        },
      ],
      examples: [
        'atmos auth user configure --identity emergency-user',
        'aws iam create-access-key | atmos auth user configure -i emergency-user --stdin',
      ],
      load: async () => (await import('../commands/auth-user-configure.ts')).configureUser,
    },
  ],
};
