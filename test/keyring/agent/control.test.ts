import { chmodSync, chownSync, existsSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../../src/core/hint.ts';
import { KeyringError } from '../../../src/core/errors.ts';
import { createAgentControl } from '../../../src/keyring/agent/control.ts';
import { encodeFrame, readFrames } from '../../../src/keyring/agent/protocol.ts';
import {
  formatOutcome,
  parseStartMessage,
  type Outcome,
} from '../../../src/keyring/agent/start-message.ts';
import { fileStarter } from '../../../src/keyring/file/agent-backend.ts';
import { fileSubject } from '../../../src/keyring/file/agent-client.ts';
import { errorOf } from '../../support/error-of.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { asStranger, isRoot, strangerId } from '../../support/privilege.ts';
import { seedKeyring } from '../file/seed.ts';
import { agentSite, anHour, serve, tryServe, type AgentSite } from './agent-place.ts';

const control = createAgentControl(fileSubject, async () => fileStarter);

async function seededSite(): Promise<AgentSite> {
  return agentSite(await seedKeyring({ key: 'value' }));
}

/** A fake agent with another protocol version. */
async function pretendVersion(site: AgentSite, version: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void (async () => {
      const { value } = await readFrames(socket).next();
      const greeting = JSON.parse(String(value));
      socket.write(encodeFrame({ ...greeting, 'atmos-agent': version }));
    })().catch(() => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(site.place.socket, resolve);
  });
  chmodSync(site.place.socket, 0o600);
  onTestFinished(() => void server.close());
}

/** A fake host that starts no program, and records the requests to start one. */
function starter(outcome: Outcome | string, serveIt?: () => Promise<unknown>) {
  const started: { program: string; args: readonly string[]; env: object; password: string }[] = [];
  const inputs: Buffer[] = [];
  return {
    started,
    inputs,
    host: {
      nodePath: '/usr/bin/node',
      scriptPath: '/opt/atmos/main.cjs',
      async startDetached(
        program: string,
        args: readonly string[],
        { env, input }: { env: object; input: Buffer },
      ) {
        const { secret } = parseStartMessage(Buffer.from(input));
        started.push({ program, args, env, password: secret.toString() });
        inputs.push(input);
        await serveIt?.();
        const said = typeof outcome === 'string' ? outcome : formatOutcome(outcome);
        return { said, timedOut: false };
      },
    },
  };
}

describe('unlocking', () => {
  test('starts a program that gets only the password, on a pipe, and overwrites it', async () => {
    const site = await seededSite();
    const { host, started, inputs } = starter({ kind: 'started' }, () => serve(site));
    const context = site.context({ password: testPassword, host });
    const result = await control.unlock(context, anHour);
    expect(result).toMatchObject({ isRenewed: false, isNew: false, socket: site.place.socket });
    expect(started).toEqual([
      {
        program: '/usr/bin/node',
        args: [
          '--max-semi-space-size=1',
          '--max-old-space-size=64',
          '/opt/atmos/main.cjs',
          '__keyring-agent',
        ],
        env: {},
        password: testPassword,
      },
    ]);
    expect(inputs.every((input) => input.every((byte) => byte === 0))).toBe(true);
  });

  test('uses the agent that another process started at the same time', async () => {
    const site = await seededSite();
    const { host } = starter({ kind: 'taken' }, () => tryServe(site));
    const context = site.context({ password: testPassword, host });
    expect(await control.unlock(context, anHour)).toMatchObject({ isRenewed: true });
  });

  test('reports why the agent did not start', async () => {
    const site = await seededSite();
    const error = new KeyringError('ERR_KEYRING_IO', 'cannot listen', {
      hints: [run(['df', '-h'])],
    });
    const failing = starter({ kind: 'failed', error });
    const context = site.context({ password: testPassword, host: failing.host });
    expect(await errorOf(control.unlock(context, anHour))).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message: 'cannot listen',
      hints: ['df -h'],
    });
    for (const said of ['', 'null', '{"kind":"failed","error":{}}', 'Segmentation fault']) {
      const dying = site.context({ password: testPassword, host: starter(said).host });
      expect(await errorOf(control.unlock(dying, anHour))).toMatchObject({
        code: 'ERR_KEYRING_IO',
        message: 'the unlock agent exited immediately',
      });
    }
    const slow = { startDetached: async () => ({ said: '', timedOut: true }) };
    const waiting = site.context({ password: testPassword, host: slow });
    expect(await errorOf(control.unlock(waiting, anHour))).toMatchObject({
      code: 'ERR_KEYRING_TIMEOUT',
      message: 'the unlock agent was not ready within 30 seconds',
    });
  });

  test('fails while another file has the name of the socket', async () => {
    const site = await seededSite();
    writeFileSync(site.place.socket, 'not ours to remove', { mode: 0o644 });
    chmodSync(site.place.socket, 0o644);
    for (const attempt of [control.unlock(site.context(), anHour), control.lock(site.context())]) {
      expect(await errorOf(attempt)).toMatchObject({
        code: 'ERR_KEYRING_PERMISSIONS',
        message: `the unlock agent of the keyring ${site.directory} cannot be used: ${site.place.socket} is open to other users`,
        hints: [`ls -ld ${site.place.socket}`],
      });
    }
    expect(existsSync(site.place.socket)).toBe(true);
  });
});

