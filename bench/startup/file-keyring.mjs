// Commands with a file keyring, through its agent and with its password, and the chains of
// identities.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  composedFiles,
  manyIdentities,
  permissionSetConfig,
  roleConfig,
  userConfig,
} from './configurations.mjs';
import {
  atmos,
  command,
  credentialProcess,
  signIn,
  storeAndLogIn,
  writeFiles,
} from './project.mjs';
import { roleArn } from './stand-ins.mjs';

/**
 * @import { Bench } from '../startup.mjs'
 * @import { Candidate } from './measure.mjs'
 */

/** It protects nothing. */
const password = { ATMOS_KEYRING_PASSWORD: 'a test password' };

/** The rounds and the hash with which the file keyring derives its encryption key. */
const derivationScript =
  "require('node:crypto').pbkdf2Sync('password', 'salt', 600_000, 32, 'sha512')";

/**
 * Without an agent, with the password in the environment.
 *
 * @param {Bench} bench
 */
export async function withPassword(bench) {
  const { program, standIns } = bench;
  const { home, env } = createHome(bench, 'password');
  const projectIn = (/** @type {string} */ name) => ({
    program,
    directory: join(home, name),
    env: { ...env, ...password },
  });
  const project = projectIn('project');
  writeFiles(project, { 'atmos.yaml': userConfig(standIns, 'file') });
  await storeAndLogIn(project);
  const composed = projectIn('composed');
  writeFiles(composed, composedFiles(standIns, 'bench'));
  const tagged = projectIn('tagged');
  writeFiles(tagged, composedFiles(standIns, '!env REALM bench'));
  const many = projectIn('many');
  writeFiles(many, { 'atmos.yaml': manyIdentities() });
  const completion = ['__complete', '--', 'auth', 'env', '-i', 'account-19'];
  const envOfProfile = ['auth', 'env', '--profile', 'ci'];
  const derivation = keyDerivation(bench);
  return [
    command(project, 'env, no agent', ['auth', 'env'], { goal: 1.75 }),
    command(composed, 'env, no agent, two imports, a profile', envOfProfile),
    command(tagged, 'env, no agent, two imports, a profile, a tag', envOfProfile),
    command(many, 'completion, 2,000 identities', completion, { goal: 3.4 }),
    await credentialProcess(project, 'file less one key derivation', {
      goal: 1.5,
      less: derivation,
    }),
    derivation,
  ];
}

/**
 * With the agent, which stops at the end.
 *
 * @param {Bench} bench
 */
export async function withAgent(bench) {
  const { program, standIns } = bench;
  const { home, env } = createHome(bench, 'agent');
  const project = { program, directory: join(home, 'project'), env };
  writeFiles(project, { 'atmos.yaml': userConfig(standIns, 'file') });
  // Before the agent is started: an interrupted start may leave one.
  bench.add(async () => void (await atmos(project, ['auth', 'keyring', 'lock'])));
  const unlocking = { ...project, env: { ...env, ...password } };
  await atmos(unlocking, ['auth', 'keyring', 'unlock', '--ttl', '2h', '--idle', '2h']);
  await storeAndLogIn(project);
  return [
    command(project, 'env, agent', ['auth', 'env'], { goal: 1.75 }),
    await credentialProcess(project, 'agent', { goal: 1.5 }),
    await permissionSet(bench, home, env),
    await role(bench, home, env),
    command(project, 'exec -- true, agent', ['auth', 'exec', '--', 'true'], { goal: 2.2 }),
    command(project, 'whoami, agent', ['auth', 'whoami']),
    command(project, 'login, cached, agent', ['auth', 'login']),
  ];
}

/**
 * @param {Bench} bench
 * @param {string} home
 * @param {Record<string, string>} env
 */
async function permissionSet({ program, standIns }, home, env) {
  const endpoints = {
    AWS_ENDPOINT_URL_SSO: standIns.portalUrl,
    AWS_ENDPOINT_URL_SSO_OIDC: standIns.portalUrl,
    AWS_ENDPOINT_URL_STS: standIns.stsUrl,
  };
  const directory = join(home, 'permission-set');
  const project = { program, directory, env: { ...env, ...endpoints } };
  writeFiles(project, { 'atmos.yaml': permissionSetConfig(standIns) });
  await signIn(project);
  return credentialProcess(project, 'permission set, agent', { goal: 1.5 });
}

/**
 * @param {Bench} bench
 * @param {string} home
 * @param {Record<string, string>} env
 */
async function role({ program, standIns }, home, env) {
  const project = { program, directory: join(home, 'role'), env };
  writeFiles(project, { 'atmos.yaml': roleConfig(standIns, roleArn) });
  await atmos(project, ['auth', 'login']);
  return credentialProcess(project, 'role, agent', { goal: 1.5 });
}

/**
 * @param {Bench} bench
 * @param {string} name
 */
function createHome({ directory, path }, name) {
  const home = join(directory, name);
  mkdirSync(home, { mode: 0o700 });
  return { home, env: { PATH: path, HOME: home } };
}

/**
 * One key derivation in a program that does nothing else.
 *
 * @param {Bench} bench
 * @returns {Candidate}
 */
function keyDerivation({ directory, path }) {
  const args = ['-e', derivationScript];
  const place = { cwd: directory, env: { PATH: path, HOME: directory } };
  return { name: 'node -e, one key derivation', program: process.execPath, args, ...place };
}
