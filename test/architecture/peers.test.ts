import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSlowPeer, peerNames } from '../../scripts/peers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const suite = `
import { describe, expect, it } from 'vitest';
import { peer } from './support/peers.ts';
describe.skipIf(!peer('go'))('with Go', () => it('runs', () => {}));
it('runs alone', () => expect(peer('go')).toBeUndefined());
`;

const slowSuite = `
import { expect, it } from 'vitest';
it('passes', () => expect(1).toBe(1));
it.skip('is skipped', () => expect(1).toBe(2));
`;

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'peers-'));
  copySetUp();
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text, { mode });
}

interface Finished {
  readonly status: number | null;
  readonly output: string;
}

/** A copy of the tests' configuration with one suite that needs Go and one slow suite. */
function copySetUp(): void {
  const scripts = ['peers', 'peer-tools', 'sdk-peers', 'wine', 'build-constants', 'run-peers'].map(
    (name) => `scripts/${name}.mjs`,
  );
  const parts = ['package.json', 'vitest.config.ts', 'package-lock.json', 'test/support'];
  for (const part of [...parts, ...scripts])
    cpSync(join(root, part), join(project, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction');
  write('scripts/build.mjs', '');
  write('test/with-go.test.ts', suite);
  write('test/script/slow.peers.test.ts', slowSuite);
}

/** Runs `npm test` on a machine where nothing can be installed. */
function runTests(env: NodeJS.ProcessEnv): Finished {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project=!peers'];
  return run([...vitest, 'test/with-go', 'test/script/slow'], env);
}

function run(words: readonly string[], env: NodeJS.ProcessEnv): Finished {
  const path = [join(project, 'bin'), process.env['PATH']].join(delimiter);
  for (const program of ['go', 'apt-get', 'sudo']) {
    write(`bin/${program}`, '#!/bin/sh\nexit 1\n', 0o755);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: project,
    env: { ...process.env, CI: '', ATMOS_TEST_PEERS: '', NO_COLOR: '1', ...env, PATH: path },
    encoding: 'utf8',
    timeout: 25_000,
  });
  return { status, output: stdout + stderr };
}

describe('npm test without a peer program', () => {
  it('passes, and names the skipped suites and the command that installs the program', () => {
    const { status, output } = runTests({});

    expect(output).toContain('go is not installed; skipped for it: test/with-go.test.ts\n');
    expect(output).toContain('to install what is missing: ATMOS_TEST_PEERS=install npm test\n');
    expect(output).toContain('1 passed | 1 skipped');
    expect(status).toBe(0);
  });

  it.each([{ CI: 'true' }, { ATMOS_TEST_PEERS: 'install' }])(
    'fails and names the program when its installation was required and failed: %o',
    (env) => {
      const { status, output } = runTests(env);

      expect(output).toMatch(/missing peers: .*\bgo\b/);
      expect(status).toBe(1);
    },
  );
});

describe('npm run peers', () => {
  it('runs the suites that npm test skips, and prints a table', () => {
    write(
      'scripts/peers.mjs',
      'export const [peerNames, findPeers, isSlowPeer] = [[], () => ({}), () => false];\n' +
        'export const installPeers = () => {};\n',
    );
    const { status, output } = run(['scripts/run-peers.mjs'], {});

    expect(output).toMatch(/^test\/script\/slow[.]peers[.]test[.]ts +1 +0 +1 +\d+[.]\d$/m);
    expect(output).toMatch(/^total +1 +0 +1 +\d+[.]\d$/m);
    expect(status).toBe(0);
  });

  it('fails when a peer is missing and cannot be installed', () => {
    const { status, output } = run(['scripts/run-peers.mjs'], {});

    expect(output).toMatch(/missing peers: .*\bgo-windows\b/);
    expect(status).toBe(1);
  });

  it('is named at the end of npm test, which installs no peers', () => {
    const passed = runTests({});
    expect(passed.output).toContain('not run here: npm run peers\n');
    expect(passed.output).not.toContain('slow.peers.test.ts');
    expect(runTests({ CI: 'true' }).output).toMatch(/missing peers: (?!.*-windows)/);
  });

  it('includes every suite that uses a peer', () => {
    const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
    const asking = files
      .filter((name) => name.endsWith('.test.ts') && !name.endsWith('.peers.test.ts'))
      .filter((name) => {
        const text = readFileSync(join(root, 'test', name), 'utf8');
        return peerNames.some((peer) => isSlowPeer(peer) && text.includes(`peer('${peer}')`));
      });
    expect(asking).toEqual([]);
  });
});
