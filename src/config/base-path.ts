import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import { findGitRoot } from './git-root.ts';

type Where = Pick<Host, 'env' | 'workingDirectory'>;

/** `--base-path`, or else `ATMOS_BASE_PATH`. */
export function chosenBasePath(
  given: Sourced<string> | undefined,
  { env }: Pick<Host, 'env'>,
): string | undefined {
  return given?.value ?? (env['ATMOS_BASE_PATH'] || undefined);
}

/**
 * The directory that relative imports start from, as Atmos finds it: an absolute path is itself;
 * `.`, `..` and what begins with them start from the file that says it, or from the working directory
 * when a flag or variable does; another one, an empty one too, from the root of the git repository
 * if it is there, else from the working directory. Without a repository, from the file that says it.
 *
 * @param chosen what a flag or variable says, over what the file says
 * @param file the configuration file, absolute
 */
export function resolveBasePath(
  { chosen, said, file }: { chosen: string | undefined; said: unknown; file: string },
  host: Where,
): string {
  const path = chosen ?? (typeof said === 'string' ? said : '');
  const working = host.workingDirectory();
  if (isAbsolute(path)) return path;
  if (/^\.{1,2}([/\\]|$)/.test(path)) {
    return resolve(chosen === undefined ? dirname(file) : working, path);
  }
  const root = host.env['ATMOS_GIT_ROOT_BASEPATH'] === 'false' ? undefined : findGitRoot(working);
  const starts = root === undefined ? [dirname(file), working] : [root, working];
  const candidates = starts.map((start) => join(start, path));
  return candidates.find(existsSync) ?? candidates[0] ?? working;
}
