import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { peer } from '../peers.ts';
import {
  answering,
  dying,
  dyingAfter,
  late,
  refusing,
  silent,
  silentAfter,
  times,
  type Behavior,
} from './behaviors.ts';
import { connectBus, readCollectionState } from './bus-connection.mjs';
import { openScriptedProvider, type ScriptedProviderOptions } from './scripted-provider.ts';

const secretTool = peer('secret-tool');
const attributes = { username: 'atmos-auth', service: 'atmos_realm_alias' };
const words = Object.entries(attributes).flat();

async function open(options: ScriptedProviderOptions = {}) {
  const provider = await openScriptedProvider(options);
  onTestFinished(provider.close);
  const connection = await connectBus(provider.busAddress);
  onTestFinished(connection.close);

  /** Asynchronously, because the provider runs in this process. */
  async function runSecretTool(args: string[], input = '') {
    const child = spawn(secretTool?.path ?? '', args, {
      env: provider.env,
      stdio: 'pipe',
      timeout: 10_000,
    });
    const output = [text(child.stdout), text(child.stderr)];
    child.stdin.end(input);
    const [status] = (await once(child, 'exit')) as [number];
    const [stdout = '', stderr = ''] = await Promise.all(output);
    return { status, stdout, stderr };
  }

  return {
    provider,
    connection,
    store: (value: string) => runSecretTool(['store', '--label', 'a label', ...words], value),
    lookup: () => runSecretTool(['lookup', ...words]),
    searchAll: () => runSecretTool(['search', '--all', ...words]),
  };
}

function createEvent() {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen: () => happen() };
}

const found = (stdout: string) => ({ status: 0, stdout, stderr: '' });

describe.skipIf(!secretTool)('without a script, the provider behaves correctly', () => {
  test.each([['dh'], ['plain']] as const)('in %s sessions', async (algorithm) => {
    const { provider, store, lookup } = await open({ algorithms: [algorithm] });
    expect(await store('the value')).toMatchObject({ status: 0 });
    expect(await lookup()).toEqual(found('the value'));
    expect(provider.items()).toMatchObject([{ attributes, value: Buffer.from('the value') }]);
    await store('another value');
    expect(provider.items()).toHaveLength(1);
    expect(provider.calls).toContain('Collection.CreateItem');
  });

  test('with items that existed before, including duplicates', async () => {
    const items = [
      { attributes, value: 'older', modifiedAt: new Date('2026-01-01T00:00:00Z') },
      { attributes, value: 'newer', modifiedAt: new Date('2026-01-02T00:00:00Z') },
    ];
    const { searchAll } = await open({ items });
    const { stdout } = await searchAll();
    expect(stdout.match(/secret = \w+/g)).toEqual(['secret = older', 'secret = newer']);
    expect(stdout).toContain('modified = 2026-01-02');
  });

  test('with a locked collection, until the prompt completes', async () => {
    const { connection, lookup } = await open({
      locked: true,
      items: [{ attributes, value: 'value' }],
    });
    expect(await readCollectionState(connection)).toBe('locked');
    expect(await lookup()).toEqual(found('value'));
    expect(await readCollectionState(connection)).toBe('unlocked');
  });

  test('with a locked collection after the prompt is dismissed', async () => {
    const { connection, lookup } = await open({
      locked: true,
      prompts: 'dismiss',
      items: [{ attributes, value: 'value' }],
    });
    expect(await lookup()).toMatchObject({ status: 1, stdout: '' });
    expect(await readCollectionState(connection)).toBe('locked');
  });

  test('without a collection', async () => {
    const { connection } = await open({ noCollection: true });
    expect(await readCollectionState(connection)).toBe('none');
  });
});

describe.skipIf(!secretTool)('with a script, the provider', () => {
  test('keeps a prompt open until it is answered', async () => {
    const asked = createEvent();
    const telling: Behavior = (honest) => {
      asked.happen();
      return honest();
    };
    const { provider, lookup } = await open({
      locked: true,
      prompts: 'unanswered',
      items: [{ attributes, value: 'value' }],
      script: { 'Prompt.Prompt': telling },
    });
    const looking = lookup();
    await asked.happened;
    provider.answerPrompts('complete');
    expect(await looking).toEqual(found('value'));
  });

  test('replies late but correctly', async () => {
    const event = createEvent();
    const { provider, lookup } = await open({ items: [{ attributes, value: 'value' }] });
    const order: string[] = [];
    provider.script('Service.SearchItems', late(event.happened));
    const looking = lookup().then((result) => {
      order.push('answer');
      return result;
    });
    await expect.poll(() => provider.calls).toContain('Service.SearchItems');
    order.push('event');
    event.happen();
    expect(await looking).toEqual(found('value'));
    expect(order).toEqual(['event', 'answer']);
  });

  test('exits in the middle of a write, before or after it is done', async () => {
    const before = await open({ script: { 'Collection.CreateItem': dying } });
    expect(await before.store('value')).toMatchObject({ status: 1 });
    expect(before.provider.items()).toEqual([]);
    const after = await open({ script: { 'Collection.CreateItem': dyingAfter } });
    expect(await after.store('value')).toMatchObject({ status: 1 });
    expect(after.provider.items()).toHaveLength(1);
  });

  test('never replies, and the bus reports an error after the provider exits', async () => {
    const { provider, connection } = await open({ script: { 'Service.ReadAlias': silent } });
    const reading = readCollectionState(connection).catch((error: unknown) => error);
    await expect.poll(() => provider.calls).toEqual(['Service.ReadAlias']);
    await provider.killProvider();
    expect(await reading).toMatchObject({ type: 'org.freedesktop.DBus.Error.NoReply' });
  });

  test('performs a request and never replies', async () => {
    const { provider, connection, store } = await open({
      script: { 'Collection.CreateItem': silentAfter },
    });
    const storing = store('value');
    await expect.poll(() => provider.items()).toHaveLength(1);
    expect(await readCollectionState(connection)).toBe('unlocked');
    await provider.killProvider();
    expect(await storing).toMatchObject({ status: 1 });
  });

  test('sends one unsolicited reply', async () => {
    const nonsense = times(1, answering('s', 'nonsense'));
    const { connection } = await open({ script: { 'Service.ReadAlias': nonsense } });
    await expect(readCollectionState(connection)).rejects.toThrow('nonsense');
    expect(await readCollectionState(connection)).toBe('unlocked');
  });

  test('refuses', async () => {
    const refusal = refusing('org.freedesktop.DBus.Error.AccessDenied', 'not for you');
    const { connection } = await open({ script: { 'Service.ReadAlias': refusal } });
    await expect(readCollectionState(connection)).rejects.toMatchObject({
      type: 'org.freedesktop.DBus.Error.AccessDenied',
      text: 'not for you',
    });
  });
});
