import { chmodSync, linkSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  AgentError,
  encodeFrame,
  formatError,
  formatGreeting,
  formatValue,
  maxFrameBytes,
  protocolVersion,
} from '../../../src/keyring/agent/protocol.ts';
import { readThroughAgent } from '../../../src/keyring/agent/quick-read.ts';
import { identifyKeyring } from '../../../src/keyring/agent/socket-path.ts';
import { KeyringError } from '../../../src/core/errors.ts';
import { realHost } from '../../../src/host/real.ts';
import { answerBlocking } from '../../support/blocking-peer.ts';
import { agentSite, type AgentSite } from './agent-place.ts';

const read = (site: AgentSite, env = {}) =>
  readThroughAgent(site.directory, 'key', { ...realHost(), env: { ...site.env, ...env } });

function greeting(site: AgentSite, version = protocolVersion): Buffer {
  const directory = identifyKeyring(site.directory)?.name ?? '';
  return encodeFrame(formatGreeting({ version, directory }));
}

/** An agent that sends these bytes when it is asked, and then closes the connection. */
async function answering(...answer: readonly Buffer[]): Promise<AgentSite> {
  const site = await agentSite();
  await listen(site, greeting(site), ...answer);
  return site;
}

async function listen(site: AgentSite, ...answer: readonly Buffer[]): Promise<void> {
  await answerBlocking(site.place.socket, Buffer.concat(answer), { isEnded: true });
  chmodSync(site.place.socket, 0o600);
}

const ok = (fields: object) => encodeFrame({ ok: fields });

// Elsewhere no plan is recorded, so nothing is read in this way.
describe.runIf(process.platform === 'linux')('an entry is read through an agent', () => {
  test('that has it, or does not', async () => {
    const value = 'v'.repeat(100);
    expect(await read(await answering(ok({ value: formatValue(value) })))).toBe(value);
    expect(await read(await answering(ok({ value: null })))).toBe(null);
  });

  test('only if one runs and may be used', async () => {
    const site = await agentSite();
    expect(await read(site)).toBe(undefined);
    await listen(site, greeting(site), ok({ value: null }));
    expect(await read(site, { ATMOS_KEYRING_AGENT: 'off' })).toBe(undefined);
    expect(await read(site)).toBe(null);
    expect(await readThroughAgent('/nonexistent', 'key', realHost())).toBe(undefined);
    const onWindows = { ...realHost(), env: site.env, platform: 'win32' as const };
    expect(await readThroughAgent(site.directory, 'key', onWindows)).toBe(undefined);
  });

  test('not through one that has exited and left its socket', async () => {
    const site = await agentSite();
    const { socket } = site.place;
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(`${socket}.new`, resolve);
    });
    // The server removes its own name only.
    linkSync(`${socket}.new`, socket);
    chmodSync(socket, 0o600);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    expect(await read(site)).toBe(undefined);
  });

  test('which reports an error of the keyring', async () => {
    const damaged = new KeyringError('ERR_KEYRING_DAMAGED', 'the entry is damaged');
    const site = await answering(encodeFrame(formatError(damaged)));
    await expect(read(site)).rejects.toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: 'the entry is damaged',
    });
  });

  test('but not through a socket that other users can access', async () => {
    const site = await answering(ok({ value: null }));
    chmodSync(site.place.socket, 0o666);
    await expect(read(site)).rejects.toMatchObject({
      failure: 'foreign',
      message: `${site.place.socket} is open to other users`,
    });
  });

  test('but not through one of another version, or of another keyring', async () => {
    const older = await agentSite();
    await listen(older, greeting(older, 1), ok({ value: null }));
    await expect(read(older)).rejects.toMatchObject({ failure: 'unusable' });
    const other = await agentSite();
    const name = formatGreeting({ version: protocolVersion, directory: '1:2' });
    await listen(other, encodeFrame(name), ok({ value: null }));
    await expect(read(other)).rejects.toMatchObject({ failure: 'unusable' });
  });

  test.each([
    ['nothing', []],
    ['half an answer', [ok({ value: null }).subarray(0, 10)]],
    ['no JSON', [Buffer.from('\0\0\0\x02no')]],
    ['a value that is not base64', [ok({ value: '?' })]],
    ['no value', [ok({})]],
    ['that it is stopping', [encodeFrame({ leaving: true })]],
  ])('but not if it sends %s', async (_, answer) => {
    await expect(read(await answering(...answer))).rejects.toBeInstanceOf(AgentError);
  });

  test('but not if it announces an answer that is too large', async () => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(maxFrameBytes + 1);
    await expect(read(await answering(header))).rejects.toBeInstanceOf(RangeError);
  });
});
