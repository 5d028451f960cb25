import { sha256 } from '../core/sha256.ts';
import type { PlannedSetting } from './contract.ts';

/** A path that starts from a directory: `./token`, `bin/token` at the start, `cat ../token`. */
const relativePath = /^[\w.-]+[\\/]|(?:^|[\s=<>|;&('"`])\.{1,2}[\\/]/;

/**
 * A command as a setting on which a session depends. Only its hash is stored, because it may contain a
 * secret. With a relative path in it, it is another program in another directory, so the directory of
 * the file that contains it is a part of the hash.
 *
 * @param directory of that file
 */
export function plannedCommand(command: string, directory: string): PlannedSetting {
  const said = command.trim();
  const hash = sha256(relativePath.test(said) ? JSON.stringify([directory, command]) : command);
  return { value: hash, shown: `a command (SHA-256 ${hash.slice(0, 8)}…)` };
}
