import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openArchive, sealArchive } from '../../src/app/archive-file.ts';
import { revealPassword } from '../../src/keyring/file/readers.ts';
import { statePaths } from '../../src/keyring/file/state.ts';
import { formatArchive, type Archive } from '../../src/store/archive.ts';
import { fakeHost } from '../support/fake-host.ts';
import { openPty } from '../support/pty.ts';
import { peer } from '../support/peers.ts';
import { createTeam, openAs, readerContext, readersAs } from '../support/team.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const age = peer('age');
const go = peer('go');

async function openTeam() {
  const team = createTeam(temporaryDirectory());
  const [ann, ben] = [await team.machine('ann'), await team.machine('ben')];
  const recipients = [ann.recipient, ben.recipient];
  await openAs(team.directory, ann, { recipients }).set('atmos_one', 'the first');
  return { directory: team.directory, ann, ben, machine: team.machine };
}

function runAge(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(age?.path ?? '', args, { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe.skipIf(!age)('the tool age', () => {
  test('opens the wrapped secret for each reader, and for no one else', async () => {
    const { directory, ann, ben, machine } = await openTeam();
    const { secret } = statePaths(directory);
    const password = await revealPassword(readerContext(directory, ann));
    for (const { identityFile } of [ann, ben]) {
      const { status, stdout } = runAge(['--decrypt', '--identity', identityFile, secret]);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        version: 1,
        secret: password,
        revision: 1,
        readers: [ann.recipient, ben.recipient].toSorted(),
        earlier: [],
      });
    }
    const cleo = await machine('cleo');
    expect(runAge(['--decrypt', '--identity', cleo.identityFile, secret])).toMatchObject({
      status: 1,
      stdout: '',
    });
    await readersAs(directory, ann).remove(ben.recipient);
    expect(runAge(['--decrypt', '--identity', ben.identityFile, secret]).status).toBe(1);
    expect(runAge(['--decrypt', '--identity', ann.identityFile, secret]).status).toBe(0);
  });

  test('wraps the same content so that we open it', async () => {
    const { directory, ann, ben } = await openTeam();
    const { secret } = statePaths(directory);
    const content = runAge(['--decrypt', '--identity', ann.identityFile, secret]).stdout;
    const recipients = ['--recipient', ann.recipient, '--recipient', ben.recipient];
    const wrapped = runAge(['--encrypt', '--armor', ...recipients], content);
    writeFileSync(secret, wrapped.stdout);
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
    await readersAs(directory, ben).acceptAny();
    expect(await openAs(directory, ben).get('atmos_one')).toBe('the first');
  });

  test('makes the identity files that we read', async () => {
    const { directory, ann, machine } = await openTeam();
    const cleo = await machine('cleo');
    const keygen = join(age?.path ?? '', '..', 'age-keygen');
    const made = join(cleo.home, 'made.txt');
    expect(spawnSync(keygen, ['-o', made]).status).toBe(0);
    const recipient = spawnSync(keygen, ['-y', made], { encoding: 'utf8' }).stdout.trim();
    await readersAs(directory, ann).add(recipient);
    const owner = { ...cleo, identityFile: made };
    await readersAs(directory, owner).acceptAny();
    expect(await openAs(directory, owner).get('atmos_one')).toBe('the first');
  });
});

const archive: Archive = {
  createdAt: new Date('2026-03-01T08:00:00.000Z'),
  keyring: { type: 'system', location: 'the Secret Service' },
  entries: new Map([
    ['atmos_one', 'the first'],
    ['atmos_two', 'the second'],
  ]),
};

function openWith(path: string, identityFile: string) {
  const keys = {
    passphrase: () => Promise.reject(new Error('the archive has recipients')),
    identityFile: () => ({ value: identityFile, source: '--identity-file' }),
  };
  return openArchive({ value: path, source: '--path' }, keys, fakeHost());
}

describe.skipIf(!age)('the tool age and an archive', () => {
  test('for recipients: each opens what the other has encrypted', async () => {
    const { machine } = createTeam(temporaryDirectory());
    const ann = await machine('ann');
    const path = join(ann.home, 'archive.age');
    writeFileSync(path, await sealArchive(archive, { recipients: [ann.recipient] }));
    const decrypted = runAge(['--decrypt', '--identity', ann.identityFile, path]);
    expect(decrypted).toEqual({ status: 0, stdout: formatArchive(archive), stderr: '' });
    const encrypt = ['--encrypt', '--armor', '--recipient', ann.recipient];
    writeFileSync(path, runAge(encrypt, decrypted.stdout).stdout);
    const reader = await openWith(path, ann.identityFile);
    expect(await reader.keys()).toEqual(['atmos_one', 'atmos_two']);
    expect(await reader.get('atmos_two')).toBe('the second');
    expect(await reader.get('atmos_three')).toBeNull();
  });

  test('with a passphrase: the tool opens it', async () => {
    const directory = temporaryDirectory();
    const [path, out] = [join(directory, 'archive.age'), join(directory, 'archive.json')];
    writeFileSync(path, await sealArchive(archive, { passphrase: 'open sesame' }));
    const session = openPty(age?.path ?? '', ['--decrypt', '--output', out, path], {
      env: { TERM: 'xterm' },
      cwd: directory,
    });
    await session.waitFor('passphrase');
    session.type('open sesame\r');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(readFileSync(out, 'utf8')).toBe(formatArchive(archive));
  });
});

describe.skipIf(!go)('the library that Atmos uses', () => {
  test('reads and writes the entries with the revealed password', async () => {
    const { directory, ann } = await openTeam();
    const password = await revealPassword(readerContext(directory, ann));
    const env = { INTEROP_DIR: directory, INTEROP_PASSWORD: password };
    const runGo = (args: readonly string[], input = '') =>
      spawnSync(go?.path ?? '', args, { env, input, encoding: 'utf8' });
    expect(runGo(['get', 'atmos_one'])).toMatchObject({ status: 0, stdout: 'the first' });
    expect(runGo(['set', 'atmos_two'], 'of Go')).toMatchObject({ status: 0, stderr: '' });
    expect(await openAs(directory, ann).get('atmos_two')).toBe('of Go');
  });
});
