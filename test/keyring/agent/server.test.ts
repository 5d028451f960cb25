import { once } from 'node:events';
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeFrame } from '../../../src/keyring/agent/protocol.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { errorOf } from '../../support/error-of.ts';
import { openTestKeyring, testPassword } from '../../support/file-keyring.ts';
import { sealVerifier, seedKeyring } from '../file/seed.ts';
import { agentSite, anHour, serve, tryServe, type AgentSite } from './agent-place.ts';

async function seededSite(entries: Record<string, string> = { key: 'value' }): Promise<AgentSite> {
  return agentSite(await seedKeyring(entries));
}

/** Sends raw bytes, and waits until the agent closes the connection. */
async function say(site: AgentSite, ...messages: readonly Buffer[]): Promise<void> {
  const socket = createConnection(site.place.socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const message of messages) socket.write(message);
  socket.resume();
  await once(socket, 'close');
}

/** A clock that stops until the test advances it. */
function heldClock() {
  const clock = { nowMs: 0 };
  const host = {
    now: () => new Date(clock.nowMs),
    monotonicMs: () => clock.nowMs,
  };
  return { clock, host };
}

describe('an agent', () => {
  test('reads and stores entries for a client without a password', async () => {
    const site = await seededSite({ key: 'value', other: 'of another' });
    await serve(site);
    const keyring = site.open();
    expect(keyring.info).toEqual({ type: 'file', persistent: true, location: site.directory });
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    expect(await keyring.get('key')).toBe('value');
    expect(await keyring.get('absent')).toBeNull();
    await keyring.set('key', 'new');
    expect(await keyring.keys()).toEqual(['key', 'other']);
    expect(await keyring.delete('other')).toBe(true);
    expect(await keyring.delete('other')).toBe(false);
    expect(await openTestKeyring({ directory: site.directory }).get('key')).toBe('new');
    expect(site.warnings).toEqual([]);
  });

  test('passes on the error of an entry', async () => {
    const site = await seededSite();
    await serve(site);
    writeFileSync(join(site.directory, 'atmos_damaged'), 'no token', { mode: 0o600 });
    expect(await errorOf(site.open().get('atmos_damaged'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: `the entry ${site.directory}/atmos_damaged is damaged: it has 1 parts, not the 5 of a JWE`,
      hints: [
        `before storing it again or restoring it from a backup: mv ${site.directory}/atmos_damaged ~/`,
      ],
    });
    expect(await site.open().get('key')).toBe('value');
  });

  test('has a socket that only its user can access', async () => {
    const site = await seededSite();
    await serve(site);
    expect(statSync(site.place.socket).mode & 0o777).toBe(0o600);
  });

  test('stops if another agent already serves the keyring', async () => {
    const site = await seededSite();
    const servers = await Promise.all([tryServe(site), tryServe(site), tryServe(site)]);
    expect(servers.filter((server) => server !== undefined)).toHaveLength(1);
    expect(await site.open().get('key')).toBe('value');
  });

  test('replaces an agent that was killed', async () => {
    const site = await seededSite();
    const stale = createServer().listen(site.place.socket);
    await once(stale, 'listening');
    renameSync(site.place.socket, `${site.place.socket}.kept`);
    stale.close();
    renameSync(`${site.place.socket}.kept`, site.place.socket);
    expect(await errorOf(site.open().get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    await serve(site);
    expect(await site.open().get('key')).toBe('value');
  });

  test(
    'serves 200 clients at the same time, each with its own entry',
    { timeout: 60_000 },
    async () => {
      const names = Array.from({ length: 200 }, (_, number) => `key ${number}`);
      const site = await seededSite(Object.fromEntries(names.map((name) => [name, `of ${name}`])));
      await serve(site);
      const keyrings = names.map(() => site.open());
      const values = await Promise.all(keyrings.map((keyring, at) => keyring.get(names[at] ?? '')));
      expect(values).toEqual(names.map((name) => `of ${name}`));
      const one = site.open();
      const all = await Promise.all(names.map((name) => one.get(name)));
      expect(all).toEqual(values);
      expect(site.warnings).toEqual([]);
    },
  );

  test('creates a new keyring with the first entry, and keeps running', async () => {
    const site = await agentSite();
    await serve(site);
    await site.open().set('key', 'value');
    expect(await site.open().get('key')).toBe('value');
    expect(await openTestKeyring({ directory: site.directory }).get('key')).toBe('value');
  });
});

describe('an agent stops and removes its socket', () => {
  test('when the total limit expires', async () => {
    const site = await seededSite();
    const { clock, host } = heldClock();
    const server = await serve(site, { terms: { ttlMs: 1000, idleMs: 1000 }, host });
    clock.nowMs = 999;
    expect(await site.open().get('key')).toBe('value');
    clock.nowMs = 1000;
    expect(await errorOf(site.open().get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    await server.left;
    expect(existsSync(site.place.socket)).toBe(false);
  });

  test('without any request', async () => {
    const site = await seededSite();
    const server = await serve(site, { terms: { ttlMs: 20, idleMs: 3_600_000 } });
    await server.left;
    expect(existsSync(site.place.socket)).toBe(false);
  });

  test('when the idle limit expires, which status requests do not extend', async () => {
    const site = await seededSite();
    const { clock, host } = heldClock();
    const server = await serve(site, { terms: { ttlMs: 10_000, idleMs: 1000 }, host });
    const keyring = site.open();
    clock.nowMs = 900;
    expect(await keyring.get('key')).toBe('value');
    clock.nowMs = 1800;
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    clock.nowMs = 1900;
    expect(await keyring.probe()).toMatchObject({ state: 'locked' });
    await server.left;
  });

  test('when it is asked to, after it has answered pending requests', async () => {
    const site = await seededSite();
    const server = await serve(site);
    const keyring = site.open();
    await keyring.probe();
    const asked = Array.from({ length: 20 }, () =>
      site
        .open()
        .get('key')
        .catch(() => 'refused'),
    );
    const [first] = await Promise.all(asked);
    server.leave();
    expect(first).toBe('value');
    await server.left;
    expect(existsSync(site.place.socket)).toBe(false);
    expect(await errorOf(keyring.get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
  });

  test('when its socket is removed, as at the last logout', async () => {
    const site = await seededSite();
    const server = await serve(site);
    rmSync(site.place.directory, { recursive: true });
    await expect(server.left).resolves.toBeUndefined();
  });

  test('when the socket of another agent replaced its own, which stays', async () => {
    const site = await seededSite();
    const first = await serve(site);
    rmSync(site.place.socket);
    const second = await serve(site);
    await first.left;
    expect(await site.open().get('key')).toBe('value');
    second.leave();
    await second.left;
  });

  test('when the keyring is removed or replaced', async () => {
    const gone = await seededSite();
    const server = await serve(gone);
    const keyring = gone.open();
    await keyring.probe();
    rmSync(gone.directory, { recursive: true });
    expect(await keyring.get('key')).toBeNull();
    await server.left;

    const replaced = await seededSite();
    const other = await serve(replaced);
    const stillOpen = replaced.open();
    await stillOpen.probe();
    renameSync(replaced.directory, `${replaced.directory}.old`);
    renameSync(await seedKeyring({ key: 'of another' }), replaced.directory);
    expect(await errorOf(stillOpen.get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    await other.left;
  });

  test('when the keyring has another password', async () => {
    const site = await seededSite();
    const server = await serve(site);
    const verifier = await sealVerifier(undefined, 'the next password');
    writeFileSync(statePaths(site.directory).verifier, verifier, { mode: 0o600 });
    expect(await errorOf(site.open().get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    await server.left;
  });

  test('when another process created the keyring with another password', async () => {
    const site = await agentSite();
    const server = await serve(site);
    const { directory } = site;
    await openTestKeyring({ directory, password: 'of somebody else' }).set('key', 'value');
    expect(await errorOf(site.open().get('key'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    });
    await server.left;
  });

  test('when its password opens no entry', async () => {
    const site = await seededSite();
    const server = await serve(site, { password: 'not the password' });
    const keyring = site.open({ password: testPassword });
    expect(await keyring.get('key')).toBe('value');
    await server.left;
  });
});

describe('a client with invalid data', () => {
  const greeting = (site: AgentSite) => {
    const { dev, ino } = statSync(site.directory, { bigint: true });
    return encodeFrame({ 'atmos-agent': 1, directory: `${dev}:${ino}` });
  };

  test('is disconnected, and other clients are served', { timeout: 60_000 }, async () => {
    const site = await seededSite();
    await serve(site);
    const noise = fc.uint8Array({ minLength: 5, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (bytes, greets) => {
        // The agent would wait for the rest of an announced length.
        const message = Buffer.concat([Buffer.from([0xff]), bytes]);
        await say(site, ...(greets ? [greeting(site)] : []), message);
      }),
      { numRuns: 50 },
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.boolean(), async (value, greets) => {
        await say(site, ...(greets ? [greeting(site)] : []), encodeFrame({ value }));
      }),
      { numRuns: 50 },
    );
    expect(await site.open().get('key')).toBe('value');
  });

  test('is disconnected if it names another directory or version', async () => {
    const site = await seededSite();
    await serve(site);
    await say(site, encodeFrame({ 'atmos-agent': 1, directory: '1:1' }));
    await say(site, encodeFrame({ 'atmos-agent': 2, directory: '1:1' }));
    expect(await site.open().get('key')).toBe('value');
  });

  test('is disconnected if it sends no greeting', async () => {
    const site = await seededSite();
    const limits: number[] = [];
    await serve(site, {
      host: {
        // The first sleep waits for a reason to stop. The second is the limit for the greeting.
        sleep: async (milliseconds, signal) => {
          limits.push(milliseconds);
          if (limits.length === 2) return;
          await new Promise((_, reject) => signal?.addEventListener('abort', reject));
        },
      },
      terms: anHour,
    });
    const socket = createConnection(site.place.socket);
    onTestFinished(() => void socket.destroy());
    await once(socket.resume(), 'close');
    expect(limits.slice(0, 2)).toEqual([5000, 5000]);
  });
});
