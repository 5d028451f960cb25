import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRoot } from '../support/privilege.ts';
import { startSts } from '../support/sts-server.mjs';
import { makeDirectory, openHomeMachine, unknownUser } from './home.ts';
import {
  accessKey,
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  password,
  sessionCalls,
  type Machine,
} from './machine.ts';

const limitMs = 120_000;

/** The words of the `credential_process` that `auth env` writes, as a program runs them. */
async function processOf(machine: Machine, env = {}): Promise<string[]> {
  const { exitCode, stdout, stderr } = await machine.atmos('auth env -f json', { env });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const file = readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8');
  return /^credential_process = (.*)$/m.exec(file)?.[1]?.split(' ') ?? [];
}

describe('the profile of "auth env" works', { timeout: limitMs }, () => {
  test.each<[string, (machine: Machine) => Record<string, string | undefined>]>([
    ['without HOME', () => ({ HOME: undefined })],
    ['with a HOME that does not exist (nix)', () => ({ HOME: '/homeless-shelter' })],
    ['with another HOME (bazel)', ({ root }) => ({ HOME: join(root, 'other') })],
    ['with another XDG_STATE_HOME', ({ root }) => ({ XDG_STATE_HOME: join(root, 'other') })],
  ])('%s, and uses the same locks and sessions', async (_, changed) => {
    const machine = await openConfiguredMachine();
    mkdirSync(join(machine.root, 'other'), { mode: 0o700 });
    const [node = '', ...words] = await processOf(machine);
    expect(words.at(-1)).toMatch(
      new RegExp(`^${machine.home}/\\.local/state/atmos/handles/[a-z]{22}\\.json$`),
    );
    const options = { directory: '/', env: changed(machine) };
    for (let times = 0; times < 2; times++) {
      const answer = await machine.run(node, words, options);
      expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(answer.stdout)).toMatchObject({ Version: 1 });
    }
    expect(sessionCalls(machine)).toHaveLength(1);
    expect(readdirSync(join(machine.home, '.local/state/atmos')).sort()).toEqual([
      'handles',
      'locks',
    ]);
    expect(readdirSync(join(machine.root, 'other'))).toEqual([]);
    expect(existsSync('/homeless-shelter')).toBe(false);
  });

  test('with another HOME, uses its original home only for trust', async () => {
    const machine = await openMachine();
    const secret = join(machine.project, 'secret');
    writeFileSync(secret, `${password}\n`, { mode: 0o600 });
    const command = (file: string) => `type: file\nspec:\n  password_command: cat ${file}`;
    machine.writeConfig(configOf(machine, { keyring: command(secret) }));
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect(await machine.atmos('auth trust --yes', { env })).toMatchObject({ exitCode: 0 });
    const stored = await machine.atmos('auth user configure --stdin', { env, input: keyOnStdin });
    expect(stored).toMatchObject({ exitCode: 0 });
    const [node = '', ...words] = await processOf(machine, env);
    const options = { directory: '/', env: { ...env, HOME: '/homeless-shelter' } };
    expect(await machine.run(node, words, options)).toMatchObject({ exitCode: 0 });
    // A handle does not make an untrusted project trusted.
    machine.writeConfig(configOf(machine, { keyring: command('./x') }));
    const refused = await machine.run(node, words, options);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('is not trusted: it runs the password command cat ./x');
  });
});

test.skipIf(!isRoot)(
  'root does not trust the handle of a user (as root: it needs a user)',
  { timeout: limitMs },
  async () => {
    const user = { ...accessKey, account: '123456789012', userName: 'emergency' };
    const sts = await startSts({ keys: [user] });
    onTestFinished(() => sts.close());
    const machine = openHomeMachine(unknownUser, configOf({ sts }));
    const home = join(machine.root, 'home');
    makeDirectory(home, unknownUser, 0o700);
    const env = { HOME: home, ATMOS_KEYRING_PASSWORD: password };
    const { exitCode } = await machine.run('auth env', { userId: unknownUser, env });
    expect(exitCode).toBe(0);
    const handles = join(home, '.local/state/atmos/handles');
    const [file = ''] = readdirSync(handles).filter((name) => name.endsWith('.json'));
    const before = machine.paths();
    const words = `auth credential-process --handle ${join(handles, file)}`;
    const { stderr, ...refused } = await machine.run(words, { userId: 0, env });
    expect(refused).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(
      `error: the handle "${join(handles, file)}" is not used: ${home} belongs to user ${unknownUser}, who could replace it\n`,
    );
    expect(machine.paths()).toEqual(before);
  },
);
