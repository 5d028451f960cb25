import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { defineConstants, testRounds } from '../../scripts/build-constants.mjs';
import { createTemporaryDirectory } from './create-temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const koffi = pathToFileURL(createRequire(import.meta.url).resolve('koffi')).href;

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
  await bundle.write({ file, format: 'esm', codeSplitting: false, paths: { koffi } });
  await bundle.close();
  return { file, remove };
}
