import type { HelpDetails, Row } from './format.ts';

const identityVariable: Row = ['ATMOS_IDENTITY', 'Identity to use if --identity is not given'];

const mfaVariable: Row = ['ATMOS_MFA_TOKEN', 'Code to use if --mfa-token is not given'];

const noSession: Row = ['4', 'No valid session, or the access key is missing or refused'];

/** For `atmos auth` and its commands, except those of the keyring. */
export const authDetails: Readonly<Record<string, HelpDetails>> = {
  'atmos auth': {
    description: 'A command that is not listed here is passed to the next atmos on PATH.',
    examples: [
      'atmos auth init',
      'atmos auth login',
      'atmos auth user configure --identity emergency-user',
      'atmos auth login --identity emergency-user',
      'atmos auth exec --identity emergency-user -- terraform plan',
    ],
    environment: [identityVariable],
    showsGlobalOptions: true,
  },
  'atmos auth user': {
    examples: ['atmos auth user configure --identity emergency-user'],
  },
  'atmos auth user configure': {
    description:
      'Prompts for the key unless --stdin or --from-aws-profile is given. The key is stored ' +
      'in the configured keyring and read back before the command succeeds.',
    examples: [
      'atmos auth user configure --identity emergency-user',
      'atmos auth user configure -i emergency-user --from-aws-profile work',
      'aws iam create-access-key | atmos auth user configure -i me --stdin',
    ],
    environment: [identityVariable],
  },
  'atmos auth login': {
    description:
      'Keeps the current session if it is valid for at least 15 more minutes, or for a ' +
      'quarter of its duration if that is less. --plan sends nothing to AWS, and reads the keyring ' +
      'only if that prompts for nothing. --webflow is for identities of kind aws/user, and --all ' +
      'signs in once for all identities of a portal.',
    examples: [
      'atmos auth login --identity emergency-user',
      'atmos auth login -i emergency-user --webflow',
      'atmos auth login --provider company --device-code',
      'atmos auth login -i emergency-user --force',
      'atmos auth login -i production --plan',
      'atmos auth login --tags development,staging',
      'atmos auth login --all --provider company',
    ],
    environment: [identityVariable, mfaVariable],
    exitCodes: [
      ['0', 'A valid session is stored'],
      noSession,
      ['1', 'With --all: a login failed; the others are stored'],
      ['highest', 'With --tags: of the failed logins; the others are stored'],
    ],
  },
  'atmos auth whoami': {
    description:
      'Asks AWS whether it accepts the stored session, for at most 5 seconds. Never opens a session.',
    examples: ['atmos auth whoami --verbose', 'atmos auth whoami -i emergency-user --output json'],
    environment: [identityVariable],
    exitCodes: [
      ['0', 'The session is valid, or AWS could not be reached'],
      ['4', 'The session is missing, has expired or is refused'],
    ],
  },
  'atmos auth list': {
    description:
      'Without --refresh, never prompts, runs nothing and sends no request: if the keyring is ' +
      'locked, it says so instead of showing sessions. A broken chain is listed with its problem. ' +
      '-f and -o are one option; dot is graphviz, md is markdown (a mermaid diagram).',
    examples: [
      'atmos auth list',
      'atmos auth list -f table --identities',
      'atmos auth list -f mermaid --tags production',
      'atmos auth list -o json --identities emergency-user',
      'atmos auth list --refresh --providers',
    ],
  },
  'atmos auth exec': {
    description:
      'Opens a session if necessary. The program gets no other AWS credentials, and its exit ' +
      'code is the exit code of this command.',
    examples: [
      'atmos auth exec -i emergency-user -- terraform plan',
      'atmos auth exec -i emergency-user -- aws sts get-caller-identity',
      'atmos auth exec --min-validity 45m --region eu-west-1 -- terraform apply',
    ],
    environment: [identityVariable, mfaVariable],
    exitCodes: [
      noSession,
      ['126', 'The program cannot be executed'],
      ['127', 'The program was not found'],
      ['128+n', 'Signal n terminated the program'],
      ['other', 'Exit code of the program'],
    ],
  },
  'atmos auth shell': {
    description:
      'The shell gets what atmos auth exec gives to a program, and ATMOS_SHLVL, the number of ' +
      'nested shells. It is a login shell, unless arguments for it follow after "--".',
    examples: [
      'atmos auth shell -i emergency-user',
      'atmos auth shell -i emergency-user --shell zsh',
      'atmos auth shell -i emergency-user -- --norc',
    ],
    environment: [identityVariable, mfaVariable],
    exitCodes: [
      noSession,
      ['127', 'The shell was not found'],
      ['128+n', 'Signal n terminated the shell'],
      ['other', 'Exit code of the shell'],
    ],
  },
  'atmos auth env': {
    description:
      'By default the commands select an AWS profile that runs atmos auth credential-process; ' +
      'they contain no secret. With --credentials env they contain the credentials.',
    examples: [
      'eval "$(atmos auth env -i emergency-user)"',
      'eval "$(atmos auth env -i emergency-user --login --region eu-west-1)"',
      'eval "$(atmos auth env --unset)"',
      'atmos auth env -i emergency-user -f fish | source',
      'atmos auth env -i emergency-user | Out-String | Invoke-Expression',
    ],
    environment: [identityVariable, mfaVariable],
  },
  'atmos auth init': {
    description:
      'Reads the profiles of the AWS CLI and adds identities and providers for them to the ' +
      'atmos.yaml that is found, or to ~/.atmos/atmos.yaml. It shows the change first, and ' +
      'lists what atmos.yaml cannot express. Access keys are never written.',
    examples: [
      'atmos auth init',
      'atmos auth init --yes --realm my-company',
      'atmos auth init --from colleague-config',
    ],
    environment: [
      ['AWS_CONFIG_FILE', 'File to read (default ~/.aws/config)'],
      ['AWS_SHARED_CREDENTIALS_FILE', 'Other file to read (default ~/.aws/credentials)'],
    ],
  },
  'atmos auth aws-config': {
    description:
      'Each profile runs atmos auth credential-process, so every program can use every ' +
      'identity without shell setup. One of --write, --remove and --print is required.',
    examples: [
      'atmos auth aws-config --write',
      'atmos auth aws-config --write --identities "dev-*" --prefix work-',
      'atmos auth aws-config --remove',
    ],
    environment: [['AWS_CONFIG_FILE', 'File to change (default ~/.aws/config)']],
  },
  'atmos auth credential-process': {
    description:
      'AWS SDKs run this command if an AWS profile names it in credential_process. It opens ' +
      'a session only if that needs no prompt, and stops after 50 seconds.',
    examples: ['atmos auth credential-process --identity emergency-user'],
    environment: [identityVariable, ['ATMOS_MFA_TOKEN', 'MFA code for a new session']],
    exitCodes: [
      ['0', 'The credentials were printed'],
      ['3', 'The keyring is locked, unavailable or damaged'],
      noSession,
    ],
  },
  'atmos auth log': {
    description:
      'Reads the file of auth.audit and the rotated ones, the oldest use first. Without -i it ' +
      'lists the uses of every identity, also of those that are no longer configured.',
    examples: ['atmos auth log --since 7d', 'atmos auth log -i emergency-user -o json'],
  },
  'atmos auth logout': {
    description:
      'Removes the sessions and tokens of one identity, or of all. With --provider and --all it ' +
      'also ends the sessions at portals. Access keys stay in the keyring unless --keychain is given.',
    examples: [
      'atmos auth logout emergency-user',
      'atmos auth logout --provider company',
      'atmos auth logout --all --dry-run',
      'atmos auth logout emergency-user --keychain',
    ],
    environment: [identityVariable],
  },
  'atmos auth validate': {
    description: 'Runs no command of the configuration and does not open the keyring.',
    examples: ['atmos auth validate', 'atmos auth validate --output json'],
    exitCodes: [
      ['0', 'The configuration is valid'],
      ['2', 'The configuration has an error'],
    ],
  },
  'atmos auth trust': {
    description:
      'Shows the files of this project and what they may run, send or write, then prompts. ' +
      'A changed file must be trusted again.',
    examples: ['atmos auth trust', 'atmos auth trust --list', 'atmos auth trust --revoke ~/infra'],
    environment: [['ATMOS_AUTH_TRUST', 'Set to 1 to trust the configuration without a review']],
  },
};
