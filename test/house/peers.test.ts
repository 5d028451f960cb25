import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const suite = `
import { describe, expect, it } from 'vitest';
import { peer } from './support/peers.ts';
describe.skipIf(!peer('go'))('with Go', () => it('runs', () => {}));
it('runs alone', () => expect(peer('go')).toBeUndefined());
`;

let house: string;
beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'peers-'));
});
afterEach(() => rmSync(house, { recursive: true, force: true }));

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), text, { mode });
}

/** `npm test` in a house with one suite that wants Go, where nothing can be installed. */
function runTests(env: NodeJS.ProcessEnv): { status: number | null; output: string } {
  const parts = ['package.json', 'vitest.config.ts', 'package-lock.json', 'scripts/peers.mjs'];
  parts.push('scripts/wine.mjs', 'scripts/build-constants.mjs', 'test/support');
  for (const part of parts) cpSync(join(root, part), join(house, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'), 'junction');
  write('scripts/build.mjs', '');
  write('test/with-go.test.ts', suite);
  const path = [join(house, 'bin'), process.env['PATH']].join(delimiter);
  for (const program of ['go', 'apt-get', 'sudo']) {
    write(`bin/${program}`, '#!/bin/sh\nexit 1\n', 0o755);
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/with-go.test.ts'],
    {
      cwd: house,
      env: { ...process.env, CI: '', ATMOS_TEST_PEERS: '', NO_COLOR: '1', ...env, PATH: path },
      encoding: 'utf8',
      timeout: 25_000,
    },
  );
  return { status, output: stdout + stderr };
}

describe('a run of the tests without a program that some try ours against', () => {
  it('passes, names what it skipped, and the line that installs what is missing', () => {
    const { status, output } = runTests({});

    expect(output).toContain('go is not installed; skipped for it: test/with-go.test.ts\n');
    expect(output).toContain('to install what is missing: ATMOS_TEST_PEERS=install npm test\n');
    expect(output).toContain('1 passed | 1 skipped');
    expect(status).toBe(0);
  });

  it.each([{ CI: 'true' }, { ATMOS_TEST_PEERS: 'install' }])(
    'fails and names it where it was to be installed and could not be: %o',
    (env) => {
      const { status, output } = runTests(env);

      expect(output).toMatch(/missing peers: .*\bgo\b/);
      expect(status).toBe(1);
    },
  );
});
