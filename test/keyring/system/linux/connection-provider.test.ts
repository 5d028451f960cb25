import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compileProgram, type Program } from '../../../support/compile.ts';
import { errorOf } from '../../../support/error-of.ts';
import { peer } from '../../../support/peers.ts';
import { openGnomeKeyring } from '../../../support/secret-service/gnome-keyring.mjs';
import { providers } from '../../../support/secret-service/providers.ts';
import { openSilentPrompter } from '../../../support/secret-service/silent-prompter.ts';
import type { SecretServiceOptions } from '../../../support/secret-service/types.ts';
import { openTestKeyring, standingTime, type SystemKeyringOptions } from './open-keyring.ts';
import { runProgram } from './run-program.ts';

const hasGnome = peer('gnome-keyring') !== undefined;
const monitor = peer('dbus-monitor');

const names = { 'gnome-keyring': 'gnome-keyring', kwallet: 'KWallet', keepassxc: 'KeePassXC' };
const collections = { 'gnome-keyring': 'login', kwallet: 'kdewallet', keepassxc: 'secrets' };

function openKeyring(options: SystemKeyringOptions) {
  const keyring = openTestKeyring(options);
  onTestFinished(() => keyring.close());
  return keyring;
}

async function openGnome(options: SecretServiceOptions = {}) {
  const service = await openGnomeKeyring(options);
  onTestFinished(service.close);
  return { service, keyring: openKeyring({ env: service.env }) };
}

describe.each(providers)('a probe on $name', ({ name, installed, open }) => {
  const product = `Secret Service \\(${names[name]} \\d+\\.\\d+(\\.\\d+)?\\)`;

  test.skipIf(!installed)('reports the program, its version and the collection', async () => {
    const service = await open();
    onTestFinished(service.close);
    const keyring = openKeyring({ env: service.env });
    expect(keyring.info.location).toBe('Secret Service');
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    const expected = new RegExp(`^${product}, collection ${collections[name]}$`);
    expect(keyring.info.location).toMatch(expected);
  });

  test.skipIf(!installed)('reports a locked keyring and does not unlock it', async () => {
    const service = await open({ locked: true });
    onTestFinished(service.close);
    const keyring = openKeyring({ env: service.env });
    for (let times = 0; times < 2; times++) {
      expect(await keyring.probe()).toEqual({ state: 'locked', reason: 'it is locked' });
    }
    expect(keyring.info.location).toMatch(new RegExp(`^${product}, collection`));
  });

  test.skipIf(!installed)('reports a missing keyring', async () => {
    const service = await open({ noCollection: true });
    onTestFinished(service.close);
    const keyring = openKeyring({ env: service.env });
    expect(await keyring.probe()).toEqual({
      state: 'unavailable',
      reason:
        'the keyring service has no keyring yet and cannot prompt for the password of a new one',
    });
    expect(keyring.info.location).toMatch(new RegExp(`^${product}$`));
    const error = await errorOf(keyring.set('key', 'value'));
    expect(error).toMatchObject({ code: 'ERR_KEYRING_UNAVAILABLE' });
  });
});