describe('an agent of another version', () => {
  test('is not renewed, and lock removes its socket', async () => {
    const site = await seededSite();
    await pretendVersion(site, 1);
    expect(await control.look(site.context())).toMatchObject({
      kind: 'unusable',
      reason: 'it uses protocol version 1, this atmos-auth uses version 2',
    });
    expect(await errorOf(control.unlock(site.context(), anHour))).toMatchObject({
      code: 'ERR_KEYRING_VERSION',
      hints: ['atmos auth keyring lock'],
    });
    expect(await control.lock(site.context())).toMatchObject({ kind: 'cut-off' });
    expect(existsSync(site.place.socket)).toBe(false);
  });
});

test.skipIf(!isRoot)(
  'status, unlock and lock reject a process of another user, whose socket root gave away (as root)',
  async () => {
    const site = await seededSite();
    // The system records the user who started to listen.
    chownSync(site.place.directory, strangerId, strangerId);
    for (
      let path = dirname(site.place.directory);
      path !== realpathSync(tmpdir());
      path = dirname(path)
    )
      chmodSync(path, 0o711);
    await asStranger(() => pretendVersion(site, 2));
    chownSync(site.place.socket, 0, 0);
    chownSync(site.place.directory, 0, 0);
    const reason = `user ${strangerId} listens on ${site.place.socket}`;
    expect(await control.look(site.context())).toMatchObject({ kind: 'unusable', reason });
    for (const attempt of [
      () => control.unlock(site.context(), anHour),
      () => control.lock(site.context()),
    ]) {
      expect(await errorOf(attempt())).toMatchObject({
        code: 'ERR_KEYRING_PERMISSIONS',
        message: `the unlock agent of the keyring ${site.directory} cannot be used: ${reason}`,
        hints: [`ls -ld ${site.place.socket}`],
      });
    }
    expect(existsSync(site.place.socket)).toBe(true);
  },
);

test('is reported, and can be locked once', async () => {
  const site = await seededSite();
  expect(await control.look(site.context())).toEqual({ kind: 'none' });
  await serve(site);
  expect(await control.look(site.context())).toMatchObject({ kind: 'unlocked' });
  const off = site.context({ host: { env: { ATMOS_KEYRING_AGENT: 'off' } } });
  expect(await control.look(off)).toEqual({ kind: 'off' });
  expect(await control.lock(site.context())).toMatchObject({ kind: 'locked' });
  expect(await control.lock(site.context())).toEqual({ kind: 'none' });
});

test('there is no agent on a system without suitable sockets', async () => {
  const site = await seededSite();
  const context = site.context({ host: { platform: 'win32' } });
  for (const attempt of [control.unlock(context, anHour), control.lock(context)]) {
    expect(await errorOf(attempt)).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message:
        'the unlock agent does not run on Windows: sockets there do not report the user of the other process',
      hints: ['export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>'],
    });
  }
  expect(await control.look(context)).toEqual({ kind: 'impossible' });
});
