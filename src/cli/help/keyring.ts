import type { HelpDetails, Row } from './format.ts';

const typeVariable: Row = ['ATMOS_KEYRING_TYPE', 'Type of the keyring {system|file|memory|vault}'];

const passwordFileVariable: Row = [
  'ATMOS_KEYRING_PASSWORD_FILE',
  'File that holds the password of the file keyring',
];

const archivePassphraseVariable: Row = [
  'ATMOS_KEYRING_ARCHIVE_PASSPHRASE',
  'Passphrase of the archive, at least 8 bytes',
];

/** A public key of age does not fit into the width of the help. */
const reader = '"$(cat ben.pub)"';

/** For `atmos auth keyring` and its commands. */
export const keyringDetails: Readonly<Record<string, HelpDetails>> = {
  'atmos auth keyring': {
    description:
      'The keyring stores access keys and sessions: in the keyring of the operating system, ' +
      'in an encrypted directory (file), on a server that a team shares (vault), or in memory.',
    examples: ['atmos auth keyring status', 'atmos auth keyring doctor'],
    environment: [typeVariable, passwordFileVariable],
  },
  'atmos auth keyring status': {
    description: 'Never prompts and never unlocks the keyring.',
    examples: ['atmos auth keyring status', 'atmos auth keyring status --output json'],
    environment: [typeVariable],
    exitCodes: [
      ['0', 'The keyring is ready or locked'],
      ['3', 'The keyring is unavailable'],
    ],
  },
  'atmos auth keyring list': {
    description: 'Entry names are not secret: without --long, no password is needed.',
    examples: ['atmos auth keyring list', 'atmos auth keyring list --long'],
    exitCodes: [
      ['0', 'Success'],
      ['3', 'The keyring is unavailable, or an entry could not be decrypted'],
    ],
  },
  'atmos auth keyring unlock': {
    description:
      'Other commands then need no password for 8 hours, or until the keyring has been idle ' +
      'for 1 hour. With a vault keyring that logs in, they share one login, whose token is ' +
      'renewed. The command is not available on Windows.',
    examples: [
      'atmos auth keyring unlock',
      'atmos auth keyring unlock --ttl 4h --idle 30m',
      'atmos auth keyring unlock --print-password --reveal',
    ],
    environment: [passwordFileVariable],
  },
  'atmos auth keyring lock': {
    description: 'Succeeds if no agent is running.',
    examples: ['atmos auth keyring lock'],
  },
  'atmos auth keyring doctor': {
    description:
      'Writes, reads and deletes a test entry, and checks permissions, passwords and the ' +
      'background process. Each problem is printed with a suggested fix. Also shows the endpoint, ' +
      'the proxy and the certificates of requests to AWS.',
    examples: [
      'atmos auth keyring doctor',
      'atmos auth keyring doctor --online',
      'atmos auth keyring doctor --output json',
    ],
    exitCodes: [
      ['0', 'No problem was found'],
      ['3', 'A problem was found'],
    ],
  },
  'atmos auth keyring rekey': {
    description:
      'Encrypts every entry with the new password, or none. An interrupted rekey is ' +
      'completed when the command runs again.',
    examples: [
      'atmos auth keyring rekey',
      'atmos auth keyring rekey --new-password-file /run/secrets/new-password',
      'atmos auth keyring rekey --upgrade',
    ],
    environment: [
      passwordFileVariable,
      ['ATMOS_KEYRING_NEW_PASSWORD_FILE', 'Used if --new-password-file is not given'],
    ],
  },
  'atmos auth keyring prune': {
    examples: ['atmos auth keyring prune', 'atmos auth keyring prune --dry-run'],
  },
  'atmos auth keyring adopt': {
    description:
      'A realm separates the entries of one project from those of other projects; by default it ' +
      'depends on the path of the configuration. Use this command after a checkout was ' +
      'moved. An entry with another value is never overwritten.',
    examples: [
      'atmos auth keyring adopt',
      'atmos auth keyring adopt emergency-user --from-realm 0a1b2c3d4e5f6071',
    ],
    exitCodes: [
      ['0', 'Every entry was copied or already exists'],
      ['1', 'An entry was not copied'],
    ],
  },
  'atmos auth keyring migrate': {
    description:
      'Each copy is read back. If the command is interrupted, run it again to continue. ' +
      'The source is not changed unless --delete-source is given.',
    examples: [
      'atmos auth keyring migrate --to file',
      'atmos auth keyring migrate --from file --to system --dry-run',
    ],
    exitCodes: [
      ['0', 'Every entry was copied or already exists'],
      ['1', 'An entry was not copied'],
    ],
  },
  'atmos auth keyring export': {
    description:
      'For a backup or another machine. The file must not exist. Open it with keyring import ' +
      '--from archive, or with the tool age.',
    examples: [
      'atmos auth keyring export ~/backup/keyring.age',
      `atmos auth keyring export keyring.age --recipient ${reader}`,
    ],
    environment: [archivePassphraseVariable],
  },
  'atmos auth keyring import': {
    description: 'Copies the keys to the configured keyring. Nothing is deleted in the source.',
    examples: [
      'atmos auth keyring import --from aws-credentials',
      'atmos auth keyring import --from aws-vault --map work=emergency-user',
      'atmos auth keyring import --from atmos-file --path /mnt/old/keyring',
      'atmos auth keyring import --from archive --path ~/backup/keyring.age',
    ],
    environment: [
      archivePassphraseVariable,
      ['ATMOS_KEYRING_IMPORT_PASSWORD', 'Password of the source'],
      ['AWS_VAULT_FILE_PASSPHRASE', 'Password of the file keyring of aws-vault'],
    ],
  },
  'atmos auth keyring recipients': {
    description:
      'The readers of a file keyring share a random secret, which is encrypted for the public ' +
      'key of each. They are stored in the keyring; auth.keyring.spec.recipients applies only ' +
      'when a keyring is created.',
    examples: [`atmos auth keyring recipients list`, `atmos auth keyring recipients add ${reader}`],
  },
  'atmos auth keyring recipients list': {
    examples: [
      'atmos auth keyring recipients list',
      'atmos auth keyring recipients list --output json',
    ],
  },
  'atmos auth keyring recipients add': {
    description: 'The new reader runs keyring recipients accept once. The secret does not change.',
    examples: [`atmos auth keyring recipients add ${reader}`],
  },
  'atmos auth keyring recipients remove': {
    description:
      'Encrypts every entry that opens with a new secret, or none. The removed reader may have copies of ' +
      'earlier entries: also replace the access keys. Every other machine accepts the new ' +
      'secret once.',
    examples: [`atmos auth keyring recipients remove ${reader}`],
  },
  'atmos auth keyring recipients accept': {
    description:
      'Needed once on each machine, and after a reader was removed. Compare the fingerprint ' +
      'with that of another reader: a user who can write to the directory could have replaced ' +
      'the secret.',
    examples: [
      'atmos auth keyring recipients accept',
      'atmos auth keyring recipients accept --fingerprint "$FINGERPRINT"',
    ],
  },
};
