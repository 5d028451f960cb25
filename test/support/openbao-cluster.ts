// A cluster of three servers of OpenBao on loopback, with their integrated storage.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createTemporaryDirectory } from './create-temporary.ts';
import { caller, freePort, type Called, type CallOptions } from './openbao.ts';

const size = 3;

export interface ClusterNode {
  readonly url: string;
  readonly isRunning: () => boolean;
  call(method: string, path: string, body?: object, options?: CallOptions): Promise<Called>;
  /** Ends the server as a power failure would. */
  kill(): Promise<void>;
}

export interface OpenBaoCluster {
  readonly rootToken: string;
  readonly nodes: readonly ClusterNode[];
  /** The active node. Undefined while no node is active. */
  leader(): Promise<ClusterNode | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts a cluster, with a KV secrets engine of version 2 at `secret`. Resolves when every node votes:
 * that takes about ten seconds, because a node votes only after it has been stable for so long.
 *
 * @param program of the peer openbao
 */
export async function startOpenBaoCluster(program: string): Promise<OpenBaoCluster> {
  const { path: root, remove } = createTemporaryDirectory();
  const ports = await Promise.all(Array.from({ length: size * 2 }, freePort));
  const urlOf = (at: number) => `http://127.0.0.1:${ports[at]}`;
  let rootToken = '';
  const call = (url: string): ClusterNode['call'] => {
    const asAdministrator = caller(url);
    return (method, path, body, options = {}) =>
      asAdministrator(method, path, body, { token: rootToken, ...options });
  };

  function startNode(at: number): ClusterNode {
    const folder = join(root, `node-${at}`);
    mkdirSync(join(folder, 'data'), { recursive: true });
    const config = {
      storage: {
        raft: {
          path: join(folder, 'data'),
          node_id: `node-${at}`,
          ...(at === 0 ? {} : { retry_join: [{ leader_api_addr: urlOf(0) }] }),
        },
      },
      listener: {
        tcp: {
          address: `127.0.0.1:${ports[at]}`,
          cluster_address: `127.0.0.1:${ports[at + size]}`,
          tls_disable: true,
        },
      },
      api_addr: urlOf(at),
      cluster_addr: `https://127.0.0.1:${ports[at + size]}`,
      disable_mlock: true,
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const args = ['server', `-config=${join(folder, 'config.json')}`];
    const child: ChildProcess = spawn(program, args, { env: { HOME: folder }, stdio: 'ignore' });
    const exited = once(child, 'exit');
    return {
      url: urlOf(at),
      isRunning: () => child.exitCode === null && child.signalCode === null,
      call: call(urlOf(at)),
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }

  const nodes = Array.from({ length: size }, (_, at) => startNode(at));
  async function stop(): Promise<void> {
    for (const node of nodes.filter(({ isRunning }) => isRunning())) await node.kill();
    remove();
  }

  async function form(): Promise<void> {
    const [first] = nodes;
    if (first === undefined) throw new Error('a cluster has a node');
    for (const node of nodes) {
      await until(async () => (await node.call('GET', 'sys/seal-status')).status === 200);
    }
    const { body: keys } = await first.call('PUT', 'sys/init', {
      secret_shares: 1,
      secret_threshold: 1,
    });
    rootToken = keys.root_token;
    for (const node of nodes) {
      await until(async () => !(await unseal(node, keys.keys[0])));
    }
    await until(async () => (await votersOf(first)) === size);
    await first.call('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
    // Standby nodes answer reads themselves, with what they have received so far.
    for (const node of nodes) await until(() => hasEngine(node));
  }

  try {
    await form();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    rootToken,
    nodes,
    async leader() {
      for (const node of nodes.filter(({ isRunning }) => isRunning())) {
        const { status } = await node.call('GET', 'sys/health');
        if (status === 200) return node;
      }
      return undefined;
    },
    stop,
  };
}

/** Waits until the condition is met, for at most a minute. Also in hooks, where no test runs. */
function until(isMet: () => Promise<boolean>): Promise<void> {
  const check = async () => {
    if (!(await isMet())) throw new Error('the cluster did not become ready');
  };
  return vi.waitFor(check, { timeout: 60_000, interval: 200 });
}

/** Whether it is still sealed. A node that has not joined yet answers with an error. */
async function unseal(node: ClusterNode, key: string): Promise<boolean> {
  await node.call('PUT', 'sys/unseal', { key });
  const { body } = await node.call('GET', 'sys/seal-status');
  return body.sealed !== false;
}

async function hasEngine(node: ClusterNode): Promise<boolean> {
  return (await node.call('GET', 'secret/config')).status === 200;
}

async function votersOf(node: ClusterNode): Promise<number> {
  const { body } = await node.call('GET', 'sys/storage/raft/configuration');
  const servers: { voter: boolean }[] = body.data?.config?.servers ?? [];
  return servers.filter(({ voter }) => voter).length;
}