describe.skipIf(!hasGnome)('gnome-keyring', () => {
  test('reports a locked keyring without a prompter', async () => {
    const { keyring } = await openGnome({ locked: true });
    expect(await errorOf(keyring.get('key'))).toMatchObject({
      code: 'ERR_KEYRING_LOCKED',
      message:
        'cannot read from the system keyring: it is locked and the prompt to unlock it was dismissed (type system from default)',
      hints: expect.arrayContaining([
        expect.stringMatching(/gnome-keyring/),
        expect.stringMatching(/TYPE=file/),
      ]),
    });
  });

  test('fails after 30 seconds if the prompt is not answered', async () => {
    const { service } = await openGnome({ locked: true });
    const prompter = await openSilentPrompter(service.busAddress);
    onTestFinished(prompter.close);
    const time = standingTime();
    const keyring = openKeyring({ env: service.env, host: time.host });
    const failing = errorOf(keyring.get('key'));
    await prompter.asked;
    time.pass(30_000);
    expect(await failing).toMatchObject({
      code: 'ERR_KEYRING_TIMEOUT',
      message: expect.stringContaining(
        'the question to unlock the keyring was not answered within 30 seconds',
      ),
    });
  });

  test('keeps its entries after a restart', async () => {
    const { service, keyring } = await openGnome();
    await keyring.set('key', 'value');
    await service.killProvider();
    expect(await errorOf(keyring.get('key'))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining('no program provides the Secret Service'),
    });
    const again = await openGnome({ home: service.home });
    expect(await again.keyring.get('key')).toBe('value');
  });

  test('lists and reads 500 items', { timeout: 120_000 }, async () => {
    const { keyring } = await openGnome();
    const keys = Array.from({ length: 500 }, (_, number) => `atmos_realm_${number}`);
    for (const key of keys) await keyring.set(key, `of ${key}`);
    expect(await keyring.keys()).toEqual(keys.toSorted());
    const values = await Promise.all(keys.map((key) => keyring.get(key)));
    expect(values).toEqual(keys.map((key) => `of ${key}`));
  });
});

describe.skipIf(!hasGnome || !monitor)('on the bus', () => {
  /** All messages on the bus while `work` runs. */
  async function listen(env: Record<string, string>, work: () => Promise<void>): Promise<string> {
    const child = spawn(monitor?.path ?? '', ['--session'], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const heard: string[] = [];
    const lines = createInterface(child.stdout).on('line', (line) => heard.push(line));
    await once(lines, 'line');
    await work();
    await expect.poll(() => heard.join('\n')).toContain('member=Delete');
    child.kill();
    await once(child, 'exit');
    return heard.join('\n');
  }

  const canary = 'canary-7f3a';
  const forms = [canary, Buffer.from(canary).toString('base64'), hexDump(canary)];

  test('no value is visible', async () => {
    const { service, keyring } = await openGnome();
    const heard = await listen(service.env, async () => {
      await keyring.set('key', canary);
      expect(await keyring.get('key')).toBe(canary);
      await keyring.delete('key');
    });
    expect(heard).toContain('dh-ietf1024-sha256-aes128-cbc-pkcs7');
    expect(heard).toContain('member=GetSecrets');
    for (const form of forms) expect(heard).not.toContain(form);
  });
});

describe.skipIf(!hasGnome)('many processes', () => {
  let program: Program;
  beforeAll(async () => {
    program = await compileProgram('test/keyring/system/linux/program.ts');
  });
  afterAll(() => program.remove());

  test('that read while another one writes see only complete values', async () => {
    const { service, keyring } = await openGnome();
    const run = (...args: string[]) => runProgram(program.file, args, service.env);
    expect((await run('write', 'key', '1')).lines).toEqual(['ack 0']);
    const reading = Array.from({ length: 30 }, () => run('read', 'key', '5'));
    const writing = run('write', 'key', '60');
    for (const { lines, stderr } of await Promise.all(reading)) {
      expect({ lines, stderr }).toEqual({ lines: Array(5).fill('whole'), stderr: '' });
    }
    expect((await writing).lines).toHaveLength(60);
    expect(await keyring.keys()).toEqual(['key']);
  });

  test('that write one entry all succeed, and leave one complete value', async () => {
    const { service, keyring } = await openGnome();
    const run = (...args: string[]) => runProgram(program.file, args, service.env);
    const writing = Array.from({ length: 8 }, () => run('write', 'key', '10'));
    for (const { lines, stderr } of await Promise.all(writing)) {
      expect({ count: lines.length, last: lines.at(-1), stderr }).toEqual({
        count: 10,
        last: 'ack 9',
        stderr: '',
      });
    }
    expect(await keyring.keys()).toEqual(['key']);
  });
});

/** Formats bytes as dbus-monitor does. */
function hexDump(text: string): string {
  return [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
