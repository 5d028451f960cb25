import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { maxEntryBytes } from '../../../src/keyring/file/entry.ts';
import { parseJwe } from '../../../src/keyring/file/jwe.ts';
import { fileInspector } from '../../../src/keyring/file/inspect.ts';
import { rekeyKeyring } from '../../../src/keyring/file/rekey.ts';
import { revealPassword } from '../../../src/keyring/file/readers.ts';
import { decryptWith, encryptFor } from '../../../src/keyring/age.ts';
import {
  formatSharedSecret,
  maxRevision,
  parseSharedSecret,
  type SharedSecret,
} from '../../../src/keyring/file/shared-secret.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { errorOf } from '../../support/error-of.ts';
import { createTestContext, openTestKeyring } from '../../support/file-keyring.ts';
import {
  createTeam,
  openAs,
  readerContext,
  readersAs,
  type Machine,
  type Team,
} from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Ann has created the keyring for Ben and herself, and Ben has accepted it. Cleo has nothing. */
async function openTeam() {
  const team = createTeam(temporaryDirectory());
  const [ann, ben, cleo] = await Promise.all(['ann', 'ben', 'cleo'].map(team.machine));
  if (!ann || !ben || !cleo) throw new TypeError('three machines');
  const { directory } = team;
  const recipients = [ann.recipient, ben.recipient];
  await openAs(directory, ann, { recipients }).set('atmos_one', 'the first');
  await readersAs(directory, ben).acceptAny();
  return { ...team, ann, ben, cleo, recipients };
}

function parametersOf(directory: string, name: string) {
  const token = parseJwe(readFileSync(join(directory, name), 'latin1'));
  if ('fault' in token) throw new TypeError(token.fault);
  return token.parameters;
}

const secretOf = ({ directory }: Pick<Team, 'directory'>) => statePaths(directory).secret;

/** What a machine says to a state of the directory. */
async function codeFor(directory: string, machine: Machine): Promise<string> {
  const { code, message } = await errorOf(openAs(directory, machine).get('atmos_one'));
  return `${code}: ${message}`;
}

