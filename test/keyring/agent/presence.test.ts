import { rmSync, writeFileSync } from 'node:fs';
import net, { createServer } from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
import { expect, onTestFinished, test } from 'vitest';
import { createAgentControl } from '../../../src/keyring/agent/control.ts';
import { fileStarter } from '../../../src/keyring/file/agent-backend.ts';
import { filePresence, fileSubject } from '../../../src/keyring/file/agent-client.ts';
import { errorOf } from '../../support/error-of.ts';
import { seedKeyring } from '../file/seed.ts';
import { agentSite, serve, type AgentSite } from './agent-place.ts';

const { isPresent } = filePresence;
const { look } = createAgentControl(fileSubject, async () => fileStarter);

async function seededSite(): Promise<AgentSite> {
  return agentSite(await seedKeyring({ key: 'value' }));
}

/** The number of connections that are opened while `run` runs. */
async function countConnections(run: () => Promise<void>): Promise<number> {
  const { createConnection } = net;
  let connections = 0;
  const restore = () => {
    net.createConnection = createConnection;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  net.createConnection = ((...args: Parameters<typeof createConnection>) => {
    connections++;
    return createConnection(...args);
  }) as typeof createConnection;
  syncBuiltinESMExports();
  await run();
  restore();
  return connections;
}

test('a running agent is present, and the check opens no connection', async () => {
  const site = await seededSite();
  const connections = await countConnections(async () => {
    expect(await isPresent(site.context())).toBe(false);
    const agent = await serve(site);
    expect(await isPresent(site.context())).toBe(true);
    agent.leave();
    await agent.left;
    expect(await isPresent(site.context())).toBe(false);
  });
  expect(connections).toBe(0);
  await serve(site);
  const asked = await countConnections(async () => {
    expect(await look(site.context())).toMatchObject({ kind: 'unlocked' });
  });
  expect(asked).toBe(1);
});

test('an agent that never answers is present without a wait', async () => {
  const site = await seededSite();
  let accepted = 0;
  const server = createServer(() => void accepted++);
  await new Promise<void>((resolve) => {
    server.listen(site.place.socket, resolve);
  });
  onTestFinished(() => void server.close());
  expect(await isPresent(site.context())).toBe(true);
  expect(accepted).toBe(0);
});

test('a file that is not a socket is no agent', async () => {
  const site = await seededSite();
  writeFileSync(site.place.socket, '');
  onTestFinished(() => rmSync(site.place.socket));
  expect(await isPresent(site.context())).toBe(false);
});

test('no agent is present if ATMOS_KEYRING_AGENT is off, on Windows, or for a missing directory', async () => {
  const site = await seededSite();
  await serve(site);
  const off = site.context({ host: { env: { ATMOS_KEYRING_AGENT: 'off' } } });
  expect(await isPresent(off)).toBe(false);
  expect(await isPresent(site.context({ host: { platform: 'win32' } }))).toBe(false);
  const { settings, ...others } = site.context();
  const directory = { value: `${site.directory}-missing`, source: 'default' };
  expect(await isPresent({ ...others, settings: { ...settings, directory } })).toBe(false);
  const neither = site.context({ host: { env: { ATMOS_KEYRING_AGENT: 'perhaps' } } });
  expect(await errorOf(isPresent(neither))).toMatchObject({
    code: 'ERR_USAGE',
    message: 'ATMOS_KEYRING_AGENT is "perhaps": expected on or off',
  });
});
