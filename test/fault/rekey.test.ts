import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statePaths } from '../../src/keyring/file/state.ts';
import { filesUnder, rekey, valuesUnder } from '../keyring/file/rekeying.ts';
import { seedKeyring } from '../keyring/file/seed.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { lastAcknowledged, startWriter, type Writer } from './processes.ts';
import { ownKey, ownKeys, numberOf, passwords } from './values.ts';
import { writeSteps } from './steps.ts';

const go = peer('go');
const [oldPassword, newPassword] = passwords;
const entries = Object.fromEntries(
  Array.from({ length: 200 }, (_, number) => [`entry ${number}`, `value ${number}`]),
);
const byKey = (record: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

// The steps of a rekey, in order. Each is tested at its first, middle and last occurrence.
const versionSteps = 6;
const beforeCommit = [
  'locked',
  'temporary opened',
  'read back',
  'next made',
  'verifier staged',
  'entry staged',
  'entries staged',
  'temporary written',
  'temporary synced',
];
const afterCommit = [
  'renamed',
  'directory synced',
  'read back',
  'entry replaced',
  'entries synced',
  'verifier replaced',
  'verifier synced',
  'commit removed',
  'next removed',
];
const repeated = 200;

interface Stop {
  readonly step: string;
  readonly nth: number;
  readonly isDecided: boolean;
}

/**
 * The version is also written atomically, and first: the second steps of that name are the
 * commit's.
 */
function stops(steps: readonly string[], isDecided: boolean): Stop[] {
  const isOfBoth = (step: string) => writeSteps.includes(step);
  return steps.flatMap((step) => {
    if (step === 'entry staged' || step === 'entry replaced')
      return [1, repeated / 2, repeated].map((nth) => ({ step, nth, isDecided }));
    if (isOfBoth(step))
      return isDecided
        ? [{ step, nth: 2, isDecided }]
        : [{ step, nth: step === 'read back' ? 1 : 2, isDecided }];
    return [{ step, nth: 1, isDecided }];
  });
}

const allStops = [...stops(beforeCommit, false), ...stops(afterCommit, true)];

let seeds: ReturnType<typeof createTemporaryDirectory>;
let seed: string;
let program: Program;
let keyrings = 0;

beforeAll(async () => {
  seeds = createTemporaryDirectory();
  seed = join(seeds.path, 'seed');
  program = await compileProgram('test/fault/rekey-program.ts');
});

afterAll(() => {
  seeds.remove();
  program.remove();
});

/** Creates a keyring of 200 entries with the old password. */
async function freshKeyring(): Promise<string> {
  if (!existsSync(seed)) cpSync(await seedKeyring(entries), seed, { recursive: true });
  const directory = join(seeds.path, `keyring-${keyrings++}`);
  cpSync(seed, directory, { recursive: true });
  return directory;
}

function startRekey(directory: string, from: number, to: number, stop?: Stop): Writer {
  const at = stop === undefined ? [] : [stop.step, `${stop.nth}`];
  return startWriter(program.file, ['rekey', directory, `${from}`, `${to}`, ...at]);
}

test('the tested steps are all steps of a rekey', async () => {
  const directory = await freshKeyring();
  const steps: string[] = [];
  await rekey(directory, { onStep: (step) => void steps.push(step) });
  const ofVersion = steps.splice(1, versionSteps);
  expect(ofVersion).toEqual([
    'temporary opened',
    'temporary written',
    'temporary synced',
    'renamed',
    'directory synced',
    'read back',
  ]);
  expect(steps.filter((step) => step === 'entry staged')).toHaveLength(repeated);
  expect(steps.filter((step) => step === 'entry replaced')).toHaveLength(repeated);
  const decided = steps.indexOf('renamed');
  const distinct = (list: string[]) => [...new Set(list)];
  expect(distinct([...ofVersion, ...steps.slice(0, decided)]).toSorted()).toEqual(
    distinct([...beforeCommit, 'renamed', 'directory synced']).toSorted(),
  );
  // After this step it checks once more whether another program has written.
  const last = steps.indexOf('next removed') + 1;
  expect(distinct(steps.slice(decided, last))).toEqual(afterCommit);
  expect(distinct(steps.slice(last))).toEqual(['next made', 'verifier staged', 'entries staged']);
});

describe.concurrent('200 entries, kill -9', { timeout: 60_000 }, () => {
  test.each(allStops)('after "$step" ($nth): decided $isDecided', async (stop) => {
    const directory = await freshKeyring();
    const victim = startRekey(directory, 0, 1, stop);
    await victim.line('reached');
    await victim.kill();

    const [right, wrong] = stop.isDecided ? [newPassword, oldPassword] : [oldPassword, newPassword];
    const refused = Object.fromEntries(
      Object.keys(entries).map((key) => [key, 'ERR_KEYRING_PASSWORD_WRONG']),
    );
    expect(await valuesUnder(directory, wrong)).toEqual(byKey(refused));
    expect(await valuesUnder(directory, right)).toEqual(byKey(entries));

    const again = startRekey(directory, 0, 1);
    expect(await again.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
    expect(await valuesUnder(directory, newPassword)).toEqual(byKey(entries));
    expect(await filesUnder(directory, oldPassword)).toEqual([]);
    expect(readdirSync(statePaths(directory).temporary)).toEqual([]);
  });
});

/**
 * Writes of another program with one password, one after another. Its exit acknowledges a write.
 */
function startGoWriter(directory: string, password: string, firstNumber: number) {
  const acknowledged = new Map<string, string>();
  const wanted = new AbortController();
  let number = firstNumber;
  const ended = (async () => {
    for (; !wanted.signal.aborted; number++) {
      const [key, value] = [`go ${number % 20}`, `value ${number}`];
      const child = spawn(go?.path ?? '', ['set', key], {
        env: { INTEROP_DIR: directory, INTEROP_PASSWORD: password },
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      child.stdin.end(value);
      const [exitCode] = (await once(child, 'close')) as [number | null];
      if (exitCode === 0) acknowledged.set(key, value);
      // Writes as often as a script would, not in a busy loop.
      await setTimeout(50);
    }
  })();
  return {
    acknowledged,
    next: () => number,
    async stop() {
      wanted.abort();
      await ended;
    },
  };
}

describe(
  'rekey next to two of our writers and, if Go is installed, one in Go',
  { timeout: 240_000 },
  () => {
    const tried = [
      ['entry staged', repeated / 2],
      ['renamed', 2],
      ['entry replaced', repeated / 2],
      ['verifier replaced', 1],
      ['commit removed', 1],
    ] as const;

    test('a rekey that is killed at each step and repeated gives every acknowledged entry the new password', async () => {
      const directory = await freshKeyring();
      const writers = ['left', 'right'].map((name) =>
        startWriter(program.file, ['write', directory, name]),
      );
      await Promise.all(writers.map((writer) => writer.line('ack')));
      const progress = () =>
        Promise.all(writers.map((writer) => writer.line(`ack ${lastAcknowledged(writer) + 2}`)));
      const byGo = new Map<string, string>();
      let goNumber = 0;

      for (const [round, [step, nth]] of tried.entries()) {
        const [from, to] = round % 2 === 0 ? [0, 1] : [1, 0];
        const beside = go ? startGoWriter(directory, passwords[from] ?? '', goNumber) : undefined;
        const victim = startRekey(directory, from, to, { step, nth, isDecided: false });
        await victim.line('reached');
        await victim.kill();
        await progress();
        const again = await startRekey(directory, from, to).ended;
        expect({ step, ...again }).toEqual({ step, exitCode: 0, signal: null, stderr: '' });
        // Then the other program gets the new password, and its last writes are re-encrypted.
        await beside?.stop();
        goNumber = beside?.next() ?? 0;
        for (const [key, value] of beside?.acknowledged ?? []) byGo.set(key, value);
        const last = startRekey(directory, from, to);
        expect(await last.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
        expect(last.lines.at(-1)).toMatch(/^done (changed|none) $/);

        const keyring = openTestKeyring({ directory, password: passwords[to] ?? '' });
        for (const [key, value] of byGo)
          expect([key, await keyring.get(key)]).toEqual([key, value]);
        for (const [key, value] of Object.entries(entries))
          expect(await keyring.get(key)).toBe(value);
        expect(await filesUnder(directory, passwords[from] ?? '')).toEqual([]);
        await progress();
      }

      await Promise.all(writers.map((writer) => writer.kill()));
      const keyring = openTestKeyring({ directory, password: passwords[tried.length % 2] ?? '' });
      for (const [at, name] of ['left', 'right'].entries()) {
        const writer = writers[at];
        const last = writer === undefined ? -1 : lastAcknowledged(writer);
        expect(last).toBeGreaterThan(tried.length);
        for (let number = Math.max(0, last - ownKeys + 1); number <= last; number++) {
          const found = numberOf(await keyring.get(ownKey(name, number)));
          // The write after the last acknowledged one may be complete.
          expect([number, ...(number === last - ownKeys + 1 ? [last + 1] : [])]).toContain(found);
        }
      }
    });
  },
);
