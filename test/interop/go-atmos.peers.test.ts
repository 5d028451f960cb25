import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGate } from '../../src/core/turns.ts';
import {
  compareHelp,
  documentedDifferences,
  isSame,
  type Shown,
} from '../support/atmos/commands.ts';
import { builtCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const atmos = peer('go-atmos');

/** Installs the real Atmos on PATH after our program, with a new home directory. */
function install(path: string) {
  const home = temporaryDirectory();
  const [ours, theirs] = [join(home, 'ours'), join(home, 'theirs')];
  for (const directory of [ours, theirs]) mkdirSync(directory);
  symlinkSync(builtCli(), join(ours, 'atmos'));
  symlinkSync(path, join(theirs, 'atmos'));
  const env = {
    HOME: home,
    // Neither of them accesses the network.
    ATMOS_VERSION_CHECK_ENABLED: 'false',
    ATMOS_TELEMETRY_ENABLED: 'false',
    NO_COLOR: '1',
  };
  const behind = `${theirs}:${process.env['PATH'] ?? ''}`;
  return {
    direct: (words: readonly string[]) => run(words, { ...env, PATH: behind }, home),
    throughOurs: (words: readonly string[]) =>
      run(words, { ...env, PATH: `${ours}:${behind}` }, home),
  };
}

async function run(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
): Promise<Shown & { stderr: string }> {
  const child = spawn('atmos', words, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout, stderr };
}

describe.skipIf(!atmos)('our program with the real Atmos after it on PATH', () => {
  test(
    'shows the same help for every command, except for the documented differences',
    { timeout: 60 * 60_000 },
    async () => {
      const { direct, throughOurs } = install(atmos?.path ?? '');
      const inTurn = createGate(4);
      const compared = await compareHelp(
        (words) => inTurn(() => direct(words)),
        (words) => inTurn(() => throughOurs(words)),
      );
      // v1.225.0 has more commands than this, so all help texts were read.
      expect(compared.length).toBeGreaterThan(150);
      const different = compared.filter((one) => !isSame(one)).map(({ command }) => command);
      const documented = documentedDifferences();
      expect(different.filter((command) => !documented.includes(command))).toEqual([]);
      const known = new Set(compared.map(({ command }) => command));
      expect(documented.filter((command) => !known.has(command))).toEqual([]);
    },
  );

  test('prints the version of Atmos unchanged, and our version on standard error', async () => {
    const { direct, throughOurs } = install(atmos?.path ?? '');
    for (const words of [['version'], ['--version'], ['version', '--format', 'json']]) {
      const one = await direct(words);
      const other = await throughOurs(words);
      expect({ exitCode: other.exitCode, stdout: other.stdout }).toEqual({
        exitCode: one.exitCode,
        stdout: one.stdout,
      });
      expect(other.stderr).toMatch(/^atmos-auth \d+\.\d+\.\d+\n/);
    }
  });

  test.each([['auth', 'console', 'unexpected'], ['auth', 'unknown'], ['nothing']])(
    'returns the same result for %s %s',
    async (...words) => {
      const { direct, throughOurs } = install(atmos?.path ?? '');
      const given = words.filter((word) => word !== undefined);
      expect(await throughOurs(given)).toEqual(await direct(given));
    },
  );
});
