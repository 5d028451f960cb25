import { expect, test } from 'vitest';
import { createRedaction, formatEntry } from '../../../src/cli/log/format.ts';
import type { Log } from '../../../src/core/log-events.ts';
import type { Host } from '../../../src/host/host.ts';
import { testStart } from '../../support/fake-host.ts';
import { codes, device, openDesk, storedKey, yamlOf, type Desk } from '../commands/desk.ts';

/** Runs a command, and returns its log lines about the session, without their beginnings. */
async function told(
  desk: Desk,
  command: string,
  options: Parameters<Desk['run']>[1] = {},
): Promise<string[]> {
  const lines: string[] = [];
  const log: Log = (event, fields) => {
    const redact = createRedaction(desk.env);
    const line = formatEntry({ at: testStart, event, fields }, { processId: 1, redact });
    lines.push(line.replace(/^\S+ \w+ (\S+) pid=1/, '$1').trimEnd());
  };
  await desk.run(command, { ...options, host: { monotonicMs: () => 0, log, ...options.host } });
  return lines.filter((line) => !/^(config|profile|realm|identity|keyring)\./.test(line));
}

const keyRead = 'store.read identity=dev item=key found=true';

test('a login logs what it found, what it requested and the result', async () => {
  const desk = await openDesk({ entries: storedKey, hasDevice: true });
  desk.configure(yamlOf(desk, { identity: `credentials:\n  mfa_arn: ${device}` }));
  const ended = new Date(testStart.getTime() + 12 * 60 * 60 * 1000).toISOString();
  expect(await told(desk, `auth login --mfa-token ${codes[0]}`)).toEqual([
    'store.read identity=dev item=session found=false',
    'session.needed identity=dev because=absent',
    keyRead,
    'store.read identity=dev item=session found=false',
    `mfa.asked device=${device} is_retry=false of=given`,
    'aws.answered action=GetSessionToken region=us-east-1 attempt=1 duration_ms=0',
    `session.opened identity=dev region=us-east-1 expires_at=${ended} clock_offset_ms=0`,
    'store.written identity=dev item=session',
    keyRead,
  ]);
  expect(await told(desk, 'auth login')).toEqual([
    'store.read identity=dev item=session found=true',
    `session.found identity=dev expires_at=${ended}`,
  ]);
  expect(await told(desk, 'auth login --force')).toContain(
    'session.needed identity=dev because=forced',
  );
  desk.clock.now = new Date(testStart.getTime() + (11 * 60 + 46) * 60 * 1000);
  expect(await told(desk, 'auth login')).toContain('session.needed identity=dev because=short');
  expect(await told(desk, 'auth logout dev --keychain --force')).toEqual(
    expect.arrayContaining([
      'store.removed identity=dev item=session',
      'store.removed identity=dev item=key',
    ]),
  );
});

test('a refusal of AWS is logged without its message', async () => {
  const desk = await openDesk({ entries: storedKey });
  const fail = { code: 'InvalidClientTokenId', message: 'canary', status: 403 };
  desk.sts.script({ fail });
  const lines = await told(desk, 'auth login');
  expect(lines.slice(-2)).toEqual([
    'aws.failed action=GetSessionToken region=us-east-1 attempt=1 outcome=given_up duration_ms=0',
    'key.refused identity=dev',
  ]);
  expect(lines.join('\n')).not.toContain('canary');
});

test('a program is logged by its name, never with its arguments', async () => {
  const desk = await openDesk({ entries: storedKey });
  const spawn: Host['spawn'] = () => ({
    ended: Promise.resolve({ exitCode: null, signal: 'SIGTERM' }),
    kill: () => {},
  });
  const lines = await told(desk, 'auth exec -- terraform plan -var=canary', { host: { spawn } });
  expect(lines.slice(-2)).toEqual([
    'program.started program=terraform',
    'program.ended exit_code=143 signal=SIGTERM duration_ms=0',
  ]);
  expect(lines.join('\n')).not.toContain('canary');
});
