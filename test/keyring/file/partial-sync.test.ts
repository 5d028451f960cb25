import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { revealPassword } from '../../../src/keyring/file/readers.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { isAtmosError } from '../../../src/core/errors.ts';
import { errorOf } from '../../support/error-of.ts';
import { createTeam, openAs, readerContext, readersAs, type Machine } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { filesUnder } from './rekeying.ts';

const entries = { atmos_one: 'the first', atmos_two: 'the second' };

/** The text of each file of a directory, by its path in it. */
type Files = Readonly<Record<string, string>>;

/** Files that a synchronizer has no use for on another machine: locks, and links to old entries. */
const ownFiles = /^\.state\/(lock$|temporary\/|next\/replaced\/)/;

function filesOf(directory: string): Files {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(
    files
      .filter((name) => !ownFiles.test(name))
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

/** Makes the directory of a machine what a synchronizer has brought there so far. */
function bring(directory: string, files: Files): void {
  rmSync(directory, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  }
}

/** Every choice of some of the names: what may have arrived, in whatever order they do. */
function choicesOf(names: readonly string[]): string[][] {
  return names.reduce<string[][]>(
    (choices, name) => choices.flatMap((choice) => [choice, [...choice, name]]),
    [[]],
  );
}

/** Ann removes Cleo while Ben's machine is offline: the files before, at the commit, and after. */
async function removeReader() {
  const team = createTeam(temporaryDirectory());
  const [ann, ben, cleo] = await Promise.all(['ann', 'ben', 'cleo'].map(team.machine));
  if (!ann || !ben || !cleo) throw new TypeError('three machines');
  const { directory } = team;
  const recipients = [ann, ben, cleo].map(({ recipient }) => recipient);
  const keyring = openAs(directory, ann, { recipients });
  for (const [key, value] of Object.entries(entries)) await keyring.set(key, value);
  for (const machine of [ben, cleo]) await readersAs(directory, machine).acceptAny();
  const old = await revealPassword(readerContext(directory, cleo));
  const before = filesOf(directory);
  let committed: Files = {};
  const onStep = (step: string) => {
    if (step === 'read back' && existsSync(statePaths(directory).commit))
      committed = filesOf(directory);
  };
  const { fingerprint } = await readersAs(directory, ann, { onStep }).remove(cleo.recipient);
  const after = filesOf(directory);
  const offline = join(temporaryDirectory(), 'ben');
  cpSync(ben.home, offline, { recursive: true });
  return {
    directory,
    ann,
    ben,
    cleo,
    old,
    fingerprint,
    before,
    committed,
    after,
    /** Brings the files to Ben's machine, which has seen nothing of the change yet. */
    bringToBen(files: Files) {
      bring(directory, files);
      rmSync(ben.home, { recursive: true });
      cpSync(offline, ben.home, { recursive: true });
    },
  };
}

const refusals = ['ERR_KEYRING_FOREIGN', 'ERR_KEYRING_DAMAGED'];

/** The value, or the code with which the machine refuses. */
function outcomeOf<T>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: unknown) => {
    if (isAtmosError(error) && refusals.includes(error.code)) return error.code;
    throw error;
  });
}

async function expectAllOf(directory: string, machine: Machine) {
  const keyring = openAs(directory, machine);
  for (const [key, value] of Object.entries(entries)) expect(await keyring.get(key)).toBe(value);
}

test('a machine that was offline during a removal reads, refuses or says what is stale, whatever arrived', async () => {
  const { directory, ann, ben, old, fingerprint, before, after, bringToBen } = await removeReader();
  const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
  expect(changed.toSorted()).toEqual(
    [join('.state', 'secret.age'), join('.state', 'verifier'), 'atmos_one', 'atmos_two'].toSorted(),
  );
  let staleWrites = 0;
  for (const arrived of choicesOf(changed)) {
    const news = Object.fromEntries(arrived.map((name) => [name, after[name] ?? '']));
    bringToBen({ ...before, ...news });
    for (const [key, value] of Object.entries(entries)) {
      const outcome = await outcomeOf(openAs(directory, ben).get(key));
      expect([value, ...(arrived.length === 0 ? [] : refusals)]).toContain(outcome);
    }
    const written = await outcomeOf(openAs(directory, ben).set('atmos_new', 'of Ben'));
    const isStale = written === undefined;
    if (isStale) staleWrites++;
    // With the news of the change, nothing is written with the secret that Cleo knows.
    if (arrived.some((name) => name.startsWith('.state'))) expect(refusals).toContain(written);
    const { atmos_new: fresh } = filesOf(directory);
    bring(directory, { ...after, ...(fresh === undefined ? {} : { atmos_new: fresh }) });
    const foreign = await errorOf(openAs(directory, ben).get('atmos_one'));
    expect(foreign.code).toBe('ERR_KEYRING_FOREIGN');
    await readersAs(directory, ben).accept(fingerprint);
    for (const machine of [ann, ben]) {
      await expectAllOf(directory, machine);
      const stale = openAs(directory, machine).get('atmos_new');
      if (!isStale) expect(await stale).toBeNull();
      else
        expect(await errorOf(stale)).toMatchObject({
          code: 'ERR_KEYRING_DAMAGED',
          message: `the entry ${join(directory, 'atmos_new')} is damaged: it was changed, or encrypted with another password`,
        });
    }
    expect(await filesUnder(directory, old)).toEqual(isStale ? ['atmos_new'] : []);
  }
  // Only where nothing or a part of the entries had arrived.
  expect(staleWrites).toBe(3);
});

test('a machine completes a removal that was killed elsewhere only when everything has arrived', async () => {
  const { directory, ann, ben, fingerprint, before, committed, after, bringToBen } =
    await removeReader();
  const next = Object.keys(committed).filter((name) => name.startsWith(join('.state', 'next')));
  const commit = join('.state', 'next', 'commit');
  const staged = next.filter((name) => name !== commit);
  expect(staged).toHaveLength(4);
  const results = [before, committed, after];
  for (const arrived of choicesOf(staged)) {
    const news = Object.fromEntries(
      [commit, ...arrived].map((name) => [name, committed[name] ?? '']),
    );
    bringToBen({ ...before, ...news });
    for (const key of Object.keys(entries))
      expect(refusals).toContain(await outcomeOf(openAs(directory, ben).get(key)));
    expect(refusals).toContain(await outcomeOf(openAs(directory, ben).set('atmos_new', 'of Ben')));
    const now = filesOf(directory);
    const needed = [...Object.keys(entries), join('.state', 'secret.age')];
    for (const name of needed) expect(results.map((files) => files[name])).toContain(now[name]);
    // Its synchronizer takes the completed change back to the machine that was killed.
    if (!(commit in now)) for (const name of needed) expect(now[name]).toBe(committedText(name));
    else for (const name of needed) expect(now[name]).toBe(before[name]);

    for (const name of staged.filter((one) => !arrived.includes(one) && commit in now)) {
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, committed[name] ?? '', { mode: 0o600 });
    }
    await readersAs(directory, ben).accept(fingerprint);
    for (const machine of [ann, ben]) await expectAllOf(directory, machine);
  }

  /** What the committed change puts in the place of a file. */
  function committedText(name: string): string | undefined {
    const isEntry = !name.startsWith('.state');
    return committed[
      isEntry ? join('.state', 'next', 'entries', name) : join('.state', 'next', 'secret.age')
    ];
  }
});
