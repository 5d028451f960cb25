import { describe, expect, test } from 'vitest';
import {
  configOf,
  openConfiguredMachine,
  sessionCalls,
  type Machine,
  type MachineOptions,
} from './machine.ts';
import { expectRefusal, type Refusal } from './stored.ts';

const hourMs = 60 * 60 * 1000;

/**
 * Every command that needs a session is refused in the same way. The stored entries and the report
 * of whoami stay the same.
 */
async function expectNoSession(machine: Machine, refusal: Refusal): Promise<void> {
  for (const command of [
    'auth login',
    'auth exec -- true',
    'auth credential-process',
    'auth env --credentials env',
  ]) {
    await expectRefusal(machine, command, {}, refusal);
  }
}

describe('a wrong clock', () => {
  const withServerClock = (clockOffsetMs: number): MachineOptions => ({ sts: { clockOffsetMs } });

  test('by days is reported with both times', async () => {
    const machine = await openConfiguredMachine(withServerClock(-48 * hourMs));
    await expectNoSession(machine, {
      exitCode: 1,
      message: new RegExp(
        '^error: no session for identity emergency-user: the clock of this machine is (48h 0m|47h 59m) ahead of that of AWS ' +
          String.raw`\(here \d{4}-\d\d-\d\dT[\d:.]+Z, there \d{4}-\d\d-\d\dT[\d:.]+Z\)$`,
      ),
      hints: ['sudo timedatectl set-ntp true', 'in WSL: sudo hwclock --hctosys'],
    });
  });

  test('by hours is corrected, and the session lasts as long as AWS says', async () => {
    const machine = await openConfiguredMachine(withServerClock(-3 * hourMs));
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    expect(await machine.atmos('auth whoami')).toMatchObject({ exitCode: 0 });
    expect(await machine.atmos('auth exec -- true')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    // AWS refused the first request because of its time. It was sent again with AWS's time.
    expect(sessionCalls(machine)).toHaveLength(2);
  });
});

describe('a missing network', () => {
  test('is reported with the address', async () => {
    const machine = await openConfiguredMachine();
    const { url } = machine.sts;
    await machine.sts.close();
    await expectNoSession(machine, {
      exitCode: 1,
      message: `no session for identity emergency-user: cannot reach ${url}: connection refused (ECONNREFUSED)`,
      hints: [`curl -i ${url}/`],
    });
  });

  test('has no effect while a session is stored, and whoami reports what it could not check', async () => {
    const machine = await openConfiguredMachine();
    await machine.atmos('auth login');
    await machine.sts.close();
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    expect(await machine.atmos('auth exec -- true')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    const whoami = await machine.atmos('auth whoami -o json');
    expect(whoami).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(whoami.stdout)).toMatchObject({
      principal: null,
      account: null,
      valid: null,
      reason: `not checked with AWS: cannot reach ${machine.sts.url}: connection refused (ECONNREFUSED)`,
    });
  });
});

describe('an endpoint', () => {
  test('that returns HTML is reported as such, without the HTML', async () => {
    const machine = await openConfiguredMachine();
    machine.sts.script({ html: true, times: 100 });
    await expectNoSession(machine, {
      exitCode: 1,
      message: `no session for identity emergency-user: ${machine.sts.url} does not answer like AWS STS: status 200, text/html, not its XML`,
      hints: [
        `curl -i ${machine.sts.url}/`,
        'check spec.endpoint_url of the identity, and whether a proxy or a sign-in page is in between',
      ],
    });
  });

  test('that is not a URL is refused with its position', async () => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(configOf(machine).replace('http:', 'htp:'));
    await expectRefusal(
      machine,
      'auth login',
      {},
      {
        exitCode: 2,
        message: `spec.endpoint_url of identity emergency-user (${machine.project}/atmos.yaml:10:23) is not an http or https URL without user and password`,
      },
    );
  });
});

test('an access key that AWS refuses stays stored, and whoami reports since when', async () => {
  const machine = await openConfiguredMachine();
  machine.sts.script({
    fail: {
      code: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
    },
  });
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 4,
      message:
        'no session for identity emergency-user: AWS does not know the access key AKIA…MPLE: it was deleted or deactivated, or is of another partition',
      hints: ['atmos auth user configure --identity emergency-user'],
    },
  );
  const whoami = await machine.atmos('auth whoami -o json');
  expect(whoami.exitCode).toBe(4);
  expect(JSON.parse(whoami.stdout)).toMatchObject({
    valid: false,
    key_refused_at: expect.stringMatching(/Z$/),
  });

  const retry = await machine.atmos('auth login');
  expect(retry).toMatchObject({ exitCode: 0, stdout: '' });
  expect(retry.stderr).toMatch(
    /^warning: AWS refused the access key of identity emergency-user at .*; trying it again\n/,
  );
  const { stdout } = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(stdout)).toMatchObject({ valid: true, key_refused_at: null });
});
