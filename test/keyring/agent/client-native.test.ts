import { chmodSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  encodeFrame,
  formatValue,
  protocolVersion,
  readFrames,
} from '../../../src/keyring/agent/protocol.ts';
import { agentSite, type AgentSite } from './agent-place.ts';

const require = createRequire(import.meta.filename);

function hasNativeCode(): boolean {
  return Object.keys(require.cache).some((path) => path.endsWith('koffi.node'));
}

/** An agent that answers each request with these fields. It checks nothing. */
async function answering(site: AgentSite, fields: object, version = protocolVersion) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void (async () => {
      const frames = readFrames(socket);
      const { value } = await frames.next();
      const greeting = JSON.parse(String(value));
      socket.write(encodeFrame({ ...greeting, 'atmos-agent': version }));
      for await (const _ of frames) socket.write(encodeFrame({ ok: fields }));
    })().catch(() => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(site.place.socket, resolve);
  });
  chmodSync(site.place.socket, 0o600);
  onTestFinished(() => void server.close());
}

// On macOS the id of the boot is a native call.
test.skipIf(process.platform === 'darwin')(
  'requests to an agent load no native code; its failure does, for the process id',
  async () => {
    const site = await agentSite();
    const fields = { value: formatValue('stored'), deleted: true, keys: ['a'], state: 'ready' };
    await answering(site, fields);
    const keyring = site.open();
    expect(await keyring.get('a')).toBe('stored');
    await keyring.set('a', 'other');
    expect(await keyring.delete('a')).toBe(true);
    expect(await keyring.keys()).toEqual(['a']);
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    expect(hasNativeCode()).toBe(false);

    const other = await agentSite();
    await answering(other, fields, 1);
    expect(await other.open().get('a')).toBe(null);
    expect(other.warnings).toEqual([
      expect.stringMatching(`\\(process ${process.pid}\\) is not used: it uses protocol`),
    ]);
    expect(hasNativeCode()).toBe(true);
  },
);
