import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The text of every file under a directory. */
export async function contentsOf(directory: string): Promise<Record<string, string>> {
  const found = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = found
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path, await readFile(path, 'latin1')] as const)),
  );
}
