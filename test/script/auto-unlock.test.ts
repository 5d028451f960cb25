import { describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openPty, type PtySession } from '../support/pty.ts';
import { configOf, openConfiguredMachine, password, type Machine } from './machine.ts';

const limitMs = 60_000;
const listed = 'auth keyring list --long -o json';

/** Runs a command in a terminal and types the password of the keyring. */
async function typePassword(machine: Machine, command: string, typed = password) {
  const { ATMOS_KEYRING_PASSWORD: _, ...env } = machine.env;
  const session = openPty(process.execPath, [builtCli(), ...command.split(' ')], {
    env: { ...env, TERM: 'xterm' },
    cwd: machine.project,
  });
  await session.waitFor('Password of the keyring');
  session.type(`${typed}\r`);
  return session;
}

/** The terminal's text without cursor movements and colors, with wrapped lines joined. */
function textOf(session: PtySession): string {
  // oxlint-disable-next-line no-control-regex
  return session.shown().replaceAll(/\u001b\[[?\d;]*[A-Za-z]/g, '');
}

async function withConfig(spec: string, isTrusted = true): Promise<Machine> {
  const machine = await openConfiguredMachine();
  machine.writeConfig(configOf(machine, { keyring: `type: file\nspec:\n  auto_unlock: ${spec}` }));
  if (isTrusted) machine.env['ATMOS_AUTH_TRUST'] = '1';
  onTestFinished(() => void machine.atmos('auth keyring lock').catch(() => {}));
  return machine;
}

const isUnlocked = async (machine: Machine) => {
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  return (await machine.atmos('auth credential-process', { env })).exitCode === 0;
};

describe('after the password was typed', { timeout: limitMs }, () => {
  test.each(['auth login', 'auth whoami', listed])(
    'one hint names the command that avoids further prompts: %s',
    async (command) => {
      const machine = await openConfiguredMachine();
      const session = await typePassword(machine, command);
      await session.ended;
      expect(textOf(session).match(/hint: atmos auth keyring unlock/g)).toHaveLength(1);
      expect(await isUnlocked(machine)).toBe(false);
    },
  );

  test('a password that does not open the keyring gets no such hint', async () => {
    const machine = await openConfiguredMachine();
    const session = await typePassword(machine, 'auth login', 'not the password');
    await session.waitFor('does not open the keyring');
    // The next prompt reads what is typed now.
    await session.waitFor('Password of the keyring');
    session.type('\u0003');
    await session.ended;
    expect(textOf(session)).not.toContain('atmos auth keyring unlock');
  });

  test('no agent is suggested when ATMOS_KEYRING_AGENT disables it', async () => {
    const machine = await withConfig('8h');
    machine.env['ATMOS_KEYRING_AGENT'] = 'off';
    const session = await typePassword(machine, 'auth login');
    await session.waitFor('Logged in as');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(textOf(session)).not.toMatch(/unlock/);
  });

  test('auto_unlock keeps the keyring unlocked for every command, for the configured time', async () => {
    const machine = await withConfig('30m');
    const session = await typePassword(machine, 'auth login');
    await session.waitFor('unlocked the keyring');
    await session.waitFor('Logged in as');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(textOf(session)).not.toContain('hint:');

    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect(await isUnlocked(machine)).toBe(true);
    const status = await machine.atmos('auth keyring status -o json', { env });
    const { agent } = JSON.parse(status.stdout) as { agent: { expires_at: string } };
    const leftMs = new Date(agent.expires_at).getTime() - Date.now();
    expect(leftMs).toBeGreaterThan(20 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(30 * 60_000);
    expect(await machine.atmos('auth keyring lock', { env })).toMatchObject({ exitCode: 0 });
    expect(await isUnlocked(machine)).toBe(false);
  });

  test('an untrusted project cannot set auto_unlock: it gets a warning and starts no agent', async () => {
    const machine = await withConfig('24h', false);
    const session = await typePassword(machine, 'auth login');
    await session.waitFor('is not unlocked for other commands');
    await session.waitFor('Logged in as');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(textOf(session)).toContain('hint: atmos auth trust');
    expect(textOf(session)).toContain(
      `is not trusted: it keeps the keyring unlocked in the background for 24h 0m after its password is typed (set by auth.keyring.spec.auto_unlock (${machine.project}/atmos.yaml:6:20))`,
    );
    expect(await isUnlocked(machine)).toBe(false);

    expect(await machine.atmos('auth trust --yes')).toMatchObject({ exitCode: 0 });
    const again = await typePassword(machine, 'auth whoami');
    await again.waitFor('unlocked the keyring');
    await again.ended;
    expect(await isUnlocked(machine)).toBe(true);
  });
});

test.each([
  ['9x', 'is not a duration'],
  ['25h', 'is longer than 24h'],
  ['0', 'is not a duration'],
])('auto_unlock: %s is an error with its position, also in validate', async (value, why) => {
  const machine = await withConfig(value);
  const place = `${machine.project}/atmos.yaml:6:20`;
  const login = await machine.atmos('auth login');
  expect(login.exitCode).toBe(2);
  expect(login.stderr).toContain(
    `error: auth.keyring.spec.auto_unlock (${place}) "${value}" ${why}`,
  );
  const validated = await machine.atmos('auth validate');
  expect(validated.exitCode).toBe(2);
  expect(validated.stderr).toMatch(
    new RegExp(`error: auth\\.keyring\\.spec\\.auto_unlock \\(\\S+atmos\\.yaml:6:20\\) .*${why}`),
  );
});
