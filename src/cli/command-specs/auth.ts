import type { CommandGroup } from '../command.ts';
import { keyring } from './keyring.ts';
import {
  credentialsOption,
  jsonOutput,
  mfaToken,
  minValidity,
  outputAs,
  region,
  verbose,
} from './shared-options.ts';

const user: CommandGroup = {
  name: 'user',
  summary: 'Manage the access keys of IAM users',
  takesIdentity: true,
  isShared: true,
  commands: [
    {
      name: 'configure',
      summary: 'Store the access key of an identity in the keyring',
      takesIdentity: true,
      options: [
        { name: 'stdin', summary: 'Read the key as JSON from standard input' },
        {
          name: 'from-aws-profile',
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

export const auth: CommandGroup = {
  name: 'auth',
  summary: 'Store access keys, log in, and run programs with credentials',
  takesIdentity: true,
  isShared: true,
  commands: [
    user,
    {
      name: 'login',
      summary: 'Open a session and store it in the keyring',
      takesIdentity: true,
      options: [
        { name: 'force', summary: 'Open a new session even if the current one is valid' },
        {
          name: 'tags',
          value: 'tag,…',
          summary: 'Log in to each identity that has one of these tags',
        },
        { name: 'plan', summary: 'Show what would be opened and why; open nothing' },
        { ...jsonOutput, summary: 'With --plan: print machine-readable output' },
        mfaToken,
        verbose,
      ],
      load: async () => (await import('../commands/auth-login.ts')).login,
    },
    {
      name: 'whoami',
      summary: 'Show the current identity and whether its session is valid',
      takesIdentity: true,
      options: [{ ...jsonOutput, environment: 'ATMOS_AUTH_WHOAMI_OUTPUT' }, verbose],
      load: async () => (await import('../commands/auth-whoami.ts')).whoami,
    },
    {
      name: 'list',
      summary: 'List providers and identities with their chains and sessions',
      options: [
        outputAs('tree', 'table', 'json', 'yaml', 'mermaid', 'graphviz', 'markdown', 'dot', 'md'),
        {
          name: 'providers',
          value: 'name,…',
          isValueOptional: true,
          summary: 'List only providers: these, or all without a name',
        },
        {
          name: 'identities',
          value: 'name,…',
          isValueOptional: true,
          summary: 'List only identities: these, or all without a name',
        },
        { name: 'tags', value: 'tag,…', summary: 'List only what has one of these tags' },
      ],
      load: async () => (await import('../commands/auth-list.ts')).list,
    },
    {
      name: 'exec',
      summary: 'Run a program with the credentials of an identity',
      takesIdentity: true,
      takesProgram: true,
      options: [credentialsOption('env'), region, minValidity, mfaToken],
      load: async () => (await import('../commands/auth-exec.ts')).exec,
    },
    {
      name: 'shell',
      summary: 'Start a shell with the credentials of an identity',
      takesIdentity: true,
      takesArguments: true,
      options: [
        {
          name: 'shell',
          value: 'program',
          completes: 'file',
          summary: 'Shell to start',
          environment: 'ATMOS_SHELL',
          default: '$SHELL, bash or sh',
        },
        credentialsOption('env'),
        region,
        minValidity,
        mfaToken,
      ],
      load: async () => (await import('../commands/auth-shell.ts')).shell,
    },
    {
      name: 'env',
      summary: 'Print shell commands that select an identity in this shell',
      takesIdentity: true,
      options: [
        {
          name: 'format',
          short: 'f',
          value: 'format',
          summary: 'Output format',
          environment: 'ATMOS_AUTH_ENV_FORMAT',
          choices: ['bash', 'fish', 'powershell', 'cmd', 'dotenv', 'env', 'json', 'github'],
          default: 'bash; on Windows powershell',
        },
        {
          name: 'output-file',
          short: 'o',
          aliases: ['--output'],
          value: 'file',
          completes: 'file',
          summary: 'Append to this file; with --format json, replace it',
          environment: 'ATMOS_AUTH_ENV_OUTPUT_FILE',
        },
        { name: 'unset', summary: 'Unset the variables that auth env set in this shell' },
        credentialsOption('process'),
        { name: 'login', summary: 'Open a session first, also with --credentials process' },
        region,
        minValidity,
        mfaToken,
      ],
      load: async () => (await import('../commands/auth-env.ts')).env,
    },
    {
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
    },
    {
      name: 'credential-process',
      summary: 'Print credentials as JSON for AWS SDKs; never prompts',
      takesIdentity: true,
      options: [
        {
          name: 'handle',
          value: 'handle',
          summary: 'Path or id of a handle that auth env wrote, instead of --identity',
        },
      ],
      load: async () => (await import('../commands/auth-credential-process.ts')).credentialProcess,
    },
    {
      name: 'logout',
      summary: 'Remove sessions; --keychain also deletes access keys',
      operand: {
        name: 'identity',
        completes: 'identity',
      },
      takesIdentity: true,
      options: [
        { name: 'all', summary: 'Log out of every configured identity and provider' },
        { name: 'all-realms', summary: 'Log out of every identity in every realm' },
        { name: 'keychain', summary: 'Also delete the stored access keys' },
        { name: 'force', summary: 'Delete access keys without a prompt' },
        { name: 'dry-run', summary: 'Show what would be removed' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-logout.ts')).logout,
    },
    {
      name: 'validate',
      summary: 'Check the configuration and report every problem',
      options: [
        {
          ...verbose,
          summary: 'Also show what was checked',
          environment: 'ATMOS_AUTH_VALIDATE_VERBOSE',
        },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-validate.ts')).validate,
    },
    {
      name: 'trust',
      summary: "Review and allow what this project's configuration may run",
      operand: { name: 'directory' },
      options: [
        { name: 'yes', summary: 'Trust without a prompt' },
        { name: 'list', summary: 'List what is trusted' },
        { name: 'revoke', summary: 'Stop trusting a directory', default: 'the current project' },
        jsonOutput,
      ],
      load: async () => (await import('../commands/auth-trust.ts')).trust,
    },
    keyring,
  ],
};
