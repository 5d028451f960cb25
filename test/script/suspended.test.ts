import { expect, test } from 'vitest';
import { atTerminal } from './at-terminal.ts';
import { openCorp } from './corp.ts';

test(
  'a process that was suspended for longer than its session is valid does not give it, and the next one gets another',
  { timeout: 60_000 },
  async () => {
    const lifetimeMs = 5_000;
    const machine = await openCorp('flow: device', {
      isPreauthorized: true,
      lifetimes: { credentials: lifetimeMs / 1000 },
    });
    const { center } = machine;
    const signIn = atTerminal(machine, 'auth login --provider corp');
    expect(await signIn.ended).toMatchObject({ exitCode: 0 });

    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    center.script({ action: 'GetRoleCredentials', until });
    const suspended = atTerminal(machine, 'auth credential-process');
    await expect.poll(() => center.requests()['GetRoleCredentials'], { timeout: 15_000 }).toBe(1);
    process.kill(suspended.pid, 'SIGSTOP');
    const answered = center.answered('GetRoleCredentials');
    release();
    await answered;
    // The server tells its time in whole seconds.
    const endMs = Date.now() + lifetimeMs + 1000;
    await expect.poll(() => Date.now(), { timeout: 15_000 }).toBeGreaterThan(endMs);
    process.kill(suspended.pid, 'SIGCONT');
    await suspended.waitFor('the session of identity dev expired at ');
    expect(await suspended.ended).toMatchObject({ exitCode: 4 });
    expect(suspended.shown()).not.toContain('AccessKeyId');

    const next = await machine.atmos('auth credential-process');
    expect(next).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(next.stdout)).toMatchObject({
      AccessKeyId: expect.stringMatching(/^ASIA/),
    });
    expect(center.requests()).toMatchObject({ GetRoleCredentials: 2 });
  },
);
