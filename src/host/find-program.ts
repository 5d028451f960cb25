// Finds programs on PATH. Must load few modules: every command that may belong to Atmos itself
// imports it.

import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Host } from './host.ts';

/** The absolute paths of all programs on PATH with this name, in the order in which PATH finds them. */
export async function programsNamed(
  name: string,
  host: Pick<Host, 'env' | 'platform'>,
): Promise<string[]> {
  return (await filesNamed(name, host)).filter(isProgram);
}

/** Whether the word of a command line is a program: a path, or a name on PATH. */
export async function isProgramFound(
  word: string,
  host: Pick<Host, 'env' | 'platform'>,
): Promise<boolean> {
  return /[/\\]/.test(word) ? isProgram(word) : (await programsNamed(word, host)).length > 0;
}

async function filesNamed(
  name: string,
  { env, platform }: Pick<Host, 'env' | 'platform'>,
): Promise<string[]> {
  if (platform === 'win32') {
    return (await import('./windows/programs.ts')).programFiles(name, env);
  }
  const directories = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Whether two paths lead to the same program, for example through links. */
export function isSameProgram(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return (a.dev === b.dev && a.ino === b.ino) || realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

// The size limit for the shims that package managers put on PATH on Windows. A shim has a few
// lines.
const maxShimBytes = 8192;

/**
 * Whether a program is a batch file that starts a script: `"%dp0%\node_modules\…\main.cjs" %*`.
 * Returns true for a batch file that cannot be read: it may start the script, and it could not be
 * run either.
 */
export function startsScript(program: string, script: string): boolean {
  if (!/\.(cmd|bat)$/i.test(program)) return false;
  const text = readShim(program);
  if (text === undefined) return true;
  const named = text.matchAll(/%(?:~dp0|dp0%)([^"%\r\n]+)/gi);
  return Array.from(named, ([, path = '']) => path.replaceAll('\\', '/')).some((path) =>
    isSameProgram(join(dirname(program), path), script),
  );
}

/** Empty if the file is too large to be a shim; undefined if it cannot be read. */
function readShim(file: string): string | undefined {
  try {
    return statSync(file).size > maxShimBytes ? '' : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
