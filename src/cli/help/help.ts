// Loaded only for help, so that no other command loads its texts.
import { formatPath, type Path } from '../parse/words.ts';
import { authDetails } from './auth.ts';
import { formatHelp, type HelpDetails } from './format.ts';
import { keyringDetails } from './keyring.ts';

/** The help of a command or of a group. */
export function helpText(path: Path): string {
  return formatHelp(path, helpDetails[formatPath(path)] ?? { examples: [] });
}

/** By command, as it is typed. */
export const helpDetails: Readonly<Record<string, HelpDetails>> = {
  atmos: {
    description:
      'A command that is not listed here is passed to the next atmos on PATH. Standard ' +
      'output is for programs; prompts and messages use the terminal and standard error.',
    examples: [
      'atmos auth user configure --identity emergency-user',
      'atmos auth exec --identity emergency-user -- terraform plan',
    ],
    exitCodes: [
      ['0', 'Success'],
      ['1', 'Failure: network, AWS, disk, or any other error'],
      ['2', 'Invalid command line or configuration, or a prompt without a terminal'],
      ['3', 'The keyring is locked, unavailable or damaged'],
      ['4', 'No valid session, or the access key is missing or refused'],
      ['130', 'Canceled by the user'],
    ],
    showsGlobalOptions: true,
  },
  'atmos completion': {
    description:
      'Add the line for your shell to its start-up file. Print the script again after an ' +
      'update of atmos.',
    examples: [
      'eval "$(atmos completion bash)"     # in ~/.bashrc',
      'source <(atmos completion zsh)      # in ~/.zshrc, after compinit',
      'atmos completion fish | source      # in ~/.config/fish/config.fish',
      'atmos completion powershell | Out-String | Invoke-Expression  # in $PROFILE',
    ],
  },
  'atmos version': { examples: ['atmos version', 'atmos version --output json'] },
  'atmos profile': {
    examples: ['atmos profile list', 'atmos profile show ci'],
    environment: [['ATMOS_PROFILE', 'Profiles to use if --profile is not given']],
  },
  'atmos profile list': {
    examples: ['atmos profile list', 'atmos profile list --output json'],
  },
  'atmos profile show': {
    examples: ['atmos profile show ci', 'atmos profile show ci --output yaml'],
    exitCodes: [
      ['0', 'Success'],
      ['2', 'The profile does not exist'],
    ],
  },
  ...authDetails,
  ...keyringDetails,
};