describe('a new keyring with readers', () => {
  test('is opened by each of them with the identity file alone', async () => {
    const { directory, ann, ben } = await openTeam();
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
    await openAs(directory, ben).set('atmos_two', 'of Ben');
    expect(await openAs(directory, ann).get('atmos_two')).toBe('of Ben');
  });

  test('has entries with the fewest rounds, which do not count as weak', async () => {
    const { directory, ann } = await openTeam();
    expect(parametersOf(directory, 'atmos_one')).toMatchObject({
      algorithm: 'PBES2-HS512+A256KW',
      rounds: 1000,
    });
    expect(fileInspector.describe(readerContext(directory, ann))).toMatchObject({ weakEntries: 0 });
    const upgraded = await rekeyKeyring(readerContext(directory, ann));
    expect(upgraded).toMatchObject({ outcome: 'none', weakOthers: 0 });
  });

  test('reveals a password that opens the entries without its readers', async () => {
    const { directory, ben } = await openTeam();
    const password = await revealPassword(readerContext(directory, ben));
    expect(password).toMatch(/^akr1_[\w-]{43}$/);
    const keyring = openTestKeyring({ directory, password });
    expect(await keyring.get('atmos_one')).toBe('the first');
    await keyring.set('atmos_two', 'by the password');
    expect(parametersOf(directory, 'atmos_two').rounds).toBe(1000);
  });

  test('reveals the new password after a removal that was interrupted at its end', async () => {
    const { directory, ann, ben } = await openTeam();
    const interrupted = readersAs(directory, ann, {
      onStep(step) {
        if (step === 'entry replaced') throw new TypeError('interrupted');
      },
    });
    await expect(interrupted.remove(ben.recipient)).rejects.toThrow('interrupted');
    const password = await revealPassword(readerContext(directory, ann));
    const keyring = openTestKeyring({ directory, password });
    expect(await keyring.get('atmos_one')).toBe('the first');
  });

  test('prompts for no password where the settings do not name its readers', async () => {
    const { directory } = await openTeam();
    const promptPassword = () => {
      throw new TypeError('a prompt');
    };
    const keyring = openTestKeyring({ directory, password: null, promptPassword });
    const message = `the keyring ${directory} has readers, and auth.keyring.spec.identity_file is not set`;
    expect(await errorOf(keyring.get('atmos_one'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
      message,
    });
    expect(await keyring.probe()).toEqual({ state: 'locked', reason: message });
  });

  test('keeps the secret of the process that came first', async () => {
    const team = createTeam(temporaryDirectory());
    const ann = await team.machine('ann');
    const { directory } = team;
    const recipients = [ann.recipient];
    const keyrings = ['a', 'b', 'c'].map(() => openAs(directory, ann, { recipients }));
    await Promise.all(keyrings.map((keyring, at) => keyring.set(`atmos_${at}`, `value ${at}`)));
    const later = openAs(directory, ann);
    expect(await later.keys()).toEqual(['atmos_0', 'atmos_1', 'atmos_2']);
    expect(await later.get('atmos_1')).toBe('value 1');
  });

  test('is not created without the own recipient', async () => {
    const team = createTeam(temporaryDirectory());
    const [ann, ben] = [await team.machine('ann'), await team.machine('ben')];
    const keyring = openAs(team.directory, ann, { recipients: [ben.recipient] });
    const error = await errorOf(keyring.set('atmos_one', 'x'));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      `the recipients (from auth.keyring.spec.recipients) do not include your own, so you could not read the keyring ${team.directory}`,
    );
    expect(error.hints).toEqual([`add ${ann.recipient} to auth.keyring.spec.recipients`]);
  });

  test('is not created without recipients', async () => {
    const team = createTeam(temporaryDirectory());
    const error = await errorOf(
      openAs(team.directory, await team.machine('ann')).set('atmos_one', 'x'),
    );
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(error.message).toContain('auth.keyring.spec.recipients does not say who can read it');
  });

  test('does not take over a keyring with a password', async () => {
    const team = createTeam(temporaryDirectory());
    const ann = await team.machine('ann');
    await openTestKeyring({ directory: team.directory }).set('atmos_one', 'under a password');
    const keyring = openAs(team.directory, ann, { recipients: [ann.recipient] });
    for (const use of [() => keyring.get('atmos_one'), () => keyring.set('atmos_two', 'x')]) {
      const error = await errorOf(use());
      expect(error.code).toBe('ERR_KEYRING_FOREIGN');
      expect(error.message).toContain('has a password and no readers');
    }
    expect(readdirSync(team.directory).toSorted()).toEqual(['.state', 'atmos_one']);
  });

  test('has no password that can be changed', async () => {
    const { directory, ann } = await openTeam();
    const newPassword = { ask: async () => 'a new password' };
    const password = await revealPassword(readerContext(directory, ann));
    for (const context of [
      readerContext(directory, ann),
      createTestContext({ directory, password }),
    ]) {
      const error = await errorOf(rekeyKeyring(context, { newPassword }));
      expect(error.code).toBe('ERR_USAGE');
      expect(error.message).toContain('has readers instead of a password');
    }
  });
});

