import { chmodSync, chownSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAgentClientKeyring } from '../../../src/keyring/file/agent-client.ts';
import { encodeFrame, readFrames } from '../../../src/keyring/agent/protocol.ts';
import { openFileKeyring } from '../../../src/keyring/file/backend.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { isRoot, strangerId } from '../../support/privilege.ts';
import { seedKeyring } from './seed.ts';
import { agentSite, serve, type AgentSite } from '../agent/agent-place.ts';

/** How a fake agent handles data after the greeting. */
type Behavior = (socket: Socket) => unknown;

/** Starts a fake agent. By default it sends the greeting of a real one. */
async function pretend(
  site: AgentSite,
  behave: Behavior,
  greet: (socket: Socket, greeting: object) => unknown = (socket, greeting) =>
    socket.write(encodeFrame(greeting)),
): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void (async () => {
      const frames = readFrames(socket);
      const { value } = await frames.next();
      greet(socket, JSON.parse(String(value)));
      for await (const _ of frames) behave(socket);
    })().catch(() => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(site.place.socket, resolve);
  });
  chmodSync(site.place.socket, 0o600);
  onTestFinished(() => void server.close());
}

const answer = (reply: unknown) => (socket: Socket) =>
  socket.write(encodeFrame({ ...Object(reply) }));
const hangUp: Behavior = (socket) => void socket.destroy();
const sayNothing: Behavior = () => {};

/** Time limits and pauses pass immediately. */
const impatient = { host: { sleep: () => Promise.resolve() } };

async function seededSite(): Promise<AgentSite> {
  return agentSite(await seedKeyring({ key: 'value' }));
}

const passedOver = (site: AgentSite, why: string) =>
  new RegExp(
    `^the unlock agent of the keyring ${site.directory}( \\(process \\d+\\))? is not used: ${why}$`,
  );

test('without an agent the keyring is opened in this process, and an agent that starts later is used', async () => {
  const site = await seededSite();
  const keyring = site.open();
  expect(await errorOf(keyring.get('key'))).toMatchObject({
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
  });
  await serve(site);
  expect(await keyring.get('key')).toBe('value');
  expect(site.warnings).toEqual([]);
});

describe('ATMOS_KEYRING_AGENT', () => {
  test('off disables the agent', async () => {
    const site = await seededSite();
    await serve(site);
    const host = { env: { ...site.env, ATMOS_KEYRING_AGENT: 'off' } };
    expect(await errorOf(site.open({ host }).get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    for (const value of ['on', '']) {
      const asked = { env: { ...site.env, ATMOS_KEYRING_AGENT: value } };
      expect(await site.open({ host: asked }).get('key')).toBe('value');
    }
  });

  test('rejects any other value', async () => {
    const site = await agentSite();
    const context = site.context({ host: { env: { ATMOS_KEYRING_AGENT: 'of' } } });
    expect(
      thrownBy(() => createAgentClientKeyring(async () => openFileKeyring)(context)),
    ).toMatchObject({
      code: 'ERR_USAGE',
      message: 'ATMOS_KEYRING_AGENT is "of": expected on or off',
      hints: ['unset ATMOS_KEYRING_AGENT', 'export ATMOS_KEYRING_AGENT=off'],
    });
  });
});

describe('warns about an unusable agent and resolves the password:', () => {
  const lock = 'atmos auth keyring lock';
  const lookAt = (path: string) => `ls -ld ${path}`;

  async function expectPassedOver(site: AgentSite, why: string, hint = lock): Promise<void> {
    const keyring = site.open({ password: testPassword });
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.get('key')).toBe('value');
    expect(site.warnings).toEqual([expect.stringMatching(passedOver(site, why))]);
    expect(site.hints).toEqual([hint]);
  }

  test('an agent of another version', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing, (socket, greeting) =>
      answer({ ...greeting, 'atmos-agent': 1 })(socket),
    );
    await expectPassedOver(site, 'it uses protocol version 1, this atmos-auth uses version 2');
  });

  test('one of another directory', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing, (socket, greeting) =>
      answer({ ...greeting, directory: '1:1' })(socket),
    );
    await expectPassedOver(site, 'it serves another keyring');
  });

  test('one that says something else', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing, (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'));
    await expectPassedOver(site, 'it sent an invalid answer');
  });

  test('a socket or a socket directory that other users can access', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    chmodSync(site.place.socket, 0o660);
    await expectPassedOver(
      site,
      `${site.place.socket} is open to other users`,
      lookAt(site.place.socket),
    );
    const other = await seededSite();
    await pretend(other, sayNothing);
    chmodSync(other.place.directory, 0o750);
    await expectPassedOver(
      other,
      `${other.place.directory} is open to other users`,
      lookAt(other.place.directory),
    );
  });

  test('a regular file or a symbolic link to a socket', async () => {
    const site = await seededSite();
    writeFileSync(site.place.socket, '', { mode: 0o600 });
    await expectPassedOver(site, `${site.place.socket} is not a socket`, lookAt(site.place.socket));
    const linked = await seededSite();
    const target = await seededSite();
    await serve(target);
    symlinkSync(target.place.socket, linked.place.socket);
    await expectPassedOver(
      linked,
      `${linked.place.socket} is open to other users`,
      lookAt(linked.place.socket),
    );
  });

  test.skipIf(!isRoot)('a socket of another user (as root)', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    chownSync(site.place.socket, strangerId, strangerId);
    await expectPassedOver(
      site,
      `${site.place.socket} belongs to user ${strangerId}`,
      lookAt(site.place.socket),
    );
  });

  test('a socket below a directory that other users can write to', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    const parent = dirname(site.place.directory);
    chmodSync(parent, 0o770);
    await expectPassedOver(site, `other users can write to ${parent}`, lookAt(parent));
    chmodSync(parent, 0o700);
  });

  test.skipIf(!isRoot)('a socket below a directory of another user (as root)', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    const parent = dirname(site.place.directory);
    chownSync(parent, strangerId, strangerId);
    await expectPassedOver(site, `${parent} belongs to user ${strangerId}`, lookAt(parent));
  });

  test('one that does not answer', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing, () => {});
    const keyring = site.open({ password: testPassword, ...impatient });
    expect(await keyring.get('key')).toBe('value');
    expect(site.warnings).toEqual([
      expect.stringMatching(passedOver(site, 'it did not answer within 5 seconds')),
    ]);
  });
});

