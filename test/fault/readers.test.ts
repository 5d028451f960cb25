import { once, EventEmitter } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { isAtmosError } from '../../src/core/errors.ts';
import { revealPassword } from '../../src/keyring/file/readers.ts';
import { statePaths } from '../../src/keyring/file/state.ts';
import { filesUnder } from '../keyring/file/rekeying.ts';
import {
  createTeam,
  openAs,
  readerContext,
  readersAs,
  type Machine,
  type ReaderOptions,
} from '../support/team.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Each step is checked with all machines. */
const timeout = 240_000;
const entries = { atmos_one: 'the first', atmos_three: 'x'.repeat(3000), atmos_two: 'the second' };

/** Three machines, whose homes and whose shared directory are below the root. */
async function openMachines() {
  const root = join(temporaryDirectory(), 'root');
  const copies = temporaryDirectory();
  cpSync(temporaryDirectory(), root, { recursive: true });
  const team = createTeam(root);
  const [ann, ben, cleo] = await Promise.all(['ann', 'ben', 'cleo'].map(team.machine));
  if (!ann || !ben || !cleo) throw new TypeError('three machines');
  const { directory } = team;
  return {
    directory,
    ann,
    ben,
    cleo,
    /**
     * Makes a change, and then for each of its steps: puts everything back as it was right after the
     * step, as a killed process leaves it, and checks that.
     */
    async killedAtEachStep(
      change: (options: ReaderOptions) => Promise<unknown>,
      check: () => Promise<void>,
    ): Promise<string[]> {
      const steps: string[] = [];
      const copyOf = (nth: number) => join(copies, String(nth));
      await change({
        onStep(step) {
          cpSync(root, copyOf(steps.length), { recursive: true, preserveTimestamps: true });
          steps.push(step);
        },
      });
      for (const [nth, step] of steps.entries()) {
        rmSync(root, { recursive: true });
        cpSync(copyOf(nth), root, { recursive: true, preserveTimestamps: true });
        await check().catch((cause: unknown) => {
          throw new Error(`after the step ${nth} (${step})`, { cause });
        });
      }
      return steps;
    },
  };
}

/** Every entry as the machine reads it, after it has accepted the secret if it must. */
async function valuesAs(directory: string, machine: Machine): Promise<Record<string, string>> {
  await acceptIfForeign(directory, machine);
  const keyring = openAs(directory, machine);
  const values: Record<string, string> = {};
  for (const key of await keyring.keys()) values[key] = (await keyring.get(key)) ?? 'missing';
  return values;
}

async function acceptIfForeign(directory: string, machine: Machine): Promise<boolean> {
  const readers = readersAs(directory, machine);
  try {
    await readers.list();
    return false;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_KEYRING_FOREIGN')) throw error;
    await readers.acceptAny();
    return true;
  }
}

async function storeEntries(directory: string, ann: Machine, recipients: readonly string[]) {
  const keyring = openAs(directory, ann, { recipients });
  for (const [key, value] of Object.entries(entries)) await keyring.set(key, value);
}

test(
  'a keyring whose creation is killed at any step is created by the next command',
  { timeout },
  async () => {
    const { directory, ann, ben, killedAtEachStep } = await openMachines();
    const recipients = [ann.recipient, ben.recipient];
    const steps = await killedAtEachStep(
      ({ onStep = () => {} }) =>
        openAs(directory, ann, { recipients, onStep }).set('atmos_one', 'killed'),
      async () => {
        // The secret may be stored, and not yet accepted by the machine that has made it.
        if (readdirSync(statePaths(directory).root).includes('secret.age'))
          await acceptIfForeign(directory, ann);
        await storeEntries(directory, ann, recipients);
        expect(await valuesAs(directory, ann)).toEqual(entries);
        expect(await valuesAs(directory, ben)).toEqual(entries);
      },
    );
    expect(steps).toContain('secret accepted');
  },
);

