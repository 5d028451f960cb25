import { parse } from 'node:path';
import type { Guardian } from '../standing.ts';
import { currentUser, securityOf } from './files.ts';
import { judge } from './judge.ts';

/** By access lists: docs/adr/0016-access-lists.md. */
export const windowsGuardian: Guardian = {
  self: currentUser,
  standingOf(path, stats) {
    const descriptor = securityOf(path, stats);
    if (descriptor === undefined) return undefined;
    const isRoot = parse(path).root === path;
    return judge({ path, isDirectory: stats.isDirectory(), isRoot, descriptor }, currentUser());
  },
};
