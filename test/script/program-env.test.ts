import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configOf, openConfiguredMachine, sessionCalls, type Machine } from './machine.ts';
import { storedIn } from './stored.ts';

/**
 * Variables that a hostile repository would set to run its own code or to use foreign credentials.
 */
const hostile = {
  LD_PRELOAD: '$/evil.so',
  LD_AUDIT: '$/evil.so',
  NODE_OPTIONS: '--require $/evil.cjs',
  BASH_ENV: '$/evil.sh',
  ENV: '$/evil.sh',
  PROMPT_COMMAND: '$/evil.sh',
  PYTHONPATH: '$',
  PERL5OPT: '-M$/evil',
  RUBYOPT: '-r$/evil',
  GIT_SSH_COMMAND: '$/evil.sh',
  AWS_PAGER: '$/evil.sh',
  EDITOR: '$/evil.sh',
  TF_CLI_CONFIG_FILE: '$/evil.tfrc',
  AWS_ACCESS_KEY_ID: 'AKIAI44QH8DHBEXAMPLE',
  AWS_PROFILE: 'evil',
  AWS_CONFIG_FILE: '$/evil-config',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
  ATMOS_KEYRING_PASSWORD: 'evil',
  ATMOS_AUTH_TRUST: '1',
  ATMOS_MFA_TOKEN: '000000',
  CREDENTIALS_DIRECTORY: '$',
};

/**
 * A machine whose project sets all of them, at the top level and in its identity, and contains the
 * code.
 */
async function openHostileProject(harmless: Readonly<Record<string, string>> = {}) {
  const machine = await openConfiguredMachine();
  const { project } = machine;
  const marker = join(project, 'was-run');
  for (const name of ['evil.sh', 'evil.cjs', 'evil.so']) {
    const text =
      name === 'evil.cjs' ? `require('fs').writeFileSync('${marker}', '')` : `touch '${marker}'`;
    writeFileSync(join(project, name), `${text}\n`, { mode: 0o755 });
  }
  const said = Object.entries({ ...hostile, ...harmless }).map(
    ([name, value]) => [name, value.replaceAll('$', project)] as const,
  );
  const list = said.map(([key, value]) => `  - ${JSON.stringify({ key, value })}`).join('\n');
  const map = said.map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`).join('\n');
  machine.writeConfig(`${configOf(machine, { identity: `env:\n${list}` })}env:\n${map}\n`);
  return machine;
}

/** The names whose hostile value is in the environment. */
function arrived(env: Readonly<Record<string, unknown>>, { project }: Machine): string[] {
  return Object.entries(hostile)
    .filter(([name, value]) => env[name] === value.replaceAll('$', project))
    .map(([name]) => name);
}

test.each([
  ['env', []],
  ['process', []],
  ['env', ['-i', 'off']],
])('a program gets none of a hostile env: mode %s, %j', async (mode, options) => {
  const machine = await openHostileProject({ TF_VAR_harmless: 'here' });
  const password = join(machine.home, 'password');
  writeFileSync(password, machine.env['ATMOS_KEYRING_PASSWORD'] ?? '', { mode: 0o600 });
  const print = 'console.log(JSON.stringify(process.env))';
  const command = [
    'auth',
    'exec',
    '--credentials',
    mode,
    ...options,
    '--',
    process.execPath,
    '-e',
    print,
  ];
  const result = await machine.atmos(command, { env: { ATMOS_KEYRING_PASSWORD_FILE: password } });
  expect(result).toMatchObject({ exitCode: 0 });
  const env = JSON.parse(result.stdout) as Record<string, unknown>;
  expect(env).toMatchObject({ TF_VAR_harmless: 'here' });
  expect(arrived(env, machine)).toEqual([]);
  expect(result.stderr).toContain('warning: programs do not get ');
  for (const name of Object.keys(hostile)) expect(result.stderr).toContain(`env.${name} (`);
  expect(Object.keys(storedIn(machine))).not.toContain('project/was-run');
});

test('a program that a shell runs gets none of it, although shells have loader variables of their own', async () => {
  const machine = await openHostileProject();
  const { exitCode, stdout } = await machine.atmos(['auth', 'exec', '--', 'sh', '-c', 'env']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^AWS_ACCESS_KEY_ID=ASIA/m);
  expect(stdout).not.toContain('evil');
  expect(Object.keys(storedIn(machine))).not.toContain('project/was-run');
});

test.each(['bash', 'fish', 'powershell', 'dotenv', 'env', 'json', 'github'])(
  'a shell evaluates none of it: %s',
  async (format) => {
    const machine = await openHostileProject({ TF_VAR_harmless: 'here' });
    const file = join(machine.home, 'out');
    const { exitCode, stdout } = await machine.atmos(`auth env -f ${format} -o ${file}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('TF_VAR_harmless');
    expect(text).not.toMatch(/evil|AKIAI44QH8DHBEXAMPLE|000000/);
  },
);

test('a shell evaluates a value exactly, whatever characters it has', async () => {
  const machine = await openConfiguredMachine();
  const value = `it's "$(touch '${machine.project}/was-run')" \`id\` $HOME;\n# two lines \\`;
  const env = `env: [${JSON.stringify({ key: 'TF_VAR_value', value })}]`;
  machine.writeConfig(configOf(machine, { identity: env }));
  const { stdout } = await machine.atmos('auth env');
  const shown = await machine.run('sh', [
    '-c',
    'eval "$1"; printf %s "$TF_VAR_value"',
    'sh',
    stdout,
  ]);
  expect(shown).toEqual({ exitCode: 0, stdout: value, stderr: '' });
  expect(Object.keys(storedIn(machine))).not.toContain('project/was-run');
});

test.each([
  ['PATH', './bin'],
  ['HTTPS_PROXY', 'http://127.0.0.1:1'],
  ['AWS_ENDPOINT_URL', 'http://127.0.0.1:1', ', and sends signed requests and tokens there'],
  ['AWS_CA_BUNDLE', './ca.pem'],
  ['ATMOS_CONFIG', './other.yaml'],
])('%s needs trust, and nothing runs or prompts before', async (name, value, also = '') => {
  const machine = await openConfiguredMachine();
  mkdirSync(join(machine.project, 'bin'));
  writeFileSync(join(machine.project, 'bin/program'), '#!/bin/sh\ntouch was-run\n', {
    mode: 0o755,
  });
  machine.writeConfig(`${configOf(machine)}env: { ${name}: '${value}' }\n`);
  const result = await machine.atmos('auth exec -- program');
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).toContain(
    `is not trusted: it sets ${name} to "${value}" for programs${also} (set by env.${name} (`,
  );
  expect(sessionCalls(machine)).toEqual([]);
  expect(Object.keys(storedIn(machine))).not.toContain('project/was-run');

  const trusted = { env: { ATMOS_AUTH_TRUST: '1' } };
  const print = ['-p', `process.env.${name}`];
  const { stdout } = await machine.atmos(
    ['auth', 'exec', '--', process.execPath, ...print],
    trusted,
  );
  expect(stdout).toBe(`${value}\n`);
});
