import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  accessKey,
  keyOnStdin,
  openMachine,
  sessionCalls,
  type Machine,
  type RunOptions,
} from './machine.ts';
import { storedIn } from './stored.ts';

const example = fileURLToPath(new URL('../../examples/profiles', import.meta.url));

/** A machine with the project of the example, whose profiles choose the keyring. */
async function openExample(): Promise<Machine> {
  const machine = await openMachine();
  cpSync(example, machine.project, { recursive: true });
  const text = readFileSync(join(example, 'atmos.yaml'), 'utf8');
  const endpoint = `kind: aws/user\n      spec: { endpoint_url: '${machine.sts.url}' }`;
  machine.writeConfig(text.replace('kind: aws/user', endpoint));
  return machine;
}

const inCi = { DEPLOY_KEY_ID: accessKey.accessKeyId, DEPLOY_SECRET: accessKey.secretAccessKey };

async function statusOf(machine: Machine, command = '', options: RunOptions = {}) {
  const words = ['auth', 'keyring', 'status', '-o', 'json', ...command.split(' ').filter(Boolean)];
  const { stdout } = await machine.atmos(words, options);
  const { type, source } = JSON.parse(stdout) as Record<string, unknown>;
  return { type, source };
}

/** The files in the home directory, except the project, locks and records of logins. */
function namesStored(machine: Machine): string[] {
  return Object.keys(storedIn(machine)).filter((name) => !/^(project|\.local$)/.test(name));
}

test('a laptop and CI use different keyrings in the same project, and status names the line that chose it', async () => {
  const machine = await openExample();
  const chosenIn = (profile: string) =>
    `auth.keyring.type (${machine.project}/profiles/${profile}/auth.yaml:3:11)`;
  const laptop = { type: 'system', source: chosenIn('laptop') };
  const ci = { type: 'memory', source: chosenIn('ci') };

  expect(await statusOf(machine)).toEqual(laptop);
  expect(await statusOf(machine, '--profile ci')).toEqual(ci);
  expect(await statusOf(machine, '', { env: { ATMOS_PROFILE: 'ci' } })).toEqual(ci);
  expect(await statusOf(machine, '--profile laptop', { env: { ATMOS_PROFILE: 'ci' } })).toEqual(
    laptop,
  );
  expect(await statusOf(machine, '--profile laptop,ci')).toEqual(ci);
  expect(await statusOf(machine, '--profile ci,laptop')).toEqual(laptop);

  const { stderr } = await machine.atmos('auth keyring status --profile ci');
  expect(stderr).toMatch(/^ {2}Keyring +memory /m);
  expect(stderr).toContain(`memory (${ci.source.replace(machine.home, '~')})`);
});

test('CI stores nothing, and a laptop without its keyring does not use that of CI', async () => {
  const machine = await openExample();
  const env = { ...inCi, ATMOS_PROFILE: 'ci', CI: 'true' };
  const print = 'echo "${AWS_ACCESS_KEY_ID%????????????????}"';
  const session = await machine.atmos(['auth', 'exec', '--', 'sh', '-c', print], { env });
  expect(session).toEqual({ exitCode: 0, stdout: 'ASIA\n', stderr: '' });
  expect(sessionCalls(machine)).toHaveLength(1);
  expect(namesStored(machine)).toEqual([]);

  const refused = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(namesStored(machine)).toEqual([]);
});

test('a profile from another directory that chooses a keyring directory is named with it', async () => {
  const machine = await openExample();
  const { home } = machine;
  const server = join(home, '.config/atmos/profiles/server');
  const file = join(server, 'auth.yaml');
  mkdirSync(server, { recursive: true });
  writeFileSync(file, 'auth:\n  keyring:\n    type: file\n    spec: { path: ./keyring }\n');
  const { stdout } = await machine.atmos('auth keyring status --profile server -o json');
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'file',
    source: `auth.keyring.type (${file}:3:11)`,
    location: join(server, 'keyring'),
    location_source: `auth.keyring.spec.path (${file}:4:19)`,
  });
});
