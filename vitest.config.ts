import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// With it Node 20 loads certificates at every start: 20 -> 53 ms for each child the tests start.
delete process.env['NODE_EXTRA_CA_CERTS'];

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export default defineConfig({
  // The same constant scripts/build.mjs gives the bundles.
  define: { __VERSION__: JSON.stringify(version) },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
