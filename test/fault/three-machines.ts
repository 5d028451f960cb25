import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAtmosError } from '../../src/core/errors.ts';
import { decryptWith } from '../../src/keyring/age.ts';
import { revealPassword } from '../../src/keyring/file/readers.ts';
import { readPin } from '../../src/keyring/file/secret-pin.ts';
import { statePaths } from '../../src/keyring/file/state.ts';
import { filesUnder } from '../keyring/file/rekeying.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { errorOf } from '../support/error-of.ts';
import { createTeam, openAs, readerContext, readersAs, type Machine } from '../support/team.ts';
import { startWriter } from './processes.ts';
import { numbered, writeSteps } from './steps.ts';

/** Several processes share the processors of the machine. */
const timeout = 240_000;
const entries = { atmos_one: 'the first', atmos_two: 'the second' };
/** Of writing what a machine records of the keyring. */
const recordSteps = writeSteps.slice(0, 4);
const acceptCommand = 'atmos auth keyring recipients accept';

let program: Program;
const roots: ReturnType<typeof createTemporaryDirectory>[] = [];

function newDirectory(): string {
  const directory = createTemporaryDirectory();
  roots.push(directory);
  return directory.path;
}

/** A step of a change, and how many come before it. */
interface Step {
  readonly step: string;
  readonly index: number;
}

type Change = readonly ['add' | 'remove' | 'accept', string];

/**
 * Three machines with homes and identities of their own. Ann has created the keyring on a directory
 * that all three see; the others among the readers have accepted it.
 */
async function openMachines(
  readers: (team: { ann: Machine; ben: Machine; cleo: Machine }) => Machine[],
) {
  const root = newDirectory();
  const team = createTeam(root);
  const [ann, ben, cleo] = await Promise.all(['ann', 'ben', 'cleo'].map(team.machine));
  if (!ann || !ben || !cleo) throw new TypeError('three machines');
  const { directory } = team;
  const everyone = [ann, ben, cleo];
  const first = readers({ ann, ben, cleo });
  const keyring = openAs(directory, ann, { recipients: first.map(({ recipient }) => recipient) });
  for (const [key, value] of Object.entries(entries)) await keyring.set(key, value);
  for (const machine of first) if (machine !== ann) await readersAs(directory, machine).acceptAny();
  const old = await revealPassword(readerContext(directory, ann));
  const paths = statePaths(directory);

  /** Starts the change in a process of the machine, and kills it at the step. */
  async function killedAt({ home }: Machine, change: Change, { step, index }: Step): Promise<void> {
    const [command, operand] = change;
    const env = { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: join(home, 'state') };
    const victim = startWriter(program.file, [command, directory, operand, `${index}`], env);
    expect(await victim.line('')).toBe(`reached ${step}`);
    await victim.kill();
    expect(await victim.ended).toEqual({ exitCode: null, signal: 'SIGKILL', stderr: '' });
  }

  /** The steps of a change, and which of them is the first after a commit. It is then undone. */
  async function stepsOf(
    machine: Machine,
    change: (readers: ReturnType<typeof readersAs>) => Promise<unknown>,
  ) {
    const steps: string[] = [];
    let committed = -1;
    const restore = keepState();
    const onStep = (step: string) => {
      if (committed === -1 && existsSync(paths.commit)) committed = steps.length;
      steps.push(step);
    };
    await change(readersAs(directory, machine, { onStep }));
    restore();
    return { steps, committed };
  }

  /** Returns what puts every machine and the directory back as they are now. */
  function keepState(): () => void {
    const kept = join(newDirectory(), 'kept');
    cpSync(root, kept, { recursive: true, preserveTimestamps: true });
    return () => {
      rmSync(root, { recursive: true });
      cpSync(kept, root, { recursive: true, preserveTimestamps: true });
    };
  }

  /** Kills the change at a step, checks that, and puts everything back; for each of the steps. */
  async function killedAtEach(
    machine: Machine,
    change: Change,
    steps: readonly Step[],
    check: (index: number) => Promise<void>,
  ): Promise<void> {
    const restore = keepState();
    for (const { step, index } of steps) {
      await killedAt(machine, change, { step, index });
      await check(index).catch((cause: unknown) => {
        throw new Error(`after the step ${index} (${step})`, { cause });
      });
      restore();
    }
  }

  /** Every entry as the machine reads it. */
  async function valuesAs(machine: Machine): Promise<Record<string, string>> {
    const reader = openAs(directory, machine);
    const values: Record<string, string> = {};
    for (const key of await reader.keys()) values[key] = (await reader.get(key)) ?? 'missing';
    return values;
  }

  /**
   * The next command of a reader: it either opens everything, or names the command that makes it so,
   * which is then run. Returns whether it had to be.
   */
  async function opensEverything(machine: Machine, expected: Record<string, string> = entries) {
    let isTold = false;
    const values = await valuesAs(machine).catch(async (error: unknown) => {
      if (!isAtmosError(error, 'ERR_KEYRING_FOREIGN')) throw error;
      isTold = true;
      expect(error.hints).toEqual([expect.stringContaining(acceptCommand)]);
      const fingerprint = /its fingerprint is (\w+)|of its secret is (\w+)/.exec(error.message);
      await readersAs(directory, machine).accept(fingerprint?.[1] ?? fingerprint?.[2] ?? '');
      return valuesAs(machine);
    });
    expect(values).toEqual(expected);
    return isTold;
  }

  /** Nothing in the directory opens with this identity or with this secret of before. */
  async function isShutOut({ identity }: Machine) {
    expect(await filesOpenedBy(directory, identity)).toEqual([]);
    expect(await filesUnder(directory, old)).toEqual([]);
  }

  /** A later write cleans up what the killed process has left. A record contains no secret. */
  function isClean() {
    expect(readdirSync(paths.temporary)).toEqual([]);
    expect(existsSync(paths.next)).toBe(false);
    const records = everyone.flatMap(({ pins }) =>
      existsSync(pins) ? readdirSync(pins).map((name) => join(pins, name)) : [],
    );
    for (const record of records) expect(readFileSync(record, 'utf8')).not.toContain('akr1_');
  }

  const others = { stepsOf, killedAt, killedAtEach, opensEverything, isShutOut, isClean };
  return { directory, paths, old, ann, ben, cleo, ...others };
}

