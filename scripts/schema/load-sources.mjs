import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

/** @typedef {typeof import('./sources.ts')} Sources */

/**
 * Passes the bundled sources to `use`, because Node 20 cannot read TypeScript.
 *
 * @template T
 * @param {(sources: Sources) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withSources(use) {
  const directory = mkdtempSync(join(tmpdir(), 'atmos-auth-schema-'));
  try {
    await build({
      input: fileURLToPath(new URL('sources.ts', import.meta.url)),
      platform: 'node',
      // Packages of keyrings and clients, which are not opened here.
      external: [/^koffi$/, /^@(aws-sdk|smithy)[/]/],
      output: {
        dir: directory,
        format: 'esm',
        entryFileNames: '[name].mjs',
        chunkFileNames: '[name]-[hash].mjs',
      },
      logLevel: 'warn',
    });
    return await use(await import(pathToFileURL(join(directory, 'sources.mjs')).href));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