test(
  'a removal that is killed at any step loses nothing, and its repetition completes it',
  { timeout },
  async () => {
    const { directory, ann, ben, cleo, killedAtEachStep } = await openMachines();
    await storeEntries(directory, ann, [ann.recipient, ben.recipient, cleo.recipient]);
    for (const machine of [ben, cleo]) await readersAs(directory, machine).acceptAny();
    const old = await revealPassword(readerContext(directory, cleo));
    let decided = 0;
    const steps = await killedAtEachStep(
      (options) => readersAs(directory, ann, options).remove(cleo.recipient),
      async () => {
        // The machine that has made the change accepts it without a question.
        expect(await valuesAs(directory, ann)).toEqual(entries);
        expect(await acceptIfForeign(directory, ann)).toBe(false);
        const wasChanged = await acceptIfForeign(directory, ben);
        if (wasChanged) decided++;
        expect(await valuesAs(directory, ben)).toEqual(entries);
        const again = await readersAs(directory, ann)
          .remove(cleo.recipient)
          .then(
            () => 'removed',
            (error: unknown) => isAtmosError(error) && error.message,
          );
        const notReader = `"${cleo.recipient}" is not a reader of the keyring ${directory}`;
        expect(again).toBe(wasChanged ? notReader : 'removed');
        await openAs(directory, ann).set('atmos_new', 'after the removal');
        expect(await filesUnder(directory, old)).toEqual([]);
        await expect(openAs(directory, cleo).get('atmos_new')).rejects.toThrow(
          'was removed from the readers',
        );
        expect(await valuesAs(directory, ben)).toEqual({
          ...entries,
          atmos_new: 'after the removal',
        });
        expect(readdirSync(statePaths(directory).root)).not.toContain('next');
      },
    );
    expect(decided).toBeGreaterThan(5);
    expect(steps).toEqual(expect.arrayContaining(['secret replaced', 'verifier replaced']));
  },
);

test('a staged removal whose new secret is missing replaces no entry', { timeout }, async () => {
  const { directory, ann, ben, killedAtEachStep } = await openMachines();
  await storeEntries(directory, ann, [ann.recipient, ben.recipient]);
  const paths = statePaths(directory);
  let checked = 0;
  await killedAtEachStep(
    (options) => readersAs(directory, ann, options).remove(ben.recipient),
    async () => {
      const before = readFileSync(join(directory, 'atmos_one'), 'latin1');
      const isCommitted =
        readdirSync(paths.root).includes('next') && readdirSync(paths.next).includes('commit');
      if (!isCommitted || !readdirSync(paths.next).includes('secret.age')) return;
      checked++;
      rmSync(paths.nextSecret);
      await expect(openAs(directory, ann).get('atmos_one')).rejects.toMatchObject({
        code: 'ERR_KEYRING_DAMAGED',
        message: `a change of the readers was interrupted, and the new wrapped secret ${paths.nextSecret} is missing`,
      });
      expect(readFileSync(join(directory, 'atmos_one'), 'latin1')).toBe(before);
    },
  );
  expect(checked).toBeGreaterThan(3);
});

test(
  'a machine that writes during a removal loses nothing, and writes nothing with the old secret',
  { timeout },
  async () => {
    const { directory, ann, ben, cleo } = await openMachines();
    await storeEntries(directory, ann, [ann.recipient, ben.recipient, cleo.recipient]);
    for (const machine of [ben, cleo]) await readersAs(directory, machine).acceptAny();
    const old = await revealPassword(readerContext(directory, cleo));
    const writer = startWriting(directory, ben);
    await writer.acknowledges(3);
    await readersAs(directory, ann).remove(cleo.recipient);
    await writer.isRefused;
    await readersAs(directory, ben).acceptAny();
    writer.goOn();
    await writer.acknowledges(3);
    const written = await writer.stop();
    expect(await filesUnder(directory, old)).toEqual([]);
    for (const machine of [ann, ben])
      expect(await valuesAs(directory, machine)).toEqual({ ...entries, ...written });
  },
);

/** Writes value after value with one open keyring, until it is refused; then waits for `goOn`. */
function startWriting(directory: string, machine: Machine) {
  const keyring = openAs(directory, machine);
  const written: Record<string, string> = {};
  const events = new EventEmitter();
  const isRefused = once(events, 'refused');
  const stopping = new AbortController();
  const ended = (async () => {
    for (let number = 0; !stopping.signal.aborted;) {
      // A write with a known key never waits, so nothing else in this process would run.
      await setImmediate();
      const [key, value] = [`atmos_written_${number % 5}`, `value ${number}`];
      try {
        await keyring.set(key, value);
        written[key] = value;
        number++;
        events.emit('acknowledged');
      } catch (error) {
        if (!isAtmosError(error, 'ERR_KEYRING_FOREIGN')) throw error;
        const goesOn = once(events, 'go on');
        events.emit('refused');
        await goesOn;
      }
    }
  })();
  onTestFinished(() => {
    stopping.abort();
    events.emit('go on');
  });
  return {
    isRefused: Promise.race([isRefused, ended]),
    goOn: () => void events.emit('go on'),
    async acknowledges(count: number) {
      for (let seen = 0; seen < count; seen++)
        await Promise.race([once(events, 'acknowledged'), ended]);
    },
    async stop() {
      stopping.abort();
      await ended;
      return written;
    },
  };
}