describe('a reader who is added', () => {
  test('reads everything after accepting the fingerprint', async () => {
    const { directory, ann, cleo } = await openTeam();
    expect(await codeFor(directory, cleo)).toContain(
      `ERR_KEYRING_PASSWORD_WRONG: the identity file ${cleo.identityFile} (from auth.keyring.spec.identity_file) does not open the keyring ${directory}: ${cleo.recipient} is not one of its readers`,
    );
    const { fingerprint, readers } = await readersAs(directory, ann).add(cleo.recipient);
    expect(readers).toContain(cleo.recipient);
    expect(await codeFor(directory, cleo)).toBe(
      `ERR_KEYRING_FOREIGN: the keyring ${directory} was not accepted on this machine; the fingerprint of its secret is ${fingerprint}`,
    );
    const change = await readersAs(directory, cleo).accept(fingerprint.toUpperCase());
    expect(change).toMatchObject({ before: undefined, removed: [], added: readers });
    expect(await openAs(directory, cleo).get('atmos_one')).toBe('the first');
  });

  test('is reported once on the other machines', async () => {
    const { directory, ann, ben, cleo } = await openTeam();
    await readersAs(directory, ann).add(cleo.recipient);
    const warnings: string[] = [];
    for (let uses = 0; uses < 2; uses++)
      await openAs(directory, ben, { warnings }).get('atmos_one');
    expect(warnings).toEqual([
      `the readers of the keyring ${directory} were changed by another reader: added ${cleo.recipient}`,
    ]);
  });

  test('is also reported on a machine whose own removal was interrupted before', async () => {
    const { directory, ann, ben, cleo } = await openTeam();
    const interrupted = readersAs(directory, ann, {
      onStep(step) {
        if (step === 'next made') throw new TypeError('interrupted');
      },
    });
    await expect(interrupted.remove(ben.recipient)).rejects.toThrow('interrupted');
    await readersAs(directory, ben).add(cleo.recipient);
    const warnings: string[] = [];
    await openAs(directory, ann, { warnings }).get('atmos_one');
    expect(warnings).toEqual([
      `the readers of the keyring ${directory} were changed by another reader: added ${cleo.recipient}`,
    ]);
  });

  test('does not need a new secret, and adding one twice changes nothing', async () => {
    const team = await openTeam();
    const { directory, ann, ben } = team;
    const before = readFileSync(secretOf(team), 'utf8');
    await readersAs(directory, ann).add(ben.recipient);
    expect(readFileSync(secretOf(team), 'utf8')).toBe(before);
  });
});

