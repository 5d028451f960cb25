import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPrivateFile,
  makePrivateDirectories,
  placeFile,
  removeFile,
  replaceFile,
} from '../../src/host/files.ts';
import { acquireLock, lockHolder, type LockMode } from '../../src/host/lock.ts';
import { permissionCheckFor } from '../../src/host/permissions.ts';
import { inDirectory } from '../platform/in-directory.ts';
import { Skipped, type PlatformSuite } from '../platform/suite.ts';
import { programFlag } from '../platform/suite-program.ts';
import { canGiveAway, giveAway, openAlone, setAccess } from '../support/windows-access.ts';

const host = {
  processId: 4242,
  monotonicMs: () => performance.now(),
  sleep: (milliseconds: number) => sleep(milliseconds),
};
const nothing = { read: false, write: false, replace: false };

export const suite: PlatformSuite = {
  name: 'locks, owners and renames',
  platforms: ['win32'],
  programs: { hold },
  cases: [
    inDirectory(
      'a lock has one exclusive holder or several shared holders, also in one process',
      async (at) => {
        const path = join(at, 'lock');
        const exclusive = await take(path, 'exclusive');
        assert.equal(await attempt(path, 'exclusive'), undefined);
        assert.equal(await attempt(path, 'shared'), undefined);
        exclusive.release();
        const shared = [await take(path, 'shared'), await take(path, 'shared')];
        assert.equal(await attempt(path, 'exclusive'), undefined);
        for (const lock of shared) lock.release();
        (await take(path, 'exclusive')).release();
      },
    ),
    inDirectory(
      'a lock is a private file that remains, and names its holder while it is held',
      async (at) => {
        const path = join(at, 'lock');
        writeFileSync(path, 'a long line that was there before\n');
        const lock = await take(path, 'exclusive');
        assert.equal(lockHolder(path), 4242);
        assert.equal(readFileSync(path, 'utf8'), '4242\n');
        lock.release();
        (await take(join(at, 'new'), 'shared')).release();
        assert.deepEqual(othersMay(join(at, 'new')), nothing);
      },
    ),
    inDirectory('a lock is free again when its holder is killed', async (at) => {
      const path = join(at, 'lock');
      const child = spawn(process.execPath, [process.argv[1] ?? '', programFlag, 'hold', path]);
      await once(child.stdout, 'data');
      assert.equal(await attempt(path, 'exclusive'), undefined);
      assert.equal(lockHolder(path), child.pid);
      const waiting = acquireLock(path, { mode: 'exclusive', timeoutMs: 20_000, host });
      child.kill('SIGKILL');
      const lock = await waiting;
      assert.ok(lock, 'the lock of a dead process was not free');
      lock.release();
    }),
    inDirectory('a lock needs an existing directory and a regular file', async (at) => {
      await assert.rejects(take(join(at, 'absent', 'lock'), 'shared'), { code: 'ENOENT' });
      mkdirSync(join(at, 'directory'));
      await assert.rejects(take(join(at, 'directory'), 'shared'), { code: 'EPERM' });
    }),
    inDirectory('new files and directories are private', async (at) => {
      makePrivateDirectories(join(at, 'a', 'b'));
      closeSync(createPrivateFile(join(at, 'a', 'b', 'file')));
      for (const path of ['a', 'a/b', 'a/b/file']) {
        assert.deepEqual(othersMay(join(at, path)), nothing, path);
      }
      assert.throws(() => createPrivateFile(join(at, 'a', 'b', 'file')), { code: 'EEXIST' });
      makePrivateDirectories(join(at, 'a', 'b'));
    }),
    inDirectory('the access of other users is detected', async (at) => {
      const path = join(at, 'file');
      writeFileSync(path, '');
      const tried = [
        ['', nothing],
        ['(A;;FR;;;WD)', { ...nothing, read: true }],
        ['(A;;FA;;;WD)', { read: true, write: true, replace: true }],
      ] as const;
      for (const [entries, expected] of tried) {
        await setAccess(path, entries);
        assert.deepEqual(othersMay(path), expected, entries);
      }
    }),
    inDirectory('a directory that other users may write can be replaced by them', async (at) => {
      await setAccess(at, '(A;OICI;0x1301bf;;;WD)');
      assert.deepEqual(othersMay(at), { read: true, write: true, replace: true });
    }),
    inDirectory('other users cannot replace the root of a drive', async () => {
      const root = permissionCheckFor(undefined).permissionsOf('C:\\', lstatSync('C:\\'));
      assert.equal(root?.isTrusted, true);
      assert.equal(root?.others.replace, false);
    }),
    inDirectory('a file of another user is neither ours nor trusted', async (at) => {
      const path = join(at, 'file');
      writeFileSync(path, '');
      if (!canGiveAway) throw new Skipped('only root under Wine can give a file away');
      giveAway(path);
      const permissions = permissionCheckFor(undefined).permissionsOf(path, lstatSync(path));
      assert.equal(permissions?.isOurs, false);
      assert.equal(permissions.isTrusted, false);
    }),
    inDirectory('the permissions of a file that has been replaced are undefined', async (at) => {
      const path = join(at, 'file');
      writeFileSync(path, '');
      const stats = lstatSync(path);
      writeFileSync(join(at, 'other'), '');
      replaceFile(join(at, 'other'), path);
      assert.equal(permissionCheckFor(undefined).permissionsOf(path, stats), undefined);
    }),
    inDirectory('placeFile refuses an existing file and replaceFile a missing one', async (at) => {
      const [from, to] = [join(at, 'from'), join(at, 'to')];
      writeFileSync(from, 'one');
      placeFile(from, to);
      writeFileSync(from, 'two');
      assert.throws(() => placeFile(from, to), { code: 'EEXIST' });
      assert.equal(readFileSync(to, 'utf8'), 'one');
      replaceFile(from, to);
      assert.equal(readFileSync(to, 'utf8'), 'two');
      assert.throws(() => replaceFile(from, to), { code: 'ENOENT' });
    }),
    inDirectory(
      'a file that another program has opened exclusively is retried, then it is busy',
      async (at) => {
        const [from, to] = [join(at, 'from'), join(at, 'to')];
        for (const path of [from, to]) writeFileSync(path, path);
        const close = await openAlone(to);
        assert.throws(() => replaceFile(from, to), { code: 'EBUSY' });
        assert.throws(() => removeFile(to, join(at, 'temporary')), { code: 'EBUSY' });
        close();
        replaceFile(from, to);
        assert.equal(readFileSync(to, 'utf8'), from);
      },
    ),
    inDirectory(
      'the name of a deleted file is free immediately, even while it is read',
      async (at) => {
        const path = join(at, 'file');
        writeFileSync(path, 'text');
        const reader = openSync(path, 'r');
        removeFile(path, join(at, 'temporary'));
        assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
        writeFileSync(path, 'again');
        closeSync(reader);
        assert.equal(readFileSync(path, 'utf8'), 'again');
      },
    ),
  ],
};

/** Takes a lock, reports it, and waits to be killed. */
async function hold([path = '']: readonly string[]): Promise<void> {
  await acquireLock(path, {
    mode: 'exclusive',
    timeoutMs: 0,
    host: { ...host, processId: process.pid },
  });
  writeSync(1, 'held\n');
  readSync(0, Buffer.alloc(1));
}

function attempt(path: string, mode: LockMode) {
  return acquireLock(path, { mode, timeoutMs: 0, host });
}

async function take(path: string, mode: LockMode) {
  const lock = await attempt(path, mode);
  assert.ok(lock, `could not take ${path} ${mode}`);
  return lock;
}

function othersMay(path: string) {
  return permissionCheckFor(undefined).permissionsOf(path, lstatSync(path))?.others;
}
