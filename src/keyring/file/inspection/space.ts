import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../../core/errors.ts';
import { roomAndFilesCommand } from '../../../core/hint.ts';
import { ok, problem, warning, type Finding } from '../../inspection.ts';
import { maxEntryBytes } from '../entry.ts';

/** For one session and what writing it takes. */
const leastBytes = 64 * 1024;

/** Room to write in, in the directory or, while there is none, where it would be. */
export function examineSpace(directory: string): Finding {
  const place = nearestThere(directory);
  const room = roomOf(place);
  const mend = roomAndFilesCommand(place);
  if (room === undefined) return ok('free-space', `how much room ${place} has is not told here`);
  if (room.noFiles) return problem('free-space', `no more files can be made in ${place}`, mend);
  const free = `${place} has ${formatBytes(room.bytes)} left`;
  if (room.bytes < leastBytes)
    return problem('free-space', `${free}, too little to store anything`, mend);
  if (room.bytes < maxEntryBytes)
    return warning('free-space', `${free}, too little for a large entry`, mend);
  return ok('free-space', free);
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

function roomOf(path: string): { bytes: number; noFiles: boolean } | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    // Some file systems count no files.
    return { bytes: bavail * bsize, noFiles: files > 0 && ffree === 0 };
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.floor(bytes / 1024 ** power)} ${units[power]}`;
}