/** The wrapped secrets in the directory, staged ones included, that the identity opens. */
async function filesOpenedBy(directory: string, identity: string): Promise<string[]> {
  const opened: string[] = [];
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.age')) continue;
    const text = readFileSync(join(directory, name), 'latin1');
    if (!('failed' in (await decryptWith([identity], text)))) opened.push(name);
  }
  return opened;
}

/**
 * The tests of a change of the readers that is killed.
 *
 * @param tested `every`: at each step of a removal. `first`: at the first step of each name, at the
 *   commit and at the last step. The shorter changes are always killed at each step
 */
export function testThreeMachines(tested: 'every' | 'first'): void {
  beforeAll(async () => {
    program = await compileProgram('test/fault/readers-program.ts');
  });

  afterAll(() => {
    program.remove();
    for (const root of roots) root.remove();
  });

  describe.concurrent('kill -9 on one of three machines', { timeout }, () => {
    test('at each step of adding a reader', async () => {
      const machines = await openMachines(({ ann, ben }) => [ann, ben]);
      const { directory, ann, ben, cleo, opensEverything, isClean } = machines;
      const { steps } = await machines.stepsOf(ann, (readers) => readers.add(cleo.recipient));
      expect(steps).toEqual(['locked', ...writeSteps, ...recordSteps]);
      await machines.killedAtEach(ann, ['add', cleo.recipient], numbered(steps), async (index) => {
        const inTurn = index % 2 === 0 ? [ann, ben] : [ben, ann];
        for (const machine of inTurn) expect(await opensEverything(machine)).toBe(false);
        const isAdded = (await readersAs(directory, ben).list()).readers.includes(cleo.recipient);
        if (!isAdded) {
          const error = await errorOf(openAs(directory, cleo).get('atmos_one'));
          expect(error.code).toBe('ERR_KEYRING_PASSWORD_WRONG');
          expect(error.hints).toEqual([
            `a reader can add you: atmos auth keyring recipients add ${cleo.recipient}`,
          ]);
          await readersAs(directory, ben).add(cleo.recipient);
        }
        expect(await opensEverything(cleo)).toBe(true);
        await openAs(directory, cleo).set('atmos_three', 'by the new reader');
        const all = { ...entries, atmos_three: 'by the new reader' };
        for (const machine of inTurn) expect(await opensEverything(machine, all)).toBe(false);
        await readersAs(directory, ann).add(cleo.recipient);
        isClean();
      });
    });

    test('at each step of removing a reader', async () => {
      const machines = await openMachines(({ ann, ben, cleo }) => [ann, ben, cleo]);
      const { directory, paths, ann, ben, cleo, opensEverything, isShutOut, isClean } = machines;
      const before = readFileSync(paths.secret, 'utf8');
      const removal = await machines.stepsOf(ann, (readers) => readers.remove(cleo.recipient));
      const { committed } = removal;
      const steps = numbered(removal.steps).filter(
        ({ step, index }) =>
          tested === 'every' ||
          index === removal.steps.indexOf(step) ||
          index === committed ||
          index === removal.steps.length - 1,
      );
      await machines.killedAtEach(ann, ['remove', cleo.recipient], steps, async (index) => {
        const isDecided = index >= committed;
        expect(existsSync(paths.commit) || readFileSync(paths.secret, 'utf8') !== before).toBe(
          isDecided,
        );
        const staged = await filesOpenedBy(directory, cleo.identity);
        expect(staged).not.toContain(join('.state', 'next', 'secret.age'));
        const commands = [
          async () => {
            // Ann's machine made the change, so it asks nothing.
            expect(await opensEverything(ann)).toBe(false);
          },
          async () => expect(await opensEverything(ben)).toBe(isDecided),
          async () => {
            if (!isDecided) {
              expect(await opensEverything(cleo)).toBe(false);
              return;
            }
            const error = await errorOf(openAs(directory, cleo).get('atmos_one'));
            expect(error.code).toBe('ERR_KEYRING_FOREIGN');
            expect(error.message).toContain(`${cleo.recipient} was removed from the readers`);
            expect(await filesOpenedBy(directory, cleo.identity)).toEqual([]);
          },
        ];
        // The first machine completes the change, also if it is the removed one.
        for (let turn = 0; turn < 3; turn++) await commands[(index + turn) % 3]?.();

        const again = readersAs(directory, ann).remove(cleo.recipient);
        if (isDecided) expect((await errorOf(again)).message).toContain('is not a reader');
        else expect(await again).toMatchObject({ entries: 2, left: [], unreadable: [] });
        await openAs(directory, ann).set('atmos_after', 'after the removal');
        const all = { ...entries, atmos_after: 'after the removal' };
        expect(await opensEverything(ben, all)).toBe(!isDecided);
        await openAs(directory, ben).set('atmos_two', 'by Ben');
        expect(await opensEverything(ann, { ...all, atmos_two: 'by Ben' })).toBe(false);
        await isShutOut(cleo);
        isClean();
      });
    });

    test('at each step of accepting, which also completes a removal that was killed', async () => {
      const machines = await openMachines(({ ann, ben, cleo }) => [ann, ben, cleo]);
      const { directory, ann, ben, cleo, opensEverything, isShutOut, isClean } = machines;
      const change = ['remove', cleo.recipient] as const;
      const removal = await machines.stepsOf(ann, (readers) => readers.remove(cleo.recipient));
      const { committed } = removal;
      const step = removal.steps[committed] ?? '';
      await machines.killedAt(ann, change, { step, index: committed });
      const fingerprint = readPin(readerContext(directory, ann))?.next ?? '';
      const { steps } = await machines.stepsOf(ben, (readers) => readers.accept(fingerprint));
      expect(steps).toEqual([
        'entry replaced',
        'entry replaced',
        'entries synced',
        'secret replaced',
        'verifier replaced',
        'verifier synced',
        'commit removed',
        'next removed',
        ...recordSteps,
      ]);
      await machines.killedAtEach(ben, ['accept', fingerprint], numbered(steps), async (index) => {
        const isAccepted = readPin(readerContext(directory, ben))?.fingerprint === fingerprint;
        if (index % 2 === 0) expect(await opensEverything(ann)).toBe(false);
        expect(await opensEverything(ben)).toBe(!isAccepted);
        expect(await opensEverything(ann)).toBe(false);
        await openAs(directory, ben).set('atmos_after', 'after the removal');
        await opensEverything(ann, { ...entries, atmos_after: 'after the removal' });
        await isShutOut(cleo);
        isClean();
      });
    });
  });
}
