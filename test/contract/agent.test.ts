import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPeerOf } from '../../src/host/unix-sockets.ts';
import { realHost } from '../../src/host/real.ts';
import { createAgentClientKeyring } from '../../src/keyring/file/agent-client.ts';
import { startServer } from '../../src/keyring/agent/server.ts';
import { identifyKeyring, makePlace } from '../../src/keyring/agent/socket-path.ts';
import { fileStarter } from '../../src/keyring/file/agent-backend.ts';
import { generationOf } from '../../src/keyring/file/hold.ts';
import { openFileKeyring } from '../../src/keyring/file/backend.ts';
import { createHeldKeyring } from '../../src/keyring/file/held-keyring.ts';
import { contentsOf } from '../support/contents.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { createTestContext, testPassword } from '../support/file-keyring.ts';
import { keyringContract } from './index.ts';

describe.concurrent('the file keyring keeps the contract through its agent', () => {
  const cases = keyringContract({
    async fresh() {
      const { path, remove } = createTemporaryDirectory();
      const directory = join(path, 'keyring');
      const context = createTestContext({ directory, password: null });
      const host = { ...realHost(), env: { XDG_STATE_HOME: join(path, 'state') } };
      fileStarter.prepare(context);
      const id = identifyKeyring(directory);
      if (id === undefined) throw new Error('the directory was just made');
      const heldPassword = () => Buffer.from(testPassword);
      const server = await startServer({
        place: await makePlace(id, host),
        held: createHeldKeyring({
          id,
          keyring: openFileKeyring({ ...context, heldPassword }),
          generation: () => generationOf(directory, host.userId),
        }),
        terms: { ttlMs: 3_600_000, idleMs: 3_600_000 },
        peerOf: await loadPeerOf(host),
        host,
      });
      // Only the agent has the password here: what works went through it.
      const open = createAgentClientKeyring(async () => openFileKeyring);
      return {
        open: async () => open({ ...context, host }),
        contents: () => contentsOf(directory),
        async remove() {
          server?.leave();
          await server?.left;
          remove();
        },
      };
    },
  });

  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});