describe('a reader who is removed', () => {
  test('reads nothing that is in the directory afterwards', async () => {
    const { directory, ann, ben } = await openTeam();
    const old = await revealPassword(readerContext(directory, ben));
    const removed = await readersAs(directory, ann).remove(ben.recipient);
    expect(removed).toMatchObject({
      readers: [ann.recipient],
      entries: 1,
      unreadable: [],
      left: [],
    });
    await openAs(directory, ann).set('atmos_two', 'after the removal');
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
    expect(await codeFor(directory, ben)).toBe(
      `ERR_KEYRING_FOREIGN: ${ben.recipient} was removed from the readers of the keyring ${directory}, or ${statePaths(directory).secret} was replaced`,
    );
    for (const key of ['atmos_one', 'atmos_two']) {
      const error = await errorOf(openTestKeyring({ directory, password: old }).get(key));
      expect(error.code).toBe('ERR_KEYRING_PASSWORD_WRONG');
    }
  });

  test('makes every other machine accept the new secret', async () => {
    const { directory, ann, ben, cleo } = await openTeam();
    await readersAs(directory, ann).add(cleo.recipient);
    const { fingerprint: before } = await readersAs(directory, ben).list();
    const stale = openAs(directory, ben);
    expect(await stale.get('atmos_one')).toBe('the first');
    const { fingerprint } = await readersAs(directory, ann).remove(cleo.recipient);
    const foreign = `the secret of the keyring ${directory} was changed on another machine and not accepted on this one; its fingerprint is ${fingerprint}, before it was ${before}`;
    for (const use of [
      () => stale.set('atmos_two', 'x'),
      () => stale.get('atmos_one'),
      () => openAs(directory, ben).set('atmos_two', 'x'),
      () => readersAs(directory, ben).list(),
    ]) {
      const error = await errorOf(use());
      expect(error).toMatchObject({ code: 'ERR_KEYRING_FOREIGN', message: foreign });
    }
    expect(readdirSync(directory)).not.toContain('atmos_two');
    expect(await readersAs(directory, ben).acceptAny()).toMatchObject({
      before,
      added: [],
      removed: [cleo.recipient],
    });
    await stale.set('atmos_two', 'of the stale process');
    expect(await openAs(directory, ann).get('atmos_two')).toBe('of the stale process');
  });

  test('has to be a reader, and not the last one', async () => {
    const { directory, ann, ben, cleo } = await openTeam();
    const readers = readersAs(directory, ann);
    const unknown = await errorOf(readers.remove(cleo.recipient));
    expect(unknown.code).toBe('ERR_USAGE');
    expect(unknown.message).toBe(`"${cleo.recipient}" is not a reader of the keyring ${directory}`);
    const secret = await errorOf(readers.remove(ann.identity));
    expect(secret.message).toBe(`a secret key is not a reader of the keyring ${directory}`);
    await readers.remove(ben.recipient);
    const last = await errorOf(readers.remove(ann.recipient));
    expect(last.message).toBe(
      `${ann.recipient} is the last reader of the keyring ${directory}: no one could read it`,
    );
  });

  test('cannot prevent it by files that do not open, which stay as they are', async () => {
    const { directory, ann, ben } = await openTeam();
    const other = await createTeam(temporaryDirectory()).machine('other');
    const foreign = join(temporaryDirectory(), 'foreign');
    const ofOther = { recipients: [other.recipient] };
    await openAs(foreign, other, ofOther).set('atmos_foreign', 'under another secret');
    cpSync(join(foreign, 'atmos_foreign'), join(directory, 'atmos_foreign'));
    const entry = readFileSync(join(directory, 'atmos_one'), 'latin1');
    const write = (name: string, text: string) =>
      writeFileSync(join(directory, name), text, { mode: 0o600 });
    write('atmos_changed', entry.replace(/[^.]{4}$/, 'AAAA'));
    write('atmos_junk', 'junk');
    write('atmos_large', 'x'.repeat(maxEntryBytes + 1));
    symlinkSync('/dev/null', join(directory, 'atmos_link'));
    const unreadable = [
      'atmos_changed',
      'atmos_foreign',
      'atmos_junk',
      'atmos_large',
      'atmos_link',
    ];
    const texts = () =>
      unreadable.slice(0, 4).map((name) => readFileSync(join(directory, name), 'latin1'));
    const before = texts();
    const removed = await readersAs(directory, ann).remove(ben.recipient);
    expect(removed).toMatchObject({ readers: [ann.recipient], entries: 6, unreadable, left: [] });
    expect(texts()).toEqual(before);
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
    expect(await codeFor(directory, ben)).toContain('ERR_KEYRING_FOREIGN');
  });

  test('stays a reader if an entry that may open cannot be re-encrypted', async () => {
    const team = await openTeam();
    const { directory, ann, ben } = team;
    const before = readFileSync(secretOf(team), 'utf8');
    await openAs(directory, ann).set('atmos_open', 'readable for all users');
    chmodSync(join(directory, 'atmos_open'), 0o644);
    const error = await errorOf(readersAs(directory, ann).remove(ben.recipient));
    expect(error.code).toBe('ERR_KEYRING_PERMISSIONS');
    expect(error.message).toContain('nothing was changed');
    expect(readFileSync(secretOf(team), 'utf8')).toBe(before);
    expect(await openAs(directory, ben).get('atmos_one')).toBe('the first');
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
  });

  test('can be removed from a keyring that has lost its verifier and its entries', async () => {
    const { directory, ann, ben } = await openTeam();
    rmSync(statePaths(directory).verifier);
    rmSync(join(directory, 'atmos_one'));
    await readersAs(directory, ann).remove(ben.recipient);
    await openAs(directory, ann).set('atmos_one', 'x');
    expect(await codeFor(directory, ben)).toContain('ERR_KEYRING_FOREIGN');
  });
});

