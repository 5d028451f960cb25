// Bundles a suite for another system into one JavaScript file: test/platform/suite.ts.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { defineConstants, testRounds } from './build-constants.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string} cases path of a file `*.cases.ts`
 * @param {string} file where to; run with the path of the report: test/platform/run-suite.ts
 */
export async function bundleSuite(cases, file) {
  const entry = join(dirname(file), 'entry.mjs');
  const runSuite = join(root, 'test/platform/run-suite.ts');
  writeFileSync(
    entry,
    `import { suite } from ${JSON.stringify(cases)};
import { runSuite } from ${JSON.stringify(runSuite)};
await runSuite(suite, process.argv.slice(2));
`,
  );
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: ['koffi'],
    transform: { define: defineConstants(testRounds) },
    logLevel: 'warn',
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
}
