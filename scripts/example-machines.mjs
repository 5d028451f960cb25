// The machines on which the examples run, for scripts/example.mjs and the golden transcripts.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ home: string, project: string }} Place
 * @typedef {object} Machine what an example finds besides the program and its own files
 * @property {string} identity the one that its atmos.yaml has
 * @property {readonly RegExp[]} shows
 * @property {(place: Place) => Record<string, string>} [env]
 * @property {boolean} [hasDesktop]
 *
 * @typedef {{ accessKeyId: string, secretAccessKey: string }} Key
 */

/**
 * Every example, by its name.
 *
 * @param {{ key: Key, password: string, mfaCode: string }} secrets
 * @returns {Readonly<Record<string, Machine>>}
 */
export function createExamples({ key, password, mfaCode }) {
  const keyAsVariables = { DEPLOY_KEY_ID: key.accessKeyId, DEPLOY_SECRET: key.secretAccessKey };
  return {
    laptop: {
      identity: 'emergency-user',
      hasDesktop: true,
      env: () => ({ MFA_CODE: mfaCode }),
      shows: [
        /Logged in as /,
        /^in eu-central-1 with the key ASIA…$/m,
        /^AWS_PROFILE is emergency-user$/m,
      ],
    },
    server: {
      identity: 'deploy',
      shows: [/^in eu-central-1 with the key ASIA…$/m, /^ *Keyring +file /m, /^error: .*terminal/m],
    },
    container: {
      identity: 'service',
      env: ({ home, project }) => {
        const secret = join(home, 'keyring-password');
        writeFileSync(secret, `${password}\n`, { mode: 0o600 });
        return {
          ATMOS_KEYRING_FILE_PATH: join(home, 'volume/keyring'),
          ATMOS_KEYRING_PASSWORD_FILE: secret,
          ACCESS_KEY_FILE: join(project, 'access-key.json'),
        };
      },
      shows: [/^AWS_PROFILE is service$/m, /^no password$/m, /^\{"Version":1,"AccessKeyId":"ASIA/m],
    },
    ci: {
      identity: 'deploy',
      env: ({ home }) => ({ ...keyAsVariables, CI: 'true', GITHUB_ENV: join(home, 'github-env') }),
      shows: [
        /^in eu-central-1, automated: true$/m,
        /^::add-mask::/m,
        /^AWS_SESSION_TOKEN$/m,
        /^no entries/m,
      ],
    },
    profiles: {
      identity: 'deploy',
      env: () => keyAsVariables,
      shows: [
        /^ *Keyring +system \(auth\.keyring\.type \(.*\/profiles\/laptop\/auth\.yaml:3:11\)\)$/m,
        /^ *Keyring +memory \(auth\.keyring\.type \(.*\/profiles\/ci\/auth\.yaml:3:11\)\)$/m,
        /^in eu-central-1 with the key ASIA…$/m,
      ],
    },
  };
}

/** @param {string} example */
export function exampleFolder(example) {
  return fileURLToPath(new URL(`../examples/${example}`, import.meta.url));
}

/**
 * Writes the example's files with the access key into the project, and into the home directory a
 * configuration with the address of the stand-in for AWS STS, which the example's own files do not
 * contain.
 *
 * @param {string} example
 * @param {Place} place
 * @param {{ key: Key, identity: string, endpoint: string }} given
 */
export function prepareExample(example, { home, project }, { key, identity, endpoint }) {
  cpSync(exampleFolder(example), project, { recursive: true });
  writeFileSync(
    join(project, 'access-key.json'),
    JSON.stringify({ access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey }),
    { mode: 0o600 },
  );
  mkdirSync(join(home, '.atmos'), { recursive: true });
  writeFileSync(
    join(home, '.atmos/atmos.yaml'),
    JSON.stringify({ auth: { identities: { [identity]: { spec: { endpoint_url: endpoint } } } } }),
  );
}
