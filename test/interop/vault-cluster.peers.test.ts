import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWriter } from '../fault/processes.ts';
import { numberOf, ownKey } from '../fault/values.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import {
  startOpenBaoCluster,
  type ClusterNode,
  type OpenBaoCluster,
} from '../support/openbao-cluster.ts';
import { peer } from '../support/peers.ts';
import { openTestVault } from '../support/vault-keyring.ts';

const bao = peer('openbao');
const processes = 8;
const writes = 50;
const timeout = 180_000;

describe.skipIf(!bao)('a cluster of three servers', () => {
  let cluster: OpenBaoCluster;
  let program: Program;
  beforeAll(async () => {
    program = await compileProgram('test/interop/vault-program.ts');
    cluster = await startOpenBaoCluster(bao?.path ?? '');
  }, timeout);
  afterAll(async () => {
    await cluster?.stop();
    program?.remove();
  });

  const open = (node: ClusterNode) =>
    openTestVault({ spec: { address: node.url }, token: cluster.rootToken });

  async function leaderAndStandbys(): Promise<[ClusterNode, ...ClusterNode[]]> {
    const leader = await cluster.leader();
    if (leader === undefined) throw new Error('there is no active node');
    return [leader, ...cluster.nodes.filter((node) => node !== leader)];
  }

  test('a standby node returns each write, also to other processes', { timeout }, async () => {
    const [, standby] = await leaderAndStandbys();
    if (standby === undefined) throw new Error('there is no standby node');
    const keyring = open(standby);
    for (let number = 0; number < 100; number++) {
      await keyring.set('key', `value ${number}`);
      expect(await keyring.get('key')).toBe(`value ${number}`);
      // As another process reads it: without the state that this one knows.
      const { body } = await standby.call('GET', 'secret/data/atmos/keyring/key');
      expect(body.data.data.value).toBe(`value ${number}`);
    }
    expect(await keyring.delete('key')).toBe(true);
    expect((await standby.call('GET', 'secret/data/atmos/keyring/key')).status).toBe(404);
  });

  test(
    `the leader is killed while ${processes} processes make ${writes} writes each: no acknowledged write is lost, no read is torn`,
    { timeout },
    async () => {
      const [leader, ...standbys] = await leaderAndStandbys();
      const names = Array.from({ length: processes }, (_, number) => `writer-${number}`);
      const writers = names.map((name, at) => {
        const address = standbys[at % standbys.length]?.url ?? '';
        return startWriter(program.file, [address, cluster.rootToken, name, `${writes}`]);
      });
      await Promise.all(writers.map((writer) => writer.line('ack 10')));
      await leader.kill();
      for (const writer of writers) {
        expect(await writer.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
        expect(writer.lines.filter((line) => line.startsWith('ack'))).toHaveLength(writes);
      }

      // Each process has reported the pause and its end.
      const ends = writers.map(({ lines }) =>
        lines.filter((line) => line.startsWith('keyring.waited')),
      );
      for (const { lines } of writers)
        expect(lines.filter((line) => line.startsWith('keyring.waiting ')).length).toBeGreaterThan(
          0,
        );
      for (const end of ends) expect(end.at(-1)).toContain('"outcome":"answered"');
      const pauses = ends.flat().map((line) => Number(/"duration_ms":([\d.]+)/.exec(line)?.[1]));
      const busy = writers.flatMap(({ lines }) => lines.filter((line) => line === 'busy'));
      console.info(
        `the longest pause was ${Math.round(Math.max(...pauses))} ms; ${busy.length} races were lost twice`,
      );

      for (const node of standbys) {
        const keyring = open(node);
        expect(await keyring.keys()).toHaveLength(processes * writes + 1);
        for (const name of names)
          for (let number = 0; number < writes; number++)
            expect(numberOf(await keyring.get(ownKey(name, number)))).toBe(number);
        expect(numberOf(await keyring.get('shared'))).toBeDefined();
      }
    },
  );
});