describe('an agent that fails at a request', () => {
  test.each([
    ['that exits', hangUp, []],
    ['that is stopping', answer({ leaving: true }), []],
    ['that sends an invalid answer', answer({ ok: 'yes' }), ['it sent an invalid answer']],
    ['that gives no value', answer({ ok: { value: 7 } }), ['it sent an invalid answer']],
    ['that gives no keys', answer({ ok: { keys: [1] } }), ['it sent an invalid answer']],
  ])('%s: this process reads instead', async (_, behave, warned) => {
    const site = await seededSite();
    await pretend(site, behave);
    const keyring = site.open({ password: testPassword });
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.keys()).toEqual(['key']);
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    expect(site.warnings).toEqual(
      warned.map((why) => expect.stringMatching(passedOver(site, why))),
    );
  });

  test('that does not answer: this process reads instead', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    let calls = 0;
    const sleep = (_: number, signal?: AbortSignal) => {
      calls += 1;
      // Waits for the greeting, but not for the answer.
      if (calls > 1) return Promise.resolve();
      return new Promise<void>((__, reject) => signal?.addEventListener('abort', reject));
    };
    const keyring = site.open({ password: testPassword, host: { sleep } });
    expect(await keyring.get('key')).toBe('value');
    expect(site.warnings).toEqual([
      expect.stringMatching(passedOver(site, 'it did not answer within 5 seconds')),
    ]);
  });

  test.each([
    ['exits', hangUp],
    ['is stopping', answer({ leaving: true })],
  ])('that %s: this process writes instead', async (_, behave) => {
    const site = await seededSite();
    await pretend(site, behave);
    await site.open({ password: testPassword }).set('key', 'new');
    rmSync(site.place.socket);
    expect(await site.open({ password: testPassword }).get('key')).toBe('new');
  });

  test('that is slow may still write: this process does not write', async () => {
    const site = await seededSite();
    await pretend(site, sayNothing);
    let calls = 0;
    const sleep = (_: number, signal?: AbortSignal) => {
      calls += 1;
      if (calls > 1) return Promise.resolve();
      return new Promise<void>((__, reject) => signal?.addEventListener('abort', reject));
    };
    for (const change of ['set', 'delete'] as const) {
      calls = 0;
      const keyring = site.open({ password: testPassword, host: { sleep } });
      const changing = change === 'set' ? keyring.set('key', 'new') : keyring.delete('key');
      expect(await errorOf(changing)).toMatchObject({
        code: 'ERR_KEYRING_TIMEOUT',
        message: expect.stringMatching(
          /received a change, and it did not answer within 40 seconds: the change may or may not be done$/,
        ),
        hints: [
          'atmos auth keyring lock',
          'to check whether the change is done: atmos auth keyring list',
        ],
      });
    }
    rmSync(site.place.socket);
    expect(await site.open({ password: testPassword }).get('key')).toBe('value');
  });

  test('that exits during a delete: reports that the outcome is unknown', async () => {
    const site = await seededSite();
    await pretend(site, hangUp);
    expect(await errorOf(site.open({ password: testPassword }).delete('key'))).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message: expect.stringMatching(
        /it exited before it answered: the change may or may not be done$/,
      ),
    });
  });

  test('that sends anything: the value is right or a KeyringError is thrown', async () => {
    const site = await seededSite();
    let reply: Buffer = Buffer.alloc(0);
    await pretend(site, (socket) => void socket.end(reply));
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map((value) => encodeFrame({ ok: value })),
      fc.jsonValue().map((value) => encodeFrame({ error: value })),
      fc.constant(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x7b])),
      fc.constant(encodeFrame({ ok: { value: 'dmFsdWU=' } }).subarray(0, -3)),
    );
    await fc.assert(
      fc.asyncProperty(frames, async (bytes) => {
        reply = bytes;
        expect(await site.open({ password: testPassword }).get('key')).toBe('value');
      }),
      { numRuns: 60 },
    );
  });
});

test('a keyring sends one request at a time, and closing it closes the connection', async () => {
  const site = await seededSite();
  await serve(site);
  const keyring = site.open();
  const values = await Promise.all(Array.from({ length: 50 }, () => keyring.get('key')));
  expect(new Set(values)).toEqual(new Set(['value']));
  await keyring.close();
});
