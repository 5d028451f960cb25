import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeAtomically } from '../../../src/keyring/file/atomic-write.ts';
import { compileProgram } from '../../support/compile.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { asStranger, isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf, thrownBy } from './rejection.ts';

const onStep = () => {};

/** A directory with an entry and a directory for temporary files. */
function makePlace(root = temporaryDirectory()) {
  const temporary = join(root, 'temporary');
  mkdirSync(temporary, { mode: 0o700 });
  const path = join(root, 'entry');
  writeFileSync(path, 'old', { mode: 0o600 });
  return { root, path, temporaryDirectory: temporary };
}

function expectOldValue({ path, temporaryDirectory: temporary }: ReturnType<typeof makePlace>) {
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(temporary)).toEqual([]);
}

describe('a file', () => {
  test('is replaced completely, is private, and leaves no other files', () => {
    const { path, temporaryDirectory: temporary } = makePlace();
    chmodSync(path, 0o644);
    const steps: string[] = [];
    const noteStep = (step: string) => {
      steps.push(`${step}: ${readFileSync(path, 'utf8')}`);
    };
    writeAtomically({ path, text: 'new', temporaryDirectory: temporary, onStep: noteStep });
    expect(steps).toEqual([
      'temporary opened: old',
      'temporary written: old',
      'temporary synced: old',
      'renamed: new',
      'directory synced: new',
      'read back: new',
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('is written, or fails with its own error, even if the temporary file cannot be removed', () => {
    const place = makePlace();
    const spoilAt = (wanted: string, failure?: Error) => (step: string) => {
      if (step !== wanted) return;
      renameSync(place.temporaryDirectory, join(place.root, 'elsewhere'));
      writeFileSync(place.temporaryDirectory, '');
      if (failure !== undefined) throw failure;
    };
    const failure = new Error('the disk is full');
    expect(() =>
      writeAtomically({ ...place, text: 'new', onStep: spoilAt('temporary synced', failure) }),
    ).toThrow(failure);
    rmSync(place.temporaryDirectory);
    renameSync(join(place.root, 'elsewhere'), place.temporaryDirectory);
    writeAtomically({ ...place, text: 'new', onStep: spoilAt('read back') });
    expect(readFileSync(place.path, 'utf8')).toBe('new');
  });

  test('is private with any umask', () => {
    const place = makePlace();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    writeAtomically({ ...place, path: join(place.root, 'new'), text: '', onStep });
    expect(statSync(join(place.root, 'new')).mode & 0o777).toBe(0o600);
  });

  test('does not replace an existing file if it must be new', () => {
    const place = makePlace();
    const error = thrownBy(() =>
      writeAtomically({ ...place, text: 'new', exclusive: true, onStep }),
    );
    expectError(error, 'ERR_KEYRING_IO', `cannot write ${place.path}: something else is there`);
    expectOldValue(place);
    const path = join(place.root, 'absent');
    writeAtomically({ ...place, path, text: 'new', exclusive: true, onStep });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(place.temporaryDirectory)).toEqual([]);
  });

  test('does not change if a step throws, and the temporary file is removed', () => {
    const place = makePlace();
    for (const last of ['temporary opened', 'temporary written', 'temporary synced']) {
      const failAt = (step: string) => {
        if (step === last) throw new Error(step);
      };
      expect(() => writeAtomically({ ...place, text: 'new', onStep: failAt })).toThrow(last);
      expectOldValue(place);
    }
  });

  test('may be replaced by another writer at the same time', () => {
    const place = makePlace();
    const replace = (step: string) => {
      if (step === 'directory synced') {
        writeFileSync(`${place.path}-other`, 'other');
        execFileSync('mv', [`${place.path}-other`, place.path]);
      }
    };
    writeAtomically({ ...place, text: 'new', onStep: replace });
    expect(readFileSync(place.path, 'utf8')).toBe('other');
  });

  test('may be deleted by another process at the same time', () => {
    const place = makePlace();
    const remove = (step: string) => {
      if (step === 'directory synced') execFileSync('rm', [place.path]);
    };
    writeAtomically({ ...place, text: 'new', onStep: remove });
    expect(readdirSync(place.root)).toEqual(['temporary']);
  });

  test('causes an error if it reads back differently', () => {
    const place = makePlace();
    const corrupt = (step: string) => {
      if (step === 'directory synced') writeFileSync(place.path, 'nEw');
    };
    expectError(
      thrownBy(() => writeAtomically({ ...place, text: 'new', onStep: corrupt })),
      'ERR_KEYRING_IO',
      `${place.path} does not contain what was written to it`,
    );
  });

  test('causes a KeyringError if its path is a directory', () => {
    const place = makePlace();
    const path = join(place.root, 'directory');
    mkdirSync(path);
    const error = thrownBy(() => writeAtomically({ ...place, path, text: 'new', onStep }));
    expectError(error, 'ERR_KEYRING_IO', `cannot write ${path}: it is a directory`);
    expect(readdirSync(place.temporaryDirectory)).toEqual([]);
  });
});

describe('a write fails and keeps the old value with', () => {
  test('a limit on the size of files', async () => {
    const place = makePlace();
    const { file, remove } = await compileProgram('test/keyring/file/write-program.ts');
    onTestFinished(remove);
    const script = 'ulimit -f 8; exec "$@"';
    const args = ['-c', script, 'sh', process.execPath, file, place.path, place.temporaryDirectory];
    const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      code: 'ERR_KEYRING_IO',
      message: `cannot write ${place.path}: the file size limit is reached`,
    });
    expectOldValue(place);
  });

  test('a read-only directory', async () => {
    const place = makePlace();
    for (const path of [place.temporaryDirectory, place.root]) {
      if (isRoot) chownSync(path, strangerId, strangerId);
      chmodSync(path, 0o500);
      onTestFinished(() => chmodSync(path, 0o700));
    }
    const write = async () => writeAtomically({ ...place, text: 'new', onStep });
    expectError(
      await rejectionOf(isRoot ? asStranger(write) : write()),
      'ERR_KEYRING_PERMISSIONS',
      `cannot write ${place.path}: permission denied${isRoot ? ` (${place.path} belongs to user 0)` : ''}`,
      `ls -ld ${place.path}`,
    );
    expectOldValue(place);
  });

  describe.skipIf(!canMount())('a real file system (needs root and mount)', () => {
    test('that is full, and leaves no temporary file', () => {
      const place = makePlace(mountTmpfs('size=64k'));
      const text = 'x'.repeat(128 * 1024);
      expectError(
        thrownBy(() => writeAtomically({ ...place, text, onStep })),
        'ERR_KEYRING_IO',
        `cannot write ${place.path}: no space left on the device`,
        `df -h ${place.path}`,
      );
      expectOldValue(place);
      writeAtomically({ ...place, text: 'new', onStep });
      expect(readFileSync(place.path, 'utf8')).toBe('new');
    });

    test('that is read-only', () => {
      const place = makePlace(mountTmpfs('size=64k'));
      execFileSync('mount', ['-o', 'remount,ro', place.root]);
      expectError(
        thrownBy(() => writeAtomically({ ...place, text: 'new', onStep })),
        'ERR_KEYRING_IO',
        `cannot write ${place.path}: the file system is read-only`,
        'export ATMOS_KEYRING_FILE_PATH=<a directory that can be written>',
      );
      expectOldValue(place);
    });
  });
});
