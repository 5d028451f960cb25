// Writes the files that are generated from the schemas: the JSON Schema for editors, and
// docs/configuration.md.
//
//   node scripts/schema.mjs writes them
//   node scripts/schema.mjs --check fails when they are stale
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createJsonSchema } from './schema/json-schema.mjs';
import { withSources } from './schema/load-sources.mjs';
import { createPage } from './schema/page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const made = await withSources(async (sources) => ({
  'schema/atmos-auth.schema.json': JSON.stringify(await createJsonSchema(sources)),
  'docs/configuration.md': await createPage(sources),
}));

const stale = Object.entries(made)
  .map(([path, text]) => ({ path, text: formatted(path, text) }))
  .filter(({ path, text }) => read(path) !== text);
if (process.argv.includes('--check')) {
  for (const { path } of stale) console.error(`${path} is stale: npm run schema`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const { path, text } of stale) writeFileSync(join(root, path), text);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Formats the text as `npm run format` does.
 *
 * @param {string} path
 * @param {string} text
 */
function formatted(path, text) {
  const oxfmt = join(root, 'node_modules/.bin/oxfmt');
  const { stdout, status } = spawnSync(oxfmt, ['--stdin-filepath', path], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`oxfmt cannot format ${path}`);
  return stdout;
}
