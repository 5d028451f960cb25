import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { defineConstants, testRounds } from '../../scripts/build-constants.mjs';
import { createTemporaryDirectory } from './create-temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A compiled program, and how to remove it. */
export interface Program {
  readonly file: string;
  remove(): void;
}

/**
 * Bundles a TypeScript program with its imports into one JavaScript file, because Node 20 cannot
 * run TypeScript.
 *
 * @param entry path of the program, from the root of the repository
 */
export async function compileProgram(entry: string): Promise<Program> {
  const { path, remove } = createTemporaryDirectory();
  const bundle = await rolldown({
    input: join(root, entry),
    platform: 'node',
    external: ['koffi'],
    transform: { define: defineConstants(testRounds) },
    logLevel: 'warn',
  });
  const file = join(path, 'program.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  // It finds koffi there, as an installed program does.
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  await bundle.close();
  return { file, remove };
}
