import { shellWord } from '../core/shell-word.ts';
import type { Guardian, Standing } from './standing.ts';
import { windows } from './windows.ts';

export type { Guardian } from './standing.ts';

/**
 * The guardian of the system that this runs on. How it judges on Windows, which has access lists
 * and no numeric users: docs/adr/0016-access-lists.md.
 *
 * @param userId undefined where there are none; elsewhere than on Windows nothing is looked at then
 */
export function guardianFor(userId: number | undefined): Guardian {
  if (userId !== undefined) return posixGuardian(userId);
  return windows()?.windowsGuardian ?? blindGuardian;
}

const writableByOthers = 0o022;
const visibleToOthers = 0o055;
const sticky = 0o1000;

function posixGuardian(userId: number): Guardian {
  return {
    self: () => `user ${userId}`,
    standingOf(path, stats) {
      const { uid, mode } = stats;
      const word = shellWord(path);
      const write = (mode & writableByOthers) !== 0;
      const isDirectory = stats.isDirectory();
      return {
        isOurs: uid === userId,
        isTrusted: uid === userId || uid === 0,
        owner: `user ${uid}`,
        others: {
          read: (mode & visibleToOthers) !== 0,
          write,
          // A link has no mode of its own. In a sticky directory nobody can replace the file of another.
          replace: write && (mode & sticky) === 0 && !stats.isSymbolicLink(),
        },
        openness: `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`,
        ownCommand: () => `sudo chown ${userId} ${word}`,
        closeCommand: () => `chmod ${isDirectory ? '700' : '600'} ${word}`,
        withdrawCommand: () => `chmod go-w ${word}`,
      };
    },
  };
}

const unknown: Standing = {
  isOurs: true,
  isTrusted: true,
  owner: 'nobody',
  others: { read: false, write: false, replace: false },
  openness: '',
  ownCommand: () => '',
  closeCommand: () => '',
  withdrawCommand: () => '',
};

const blindGuardian: Guardian = { self: () => 'nobody', standingOf: () => unknown };
