import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import type { KeyFileImporter, KeyringImporter } from '../key-contract.ts';
import { readAwsKeys, readAwsProfile, vaultDevices } from './shared-files.ts';
import { sharedPaths } from './shared-paths.ts';

const fileTitle = 'the AWS file';

/** The long-lived keys in the shared files of the AWS CLI. */
export const awsFiles: KeyFileImporter = {
  fileTitle,
  files: sharedPaths,
  keys: readAwsKeys,
  key: readAwsProfile,
};

// aws-vault stores everything in one keyring of 99designs: a long-lived key under the name of its
// profile, as the JSON of the AWS SDK's credentials; sessions and SSO tokens under names of these
// forms.
const namesOfSessions = [
  /^[^,]+,[^,]+,[^,]*,\d+$/, // type, profile and MFA device in base64, expiry
  /^session:[^ ]+:[^ ]*:[^:]+$/,
  /^.+ session \(\d+\)$/,
  /^oidc:/,
];

/** The long-lived keys in the keyring of aws-vault. The MFA devices are in the AWS config file. */
export const awsVault: KeyringImporter = {
  fileTitle,
  isKey: (entry) => !namesOfSessions.some((form) => form.test(entry)),
  mfaDevices: vaultDevices,
  parse: parseVaultEntry,
};

function parseVaultEntry(
  entry: string,
  mfaDevice: string | undefined,
): ReturnType<KeyringImporter['parse']> {
  const value = parseJson(entry);
  if (!isObject(value)) return { problem: 'it is not a JSON object' };
  const { AccessKeyID: id, SecretAccessKey: secret, SessionToken: token } = value;
  if (token !== undefined && token !== '')
    return { problem: 'it contains a session, which expires' };
  if (typeof id !== 'string' || typeof secret !== 'string' || id === '' || secret === '') {
    return { problem: 'its AccessKeyID or SecretAccessKey is missing' };
  }
  const device = withoutAbsent({ mfa_arn: mfaDevice });
  return { values: { access_key_id: id, secret_access_key: secret, ...device } };
}