describe('an attacker who can write to the directory', () => {
  test('cannot replace the wrapped secret', async () => {
    const team = await openTeam();
    const { directory, ann, cleo, recipients } = team;
    const other = createTeam(temporaryDirectory());
    const own = [...recipients, cleo.recipient];
    await openAs(other.directory, cleo, { recipients: own }).set('atmos_one', 'of the attacker');
    cpSync(secretOf(other), secretOf(team));
    expect(await codeFor(directory, ann)).toContain(
      `ERR_KEYRING_FOREIGN: the secret of the keyring ${directory} was changed on another machine`,
    );
    // A person is not even asked: the secret does not open the entries.
    const error = await errorOf(readersAs(directory, ann).look());
    expect(error.code).toBe('ERR_KEYRING_DAMAGED');
    expect(error.message).toContain(`does not open the entries of the keyring ${directory}`);
  });

  test('cannot replace the whole keyring', async () => {
    const team = await openTeam();
    const { directory, ann, cleo, recipients } = team;
    const other = createTeam(temporaryDirectory());
    const own = [...recipients, cleo.recipient];
    await openAs(other.directory, cleo, { recipients: own }).set('atmos_one', 'of the attacker');
    rmSync(directory, { recursive: true });
    cpSync(other.directory, directory, { recursive: true });
    const error = await errorOf(openAs(directory, ann).set('atmos_two', 'a secret'));
    expect(error.code).toBe('ERR_KEYRING_FOREIGN');
    expect(await readersAs(directory, ann).look()).toMatchObject({ added: [cleo.recipient] });
  });

  test('cannot edit the wrapped secret', async () => {
    const team = await openTeam();
    const text = readFileSync(secretOf(team), 'utf8');
    const lines = text.split('\n');
    for (const at of [1, 3, lines.length - 3]) {
      const [line = ''] = [lines[at]];
      const edited = `${line.startsWith('A') ? 'B' : 'A'}${line.slice(1)}`;
      writeFileSync(secretOf(team), lines.with(at, edited).join('\n'));
      expect(await codeFor(team.directory, team.ann)).toMatch(
        /^ERR_KEYRING_(DAMAGED: the wrapped secret|FOREIGN: age1\w+ was removed .* was replaced$)/,
      );
    }
    writeFileSync(secretOf(team), 'nothing\n');
    expect(await codeFor(team.directory, team.ann)).toBe(
      `ERR_KEYRING_DAMAGED: the wrapped secret ${secretOf(team)} is damaged`,
    );
  });

  test('cannot remove the wrapped secret so that a new one is created', async () => {
    const team = await openTeam();
    const { directory, ann, recipients } = team;
    rmSync(directory, { recursive: true });
    const error = await errorOf(openAs(directory, ann, { recipients }).set('atmos_one', 'x'));
    expect(error.code).toBe('ERR_KEYRING_DAMAGED');
    expect(error.message).toBe(
      `the wrapped secret of the keyring ${directory} is missing: ${secretOf(team)}`,
    );
  });

  test('cannot move entries of another keyring in', async () => {
    const { directory, ann, recipients } = await openTeam();
    const other = createTeam(temporaryDirectory());
    await openAs(other.directory, ann, { recipients }).set('atmos_one', 'of another keyring');
    cpSync(join(other.directory, 'atmos_one'), join(directory, 'atmos_one'));
    expect(await codeFor(directory, ann)).toBe(
      `ERR_KEYRING_DAMAGED: the entry ${join(directory, 'atmos_one')} is damaged: it was changed, or encrypted with another password`,
    );
    cpSync(statePaths(other.directory).verifier, statePaths(directory).verifier);
    expect(await codeFor(directory, ann)).toContain(
      `ERR_KEYRING_DAMAGED: the secret of the keyring ${directory} opens neither its verifier nor its entries`,
    );
  });

  test('cannot put an older secret back', async () => {
    const team = await openTeam();
    const { directory, ann, ben } = team;
    const older = join(temporaryDirectory(), 'older');
    cpSync(directory, older, { recursive: true });
    const { fingerprint: before } = await readersAs(directory, ann).list();
    const { fingerprint } = await readersAs(directory, ann).remove(ben.recipient);
    rmSync(directory, { recursive: true });
    renameSync(older, directory);
    const message = `an older state of the keyring ${directory} was put back: its secret ${before} was replaced by ${fingerprint}`;
    for (const use of [
      () => openAs(directory, ann).get('atmos_one'),
      () => openAs(directory, ann).set('atmos_two', 'x'),
      () => readersAs(directory, ann).look(),
      () => readersAs(directory, ann).accept(before),
    ]) {
      expect(await errorOf(use())).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', message });
    }
  });

  test('cannot make an older verifier the reason to write with an older secret', async () => {
    const { directory, ann, ben } = await openTeam();
    const { verifier } = statePaths(directory);
    const older = readFileSync(verifier);
    await readersAs(directory, ann).remove(ben.recipient);
    writeFileSync(verifier, older);
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
    const error = await errorOf(openAs(directory, ann).set('atmos_two', 'x'));
    expect(error.code).toBe('ERR_KEYRING_DAMAGED');
    expect(error.message).toBe(
      `the secret of the keyring ${directory} opens its entries but not ${verifier}: that file belongs to another secret, or to an earlier state of the keyring`,
    );
    expect(error.hints).toEqual([
      'wait until the directory is synchronized',
      expect.stringContaining(`rm ${verifier}`),
    ]);
    rmSync(verifier);
    await openAs(directory, ann).set('atmos_two', 'of Ann');
    expect(await openAs(directory, ann).get('atmos_two')).toBe('of Ann');
  });

  test.each(['the wrapped secret', 'the entries', 'the entries and the verifier'])(
    'cannot put back %s of before a removal',
    async (part) => {
      const { directory, ann, ben } = await openTeam();
      const { secret, verifier } = statePaths(directory);
      const entry = join(directory, 'atmos_one');
      const paths =
        {
          'the wrapped secret': [secret],
          'the entries': [entry],
          'the entries and the verifier': [entry, verifier],
        }[part] ?? [];
      const older = paths.map((path) => readFileSync(path));
      const { fingerprint: before } = await readersAs(directory, ann).list();
      const { fingerprint } = await readersAs(directory, ann).remove(ben.recipient);
      for (const [at, path] of paths.entries()) writeFileSync(path, older[at] ?? '');
      const message = {
        'the wrapped secret': `an older state of the keyring ${directory} was put back: its secret ${before} was replaced by ${fingerprint}`,
        'the entries': `the entry ${entry} is damaged: it was changed, or encrypted with another password`,
        'the entries and the verifier': `the secret of the keyring ${directory} opens neither its verifier nor its entries: they belong to another keyring or to an earlier state of this one`,
      }[part];
      expect(await codeFor(directory, ann)).toBe(`ERR_KEYRING_DAMAGED: ${message}`);
      const refused = await errorOf(openAs(directory, ann).set('atmos_one', 'x'));
      expect(refused.code).toBe('ERR_KEYRING_DAMAGED');
      expect(readFileSync(paths[0] ?? '')).toEqual(older[0]);
    },
  );

  test('cannot make the secret that a removed reader knows look newer', async () => {
    const team = await openTeam();
    const { directory, ann, ben, recipients } = team;
    const secret = await revealPassword(readerContext(directory, ben));
    const { fingerprint: before } = await readersAs(directory, ann).list();
    const { fingerprint } = await readersAs(directory, ann).remove(ben.recipient);
    const readers = recipients.toSorted();
    const shared = { secret, revision: 99, readers, earlier: [fingerprint] };
    const forged = await encryptFor(readers, formatSharedSecret(shared));
    writeFileSync(secretOf(team), forged);
    const message = `an older state of the keyring ${directory} was put back: its secret ${before} was replaced by ${fingerprint}`;
    for (const use of [
      () => openAs(directory, ann).get('atmos_one'),
      () => openAs(directory, ann).set('atmos_two', 'x'),
      () => readersAs(directory, ann).accept(before),
    ])
      expect(await errorOf(use())).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', message });
  });

  test('cannot put an older list of readers back', async () => {
    const team = await openTeam();
    const { directory, ann, cleo } = team;
    const older = readFileSync(secretOf(team));
    await readersAs(directory, ann).add(cleo.recipient);
    writeFileSync(secretOf(team), older);
    expect(await codeFor(directory, ann)).toBe(
      `ERR_KEYRING_DAMAGED: an older list of readers of the keyring ${directory} was put back: revision 1, and this machine has seen revision 2`,
    );
  });
});

