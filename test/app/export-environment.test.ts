import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findLocked,
  foreseen,
  processChange,
  sessionChange,
} from '../../src/app/export-environment.ts';
import { planAuth, type ProjectPlan } from '../../src/auth/plan.ts';
import { findIdentity } from '../../src/config/find-identity.ts';
import { awsCredentials } from '../../src/core/credentials.ts';
import { unlockHints } from '../../src/core/hint.ts';
import type { Spec } from '../../src/core/keyring-spec.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import type { Host } from '../../src/host/host.ts';
import type { KeyringSettings } from '../../src/keyring/contract.ts';
import { projectOf } from '../config/project.ts';
import { fakeHost } from '../support/fake-host.ts';

const yaml = (credentials = '') =>
  `auth:\n  realm: r\n  identities:\n    dev:\n      kind: aws/user\n${credentials}`;
const withRegion = '      credentials:\n        region: eu-central-1\n';

async function openProject(text: string) {
  const project = projectOf(text);
  const host = {
    ...project.host({ XDG_STATE_HOME: join(project.directory, 'state') }),
    nodePath: '/usr/bin/node',
    scriptPath: '/opt/atmos auth/main.cjs',
  };
  const config = await project.load();
  return { host, plan: { ...planAuth(config, host), config }, dev: findIdentity(config, 'dev') };
}

const cannotStand =
  'the path of this program cannot be written in an AWS file, so it is tried otherwise';

/** The change for mode `process`, and the warnings. */
async function exported(plan: ProjectPlan, identity: Identity, host: Host) {
  const warnings: string[] = [];
  const warn = async (message: string) => void warnings.push(message);
  const openSession = () => Promise.reject(new TypeError('mode process opens no session'));
  const change = await processChange(
    { plan, identity, mode: 'process', known: await foreseen(plan.config, identity, host) },
    host.env,
    'it is tried otherwise',
    {
      host,
      warn,
      openSession,
    },
  );
  return { change, warnings };
}

test('a profile is written once for the same plan, and again for another', async () => {
  const { host, plan, dev } = await openProject(yaml(withRegion));
  const { change } = await exported(plan, dev, host);
  expect(change?.set).toMatchObject({ AWS_PROFILE: 'dev', AWS_REGION: 'eu-central-1' });
  const text = readFileSync(change?.set['AWS_CONFIG_FILE'] ?? '', 'utf8');
  expect(text).toMatch(
    /^\[profile dev\]\ncredential_process = \/usr\/bin\/node "\/opt\/atmos auth\/main\.cjs" auth credential-process --handle \S+\/handles\/[a-z]{22}\.json\nregion = eu-central-1\n$/,
  );
  expect(readFileSync(change?.set['AWS_SHARED_CREDENTIALS_FILE'] ?? '', 'utf8')).toBe('');

  expect((await exported(plan, dev, host)).change).toEqual(change);
  const { change: other } = await exported(
    { ...plan, realm: { value: 'q', source: 'x' } },
    dev,
    host,
  );
  expect(other?.set['AWS_CONFIG_FILE']).not.toBe(change?.set['AWS_CONFIG_FILE']);
});

test('a path that its readers would parse differently has no profile', async () => {
  const { host, plan, dev } = await openProject(yaml());
  for (const scriptPath of ['/opt/$x/main.cjs', '/opt/100%/main.cjs', '/opt/a"b/main.cjs']) {
    expect(await exported(plan, dev, { ...host, scriptPath })).toEqual({
      change: undefined,
      warnings: [cannotStand],
    });
  }
});

test.each([
  [
    'C:\\Program Files\\nodejs\\node.exe',
    'C:\\PROGRA~1\\nodejs\\node.exe',
    'C:\\PROGRA~1\\nodejs\\node.exe C:\\npm\\main.cjs auth credential-process --handle ',
  ],
  // On a disk without short names.
  ['D:\\my tools\\node.exe', 'D:\\my tools\\node.exe', undefined],
])('on Windows %s is written with its short name, if it has one', async (nodePath, short, line) => {
  const { host, plan, dev } = await openProject(yaml());
  const { change } = await exported(plan, dev, {
    ...host,
    platform: 'win32',
    nodePath,
    scriptPath: 'C:\\npm\\main.cjs',
    shortPath: async (path) => (path === nodePath ? short : path),
  });
  const file = change?.set['AWS_CONFIG_FILE'];
  const text = file === undefined ? undefined : readFileSync(file, 'utf8');
  expect(/^credential_process = (.* )/m.exec(text ?? '')?.[1]).toBe(line);
});

test.each([
  ['the configured one', yaml(withRegion), 'eu-central-1'],
  ['missing if none is configured', yaml(), undefined],
])('the region is %s', async (_, text, region) => {
  const { dev, plan } = await openProject(text);
  const credentials = Object.assign(
    awsCredentials({ accessKeyId: 'ASIA', secretAccessKey: 'x', sessionToken: 'y' }),
    { expiresAt: new Date('2026-01-01T12:00:00Z') },
  );
  const result = {
    session: { credentials, clockOffsetMs: 0, limits: [] },
    region: 'us-east-1',
    wasOpened: true,
  };
  const { set } = await sessionChange(
    { identity: dev, known: await foreseen(plan.config, dev, fakeHost()) },
    { openSession: async () => result },
  );
  expect(set['AWS_REGION']).toBe(region);
});

test('finds the keyring that a program cannot open', async () => {
  const some = { value: 'x', source: 'x' };
  const variable = { value: 'P', source: 'x' };
  const settings = (type: string, more: Spec = {}): KeyringSettings => ({
    type: { value: type, source: 'x' },
    spec: { path: { value: '/k', source: 'x' }, password_env: variable, ...more },
  });
  const find = (keyring: KeyringSettings, env = {}, getsVariables = false) =>
    findLocked(keyring, fakeHost({ env, platform: 'linux' }), { getsVariables });
  const locked = { variable, hints: unlockHints(true) };
  expect(await find(settings('file'))).toMatchObject(locked);
  expect(await find(settings('file', { password_file: some }))).toBeUndefined();
  expect(await find(settings('file', { password_command: some }))).toBeUndefined();
  expect(await find(settings('file'), { P: 'secret' })).toMatchObject(locked);
  expect(await find(settings('file'), { P: 'secret' }, true)).toBeUndefined();
  expect(await find(settings('system'))).toBeUndefined();
  const fallback = { value: ['file'], source: 'somewhere' };
  expect(await find({ ...settings('system'), fallback })).toMatchObject(locked);
  const windows = fakeHost({ platform: 'win32' });
  expect(await findLocked(settings('file'), windows, { getsVariables: false })).toMatchObject({
    hints: unlockHints(false),
  });
});
