// The initial states that several scenarios share.
import { CompactEncrypt } from 'jose';
import { accessKey, password } from './secrets.mjs';

/** @import { Scene } from './record.mjs' */

/** The file keyring, from the project. */
export const keyringPath = '../.local/share/atmos/keyring';
/** As written by Atmos and aws-vault before 2026: fast key derivation, reported as weak. */
const weakRounds = 8192;

/**
 * An atmos.yaml with one identity. `identity` and `more` are lines of YAML, for the identity and
 * for the end of the file.
 *
 * @param {Scene} scene
 * @param {{ keyring?: string, identity?: string, more?: string }} [parts]
 */
export function configOf({ machine }, { keyring = 'type: file', identity = '', more = '' } = {}) {
  return `auth:
  realm: golden
  keyring:
${indented(keyring, 4)}
  identities:
    emergency-user:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${machine.sts.url}
${indented(identity === '' ? '' : `${identity.trimEnd()}\n`, 6)}${more}`;
}

/** The same for an identity whose access key is in two variables, with the memory keyring. */
export const memory = { keyring: 'type: memory', identity: keyFromVariables() };
export const keyVariables = {
  GOLDEN_KEY_ID: accessKey.accessKeyId,
  GOLDEN_SECRET: accessKey.secretAccessKey,
};

/** @param {{ accessKeyId: string, secretAccessKey: string }} key */
export function keyOnStdin({ accessKeyId, secretAccessKey }) {
  return JSON.stringify({ access_key_id: accessKeyId, secret_access_key: secretAccessKey });
}

/**
 * A project whose user has stored the access key in the file keyring.
 *
 * @param {Scene} scene
 * @param {Parameters<typeof configOf>[1]} [parts]
 */
export async function startWithKey(scene, parts) {
  scene.write('atmos.yaml', configOf(scene, parts));
  await scene.atmos('auth user configure --stdin', { input: keyOnStdin(accessKey) });
}

/**
 * An entry of the file keyring as another tool writes it.
 *
 * @param {Scene} scene
 * @param {string} path of a directory, from the project
 * @param {string} key
 * @param {string} value
 * @param {string} [secret] the password
 */
export async function writeEntry({ writeSecret }, path, key, value, secret = password) {
  const item = JSON.stringify({ Key: key, Data: Buffer.from(value).toString('base64') });
  const token = await new CompactEncrypt(Buffer.from(item))
    .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
    .setKeyManagementParameters({ p2c: weakRounds })
    .encrypt(Buffer.from(secret));
  const name = key.replaceAll('%', '%25').replaceAll('/', '%2F');
  writeSecret(`${path}/${name}`, token, 0o600);
}

/**
 * The value of an entry that contains an access key.
 *
 * @param {{ accessKeyId: string, secretAccessKey: string }} key
 */
export function entryValue({ accessKeyId, secretAccessKey }) {
  const data = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return JSON.stringify({ type: 'aws', data });
}

function keyFromVariables() {
  return `credentials:
  region: eu-central-1
  access_key_id: !env GOLDEN_KEY_ID
  secret_access_key: !env GOLDEN_SECRET
`;
}

/**
 * @param {string} lines
 * @param {number} by
 */
function indented(lines, by) {
  return lines.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}