describe('a reader who writes the wrapped secret with other software', () => {
  type OpenedTeam = Awaited<ReturnType<typeof openTeam>>;

  async function sharedOf({ directory, ann }: OpenedTeam): Promise<SharedSecret> {
    const opened = await decryptWith(
      [ann.identity],
      readFileSync(secretOf({ directory }), 'latin1'),
    );
    const shared = parseSharedSecret('text' in opened ? opened.text : '');
    if (shared === undefined || 'newer' in shared) throw new TypeError('no secret');
    return shared;
  }

  async function write(
    team: OpenedTeam,
    shared: SharedSecret,
    keys: readonly string[] = team.recipients,
  ): Promise<void> {
    writeFileSync(secretOf(team), await encryptFor(keys, formatSharedSecret(shared)));
  }

  test('cannot make a revision from which no reader can be added', async () => {
    const team = await openTeam();
    const { directory, ann, ben, cleo } = team;
    const shared = await sharedOf(team);
    await write(team, { ...shared, revision: Number.MAX_SAFE_INTEGER });
    expect(await codeFor(directory, ben)).toContain('is damaged');
    expect(await errorOf(readersAs(directory, ben).add(cleo.recipient))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
    });
    await write(team, { ...shared, revision: maxRevision });
    const { code, message, hints } = await errorOf(readersAs(directory, ben).add(cleo.recipient));
    expect(code).toBe('ERR_KEYRING_TOO_LARGE');
    expect(message).toMatch(/has the revision 1000000, the last one of its secret$/);
    expect(hints).toEqual([
      'changes the secret, which starts again at 1: atmos auth keyring recipients remove <recipient>',
    ]);
    expect(await openAs(directory, ben).get('atmos_one')).toBe('the first');
    const { readers } = await readersAs(directory, ben).remove(ann.recipient);
    expect(readers).toEqual([ben.recipient]);
    await readersAs(directory, ben).add(cleo.recipient);
    expect(await openAs(directory, ben).get('atmos_one')).toBe('the first');
  });

  test('cannot list a key that makes each later change fail', async () => {
    const team = await openTeam();
    const { directory, ann, ben, cleo } = team;
    const invalid = `age1${'q'.repeat(58)}`;
    const readers = [ann.recipient, ben.recipient, invalid].sort();
    await write(team, { ...(await sharedOf(team)), readers });
    const { code, message, hints } = await errorOf(readersAs(directory, ben).add(cleo.recipient));
    expect(code).toBe('ERR_KEYRING_DAMAGED');
    expect(message).toBe(
      `nothing was changed, because the reader ${invalid} is not a public key of age: its checksum is wrong`,
    );
    expect(hints).toEqual([`atmos auth keyring recipients remove ${invalid}`]);
    expect((await readersAs(directory, ben).remove(invalid)).readers).toHaveLength(2);
    expect(await openAs(directory, ben).get('atmos_one')).toBe('the first');
  });

  test('is reported if it is encrypted for a key that is not in the list', async () => {
    const team = await openTeam();
    const { directory, ben, cleo } = team;
    await write(team, await sharedOf(team), [...team.recipients, cleo.recipient]);
    const warnings: string[] = [];
    expect(await openAs(directory, ben, { warnings }).get('atmos_one')).toBe('the first');
    expect(warnings).toEqual([
      `${secretOf(team)} is encrypted for 3 keys, but its list has 2 readers: one of them has written it in another way than keyring recipients does`,
    ]);
    await readersAs(directory, ben, { warnings }).look();
    expect(warnings).toHaveLength(2);
    await readersAs(directory, ben).add(cleo.recipient);
    await openAs(directory, ben, { warnings }).get('atmos_one');
    expect(warnings).toHaveLength(2);
  });
});

