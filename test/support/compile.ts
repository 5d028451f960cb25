import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { createTemporaryDirectory } from './create-temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A compiled program, and how to remove it. */
export interface Program {
  readonly file: string;
  remove(): void;
}

/**
 * Makes one JavaScript file of a TypeScript program and what it imports, since Node 20 runs no
 * TypeScript.
 *
 * @param entry path of the program, from the root of the repository
 */
export async function compileProgram(entry: string): Promise<Program> {
  const { path, remove } = createTemporaryDirectory();
  const bundle = await rolldown({
    input: join(root, entry),
    platform: 'node',
    external: ['koffi'],
    logLevel: 'warn',
  });
  const file = join(path, 'program.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  // It asks for koffi beside it.
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  return { file, remove };
}
