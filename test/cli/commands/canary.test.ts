import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { testPassword } from '../../support/file-keyring.ts';
import {
  codes,
  device,
  keyOnStdin,
  openDesk,
  storedKey,
  user,
  yamlOf,
  type Desk,
  type RunOptions,
} from './desk.ts';
import { person } from './person.ts';

/** The forms in which a secret can appear in a text. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Array.from(secret).toReversed().join(''),
  ];
}

/**
 * Runs commands and collects everything they expose: their output and the programs that they start.
 */
function watch(desk: Desk) {
  const seen: string[] = [];
  const spawn: Host['spawn'] = (program, args) => {
    seen.push([program, ...args].join(' '));
    return { ended: Promise.resolve({ exitCode: 0, signal: null }), kill: () => {} };
  };
  return {
    seen,
    async run(command: string, options: RunOptions = {}) {
      const result = await desk.run(command, { ...options, host: { spawn, ...options.host } });
      seen.push(result.stderr);
      return result;
    },
  };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
}

function expectNone(texts: readonly string[], secrets: readonly string[]): void {
  for (const form of secrets.flatMap(formsOf)) {
    expect(texts.filter((text) => text.includes(form))).toEqual([]);
  }
}

const refusedCode = '662607';

test('the main job exposes no secret, except where the secret is the output', async () => {
  const desk = await openDesk({ hasDevice: true });
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  const { run, seen } = watch(desk);

  const printed: string[] = [];
  for (const [command, options] of [
    ['auth user configure --stdin --verify', { input: keyOnStdin }],
    [`auth login --mfa-token ${refusedCode}`, { person: person(codes[0]) }],
    ['auth login --force', { env: { ATMOS_MFA_TOKEN: codes[1] } }],
    ['auth whoami', {}],
    ['auth whoami -o json', {}],
    ['auth exec -- terraform plan', {}],
    ['auth env', {}],
    ['auth env -f github -o github-env', {}],
    ['auth keyring status -o json', {}],
    ['auth keyring list --long -o json', {}],
  ] as const) {
    const { exitCode, stdout } = await run(command, options);
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
    printed.push(stdout);
  }
  const product = await run('auth credential-process');
  const { SecretAccessKey = '', SessionToken = '' } = JSON.parse(product.stdout) as Record<
    string,
    string
  >;
  const products = [product.stdout, (await run('auth env --credentials env')).stdout];
  printed.push((await run('auth logout --all --keychain --force -o json')).stdout);

  const files = [join(desk.root, 'state'), desk.project].flatMap(filesBelow);
  expect(files.length).toBeGreaterThan(5);
  const texts = [...printed, ...seen, ...files.map((file) => readFileSync(file, 'utf8'))];
  const kept = [user.secretAccessKey, testPassword, refusedCode, ...codes];
  expectNone(texts, [...kept, SecretAccessKey, SessionToken]);
  // The output may be the session, but never the access key that opened it.
  expectNone(products, kept);
});

test('an error exposes no secret', async () => {
  const desk = await openDesk({ entries: storedKey, hasDevice: true });
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  const { run, seen } = watch(desk);
  const { secretAccessKey: secret } = user;
  const echo = {
    code: 'AccessDenied',
    message: `no: ${secret} ${refusedCode} ${encodeURIComponent(secret)}`,
  };

  for (const [command, options] of [
    ['auth user configure --stdin', { input: secret }],
    ['auth user configure --stdin', { input: JSON.stringify({ access_key_id: secret }) }],
    [
      'auth user configure --stdin',
      {
        input: JSON.stringify({
          access_key_id: secret,
          secret_access_key: secret,
          mfa_arn: secret,
          session_duration: secret,
        }),
      },
    ],
    ['auth user configure', { person: person(secret, user.accessKeyId, `${secret} `) }],
    [`auth user configure --stdin --mfa-arn ${secret}`, {}],
    [`auth user configure --stdin --session-duration ${secret}`, {}],
    ['auth login', { env: { ATMOS_KEYRING_PASSWORD: 'correct horse' } }],
    ['auth login', { env: { ATMOS_KEYRING_TYPE: 'system' } }],
    ['auth login', { env: { ATMOS_MFA_TOKEN: 'ninety' } }],
    [`auth login --mfa-token ${refusedCode}`, {}],
    [`auth exec --mfa-token ${refusedCode} -- x`, {}],
    ['auth credential-process', { env: { ATMOS_MFA_TOKEN: refusedCode } }],
  ] as const) {
    desk.sts.script({ fail: echo });
    const { exitCode, stdout } = await run(command, options);
    expect({ command, failed: exitCode > 0, stdout }).toEqual({
      command,
      failed: true,
      stdout: '',
    });
  }
  expectNone(
    [...seen, ...filesBelow(join(desk.root, 'state')).map((file) => readFileSync(file, 'utf8'))],
    [secret, testPassword, 'correct horse', refusedCode, 'ninety'],
  );
});
