// The comparable commands of other programs, if they are on PATH. Each gets a home directory in
// which its credentials are already stored.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../../scripts/peer-tools.mjs';
import { userConfig } from './configurations.mjs';
import { timesOf } from './measure.mjs';
import { storeAndLogIn, writeFiles } from './project.mjs';
import { accessKey } from './stand-ins.mjs';

/**
 * @import { Bench } from '../startup.mjs'
 * @import { Candidate } from './measure.mjs'
 *
 * @typedef {object} Peer
 * @property {string} command
 * @property {readonly string[]} versionArgs
 * @property {RegExp} version of a program that has the command
 * @property {(place: Place) => Promise<Record<string, string>>} prepare stores its credentials and
 *   returns its variables
 *
 * @typedef {{ home: string, program: string, bench: Bench }} Place the program is the peer's
 */

/** @type {readonly Peer[]} */
const peers = [
  {
    command: 'atmos auth env',
    versionArgs: ['version'],
    // Ours has the name atmos-auth.
    version: /^(?![^]*atmos-auth)[^]*\b(\d+\.\d+\.\d+)/,
    prepare: prepareAtmos,
  },
  {
    command: 'aws-vault export --no-session --format=json bench',
    versionArgs: ['--version'],
    version: /v?(\d+\.\d+\.\d+)/,
    prepare: prepareAwsVault,
  },
  {
    command: 'gh auth token',
    versionArgs: ['--version'],
    version: /^gh version (\S+)/,
    prepare: prepareGh,
  },
  {
    command: 'aws configure export-credentials --profile bench',
    versionArgs: ['--version'],
    // Version 1 has no such command.
    version: /^aws-cli\/(2\S+)/,
    prepare: prepareAws,
  },
];

const maxVersionMs = 20_000;

/**
 * @param {Bench} bench
 * @returns {Promise<Candidate[]>} each has run once
 */
export async function otherPrograms(bench) {
  const candidates = [];
  for (const peer of peers) {
    const found = find(peer);
    if (found === undefined) bench.skip(peer.command, 'not on PATH');
    else candidates.push(...(await openPeer(peer, found, bench)));
  }
  return candidates;
}

/**
 * @param {Peer} peer
 * @param {{ program: string, version: string }} found
 * @param {Bench} bench
 * @returns {Promise<Candidate[]>} empty if it fails
 */
async function openPeer({ command, prepare }, { program, version }, bench) {
  const [name = '', ...args] = command.split(' ');
  const home = join(bench.directory, `peer-${name}`);
  mkdirSync(home, { mode: 0o700 });
  try {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      ...(await prepare({ home, program, bench })),
    };
    const candidate = { name: `${command} (${version})`, program, args, cwd: home, env };
    timesOf(candidate);
    return [candidate];
  } catch (error) {
    bench.skip(command, error instanceof Error ? error.message : String(error));
    return [];
  }
}

/** @param {Peer} peer */
function find({ command, versionArgs, version }) {
  const [name = ''] = command.split(' ');
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const program of folders.map((folder) => join(folder, name)).filter(isExecutable)) {
    const { stdout, stderr } = spawnSync(program, versionArgs, {
      encoding: 'utf8',
      timeout: maxVersionMs,
    });
    const [, found] = version.exec(`${stdout}${stderr}`) ?? [];
    if (found !== undefined) return { program, version: found };
  }
  return undefined;
}

/**
 * Atmos finds the session that our program wrote to its plain files.
 *
 * @param {Place} place
 */
async function prepareAtmos({ home, bench: { program, standIns, path } }) {
  const password = { ATMOS_KEYRING_PASSWORD: 'a test password' };
  const project = { program, directory: home, env: { PATH: path, HOME: home, ...password } };
  const config = userConfig(standIns, 'file').replace('auth:\n', 'auth:\n  session_files: true\n');
  writeFiles(project, { 'atmos.yaml': config });
  await storeAndLogIn(project);
  const offline = { ATMOS_VERSION_CHECK_ENABLED: 'false', ATMOS_TELEMETRY_ENABLED: 'false' };
  return { ...password, ...offline };
}

/**
 * Its keyring is a directory of encrypted files as well.
 *
 * @param {Place} place
 */
async function prepareAwsVault({ home, program }) {
  const variables = {
    AWS_CONFIG_FILE: join(home, 'aws-config'),
    AWS_VAULT_BACKEND: 'file',
    AWS_VAULT_FILE_DIR: join(home, 'keys'),
    AWS_VAULT_FILE_PASSPHRASE: 'a test password',
  };
  const key = {
    AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
  };
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, ...variables, ...key };
  const args = ['add', '--env', 'bench'];
  timesOf({ name: 'aws-vault add', program, args, cwd: home, env });
  return variables;
}

/** @param {Place} place */
async function prepareGh({ home }) {
  const token = 'oauth_token: gho_EXAMPLE';
  const hosts = `github.com:
    user: bench
    ${token}
    users:
        bench:
            ${token}
`;
  writeFileSync(join(home, 'hosts.yml'), hosts, { mode: 0o600 });
  writeFileSync(join(home, 'config.yml'), 'version: "1"\n');
  return { GH_CONFIG_DIR: home, GH_NO_UPDATE_NOTIFIER: '1' };
}

/** @param {Place} place */
async function prepareAws({ home }) {
  const credentials = `[bench]
aws_access_key_id = ${accessKey.accessKeyId}
aws_secret_access_key = ${accessKey.secretAccessKey}
`;
  const file = join(home, 'credentials');
  writeFileSync(file, credentials, { mode: 0o600 });
  return { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(home, 'config') };
}
