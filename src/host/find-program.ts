import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Host } from './host.ts';
import { statIfVisible } from './read-files.ts';

type Where = Pick<Host, 'env' | 'platform'>;

/** The programs on PATH that have a name, absolute, the one that it starts first. */
export async function programsNamed(name: string, host: Where): Promise<string[]> {
  return (await filesNamed(name, host)).filter(isProgram);
}

async function filesNamed(name: string, { env, platform }: Where): Promise<string[]> {
  if (platform === 'win32') {
    return (await import('./windows/programs.ts')).programFiles(name, env);
  }
  const directories = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name));
}

/** The names of what is on PATH; on Windows without the extensions that nobody types. */
export async function namesOnPath({ env, platform }: Where): Promise<string[]> {
  if (platform !== 'win32') return (env['PATH'] ?? '').split(delimiter).flatMap(namesIn);
  const { directoriesOn } = await import('./windows/programs.ts');
  const names = directoriesOn(env).flatMap(namesIn);
  return names.map((name) => name.replace(/\.(com|exe|bat|cmd)$/i, ''));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statIfVisible(file)?.isFile() ?? false;
  } catch {
    return false;
  }
}