describe('accepting', () => {
  test('refuses another fingerprint than the given one', async () => {
    const { directory, ann, cleo } = await openTeam();
    const { fingerprint } = await readersAs(directory, ann).add(cleo.recipient);
    const error = await errorOf(readersAs(directory, cleo).accept('0'.repeat(32)));
    expect(error.code).toBe('ERR_KEYRING_FOREIGN');
    expect(error.message).toBe(
      `the fingerprint of the secret of the keyring ${directory} is ${fingerprint}, not the given one`,
    );
    expect(await codeFor(directory, cleo)).toContain('was not accepted on this machine');
  });

  test('reports a damaged record', async () => {
    const { directory, ben } = await openTeam();
    const [name = ''] = readdirSync(ben.pins);
    const path = join(ben.pins, name);
    writeFileSync(path, '{}');
    expect(await codeFor(directory, ben)).toBe(
      `ERR_KEYRING_DAMAGED: ${path}, which records the accepted secret of the keyring ${directory}, is damaged`,
    );
  });

  test('needs a keyring with readers', async () => {
    const team = createTeam(temporaryDirectory());
    const error = await errorOf(readersAs(team.directory, await team.machine('ann')).look());
    expect(error.code).toBe('ERR_USAGE');
    expect(error.message).toBe(`the keyring ${team.directory} has no readers`);
  });
});
