import type { CommandGroup, OptionSpec } from '../command.ts';
import { keyring } from './keyring.ts';
import { jsonOutput, verbose } from './shared-options.ts';

const user: CommandGroup = {
  name: 'user',
  summary: 'long-lived keys of IAM users',
  takesIdentity: true,
  isShared: true,
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

const mfaToken: OptionSpec = {
  name: 'mfa-token',
  value: 'code',
  summary: 'code of the MFA device, instead of being asked',
};

const credentials: OptionSpec = {
  name: 'credentials',
  value: 'mode',
  summary: 'how a program gets them: env (in its environment) or process (a profile that asks us)',
  choices: ['env', 'process'],
};

export const auth: CommandGroup = {
  name: 'auth',
  summary:
    'store credentials, open sessions, use them, clear them; a command not listed here goes to the next atmos on PATH',
  takesIdentity: true,
  isShared: true,
  commands: [
    user,
    {
      name: 'login',
      summary: 'open a session and keep it in the keyring',
      takesIdentity: true,
      options: [{ name: 'force', summary: 'open a new one, whatever is kept' }, mfaToken, verbose],
      load: async () => (await import('../commands/auth-login.ts')).login,
    },
    {
      name: 'whoami',
      summary: 'who, until when, is it valid',
      takesIdentity: true,
      options: [{ ...jsonOutput, environment: 'ATMOS_AUTH_WHOAMI_OUTPUT' }, verbose],
      load: async () => (await import('../commands/auth-whoami.ts')).whoami,
    },
    {
      name: 'exec',
      summary: 'run a program with credentials',
      takesIdentity: true,
      takesProgram: true,
      options: [credentials, mfaToken],
      examples: ['atmos auth exec -i emergency-user -- terraform plan'],
      load: async () => (await import('../commands/auth-exec.ts')).exec,
    },
    {
      name: 'env',
      summary: 'print what a shell evaluates to have credentials',
      takesIdentity: true,
      options: [
        {
          name: 'format',
          short: 'f',
          value: 'format',
          summary: 'for which reader',
          environment: 'ATMOS_AUTH_ENV_FORMAT',
          choices: ['bash', 'fish', 'powershell', 'cmd', 'dotenv', 'env', 'json', 'github'],
        },
        {
          name: 'output-file',
          short: 'o',
          aliases: ['--output'],
          value: 'file',
          completes: 'file',
          summary: 'add to this file instead, or replace it with JSON',
          environment: 'ATMOS_AUTH_ENV_OUTPUT_FILE',
        },
        { name: 'unset', summary: 'unset what auth env has set in this shell' },
        credentials,
        mfaToken,
      ],
      examples: [
        'eval "$(atmos auth env -i emergency-user)"',
        'eval "$(atmos auth env --unset)"',
        'atmos auth env -i emergency-user | Out-String | Invoke-Expression',
      ],
      load: async () => (await import('../commands/auth-env.ts')).env,
    },
    {
      name: 'credential-process',
      summary: 'what AWS SDKs call for credentials; asks nobody',
      takesIdentity: true,
      options: [
        {
          name: 'handle',
          value: 'handle',
          summary: 'path of what auth env wrote down, instead of an identity',
        },
      ],
      load: async () => (await import('../commands/auth-credential-process.ts')).credentialProcess,
    },
    {
      name: 'logout',
      summary: 'clear cached sessions; keys stay unless --keychain',
      operand: {
        name: 'identity',
        summary: 'the identity to log out from',
        completes: 'identity',
      },
      takesIdentity: true,
      options: [
        { name: 'all', summary: 'every configured identity and provider' },
        { name: 'all-realms', summary: 'whoever has an entry, whatever the realm' },
        { name: 'keychain', summary: 'delete the stored access keys too' },
        { name: 'force', summary: 'do not ask before deleting keys' },
        { name: 'dry-run', summary: 'only tell what would be removed' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-logout.ts')).logout,
    },
    {
      name: 'validate',
      summary: 'check the configuration, and tell all that is wrong with it',
      options: [
        {
          ...verbose,
          summary: 'show what was checked, too',
          environment: 'ATMOS_AUTH_VALIDATE_VERBOSE',
        },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-validate.ts')).validate,
    },
    {
      name: 'trust',
      summary: 'let the project’s files run programs and send requests elsewhere, once shown',
      operand: { name: 'directory', summary: 'whose trust --revoke takes away' },
      options: [
        { name: 'yes', summary: 'do not ask' },
        { name: 'list', summary: 'what is trusted' },
        { name: 'revoke', summary: 'trust it no more; default: the configuration found here' },
        jsonOutput,
      ],
      examples: ['atmos auth trust', 'atmos auth trust --revoke ~/infra'],
      load: async () => (await import('../commands/auth-trust.ts')).trust,
    },
    keyring,
  ],
};
