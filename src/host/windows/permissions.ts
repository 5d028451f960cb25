import { parse } from 'node:path';
import type { Guardian } from '../permission-judgement.ts';
import { currentUser, securityOf } from './files.ts';
import { judge, weakest } from './permission-judgement.ts';

/** By access lists: docs/adr/0016-access-lists.md. */
export const windowsGuardian: Guardian = {
  self: currentUser,
  standingOf(path, stats) {
    const isDrive = parse(path).root === path;
    const standings = securityOf(path, stats)?.map(({ kind, descriptor }) =>
      judge(
        {
          path,
          isDirectory: stats.isDirectory() && kind !== 'mount point',
          isRoot: isDrive || kind === 'root of a volume',
          isLink: stats.isSymbolicLink() || kind === 'mount point',
          descriptor,
        },
        currentUser(),
      ),
    );
    return standings && weakest(standings);
  },
};
