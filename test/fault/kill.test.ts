import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { deleteSteps, firstSetSteps, numbered, setSteps } from './steps.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { lastAcknowledged, startWriter, type Writer } from './processes.ts';
import { numberOf, ownKey, ownKeys, sharedKey } from './values.ts';

// Each case derives keys in several processes, which share the processors of the machine.
const timeout = 120_000;

let root: ReturnType<typeof createTemporaryDirectory>;
let program: Program;

beforeAll(async () => {
  root = createTemporaryDirectory();
  program = await compileProgram('test/fault/writer.ts');
});

afterAll(() => {
  root.remove();
  program.remove();
});

test('the tested steps are all steps of a change', async () => {
  const steps: string[] = [];
  const onStep = (step: string) => void steps.push(step);
  const keyring = openTestKeyring({ directory: join(root.path, 'steps'), onStep });
  await keyring.set('key', 'first');
  expect(steps.splice(0)).toEqual(firstSetSteps);
  await keyring.set('key', 'second');
  expect(steps.splice(0)).toEqual(setSteps);
  await keyring.delete('key');
  expect(steps.splice(0)).toEqual(deleteSteps);
});

describe.concurrent(
  'kill -9 in the first write of a keyring, with another waiting',
  { timeout },
  () => {
    test.each(numbered(firstSetSteps))('after "$step" ($index)', async ({ step, index }) => {
      const directory = join(root.path, `first-${index}`);
      const victim = startWriter(program.file, [
        'pause',
        directory,
        `${index}`,
        'set',
        'key',
        'value',
      ]);
      expect(await victim.line('reached')).toBe(`reached ${step}`);
      const other = startWriter(program.file, ['write', directory, 'other', '2']);
      await other.line('started');
      await victim.kill();
      expect(await other.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });

      const keyring = openTestKeyring({ directory });
      expect(await keyring.get('key')).toBe(
        index < firstSetSteps.lastIndexOf('renamed') ? null : 'value',
      );
      expect(numberOf(await keyring.get(ownKey('other', 1)))).toBe(1);
      await keyring.set('key', 'again');
      expect(await keyring.get('key')).toBe('again');
      expect(readdirSync(join(directory, '.state', 'temporary'))).toEqual([]);
    });
  },
);

describe('kill -9 in a later change, with two processes writing', { timeout }, () => {
  let directory: string;
  let keyring: Keyring;
  let beside: Writer[];

  beforeAll(async () => {
    directory = join(root.path, 'later');
    keyring = openTestKeyring({ directory });
    await keyring.set('key', 'old');
    beside = ['left', 'right'].map((name) =>
      startWriter(program.file, ['write', directory, name, `${Number.MAX_SAFE_INTEGER}`]),
    );
    await Promise.all(beside.map((writer) => writer.line('ack')));
  });

  afterAll(async () => {
    await Promise.all(beside.map((writer) => writer.kill()));
  });

  /** Waits until each of the concurrent writers completes at least one more write. */
  async function expectProgress() {
    await Promise.all(beside.map((writer) => writer.line(`ack ${lastAcknowledged(writer) + 2}`)));
  }

  test.each(numbered(setSteps))('set, after "$step"', async ({ step, index }) => {
    await keyring.set('key', 'old');
    const victim = startWriter(program.file, ['pause', directory, `${index}`, 'set', 'key', 'new']);
    expect(await victim.line('reached')).toBe(`reached ${step}`);
    await expectProgress();
    await victim.kill();
    await expectProgress();
    expect(await keyring.get('key')).toBe(index < setSteps.indexOf('renamed') ? 'old' : 'new');
    await keyring.set('key', 'again');
    expect(await keyring.get('key')).toBe('again');
  });

  test.each(numbered(deleteSteps))('delete, after "$step"', async ({ step, index }) => {
    await keyring.set('key', 'old');
    const victim = startWriter(program.file, ['pause', directory, `${index}`, 'delete', 'key']);
    expect(await victim.line('reached')).toBe(`reached ${step}`);
    await expectProgress();
    await victim.kill();
    await expectProgress();
    expect(await keyring.get('key')).toBe(index < deleteSteps.indexOf('deleted') ? 'old' : null);
    expect(await keyring.delete('key')).toBe(index < deleteSteps.indexOf('deleted'));
  });

  test('of the concurrent writers loses no acknowledged value and leaves no files', async () => {
    await Promise.all(beside.map((writer) => writer.kill()));
    for (const [writer, name] of [
      [beside[0], 'left'],
      [beside[1], 'right'],
    ] as const) {
      const last = writer === undefined ? -1 : lastAcknowledged(writer);
      expect(last).toBeGreaterThan(0);
      for (let number = Math.max(0, last - ownKeys + 1); number <= last; number++) {
        const found = numberOf(await keyring.get(ownKey(name, number)));
        // The write after the last acknowledged one may be complete.
        const expected = number === last - ownKeys + 1 ? [number, last + 1] : [number];
        expect(expected).toContain(found);
      }
    }
    expect(numberOf(await keyring.get(sharedKey))).toBeDefined();
    await keyring.set('key', 'last');
    expect(readdirSync(join(directory, '.state', 'temporary'))).toEqual([]);
    expect(await openTestKeyring({ directory }).get('key')).toBe('last');
  });
});
