import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { testRounds } from '../../scripts/build-constants.mjs';
import { isUtf8 } from 'node:buffer';
import { workFactorOf } from '../../src/keyring/age.ts';
import { parseJwe } from '../../src/keyring/file/jwe.ts';
import { seedEntries, writeEntry } from '../keyring/file/seed.ts';
import { tokenWith } from '../keyring/file/tokens.ts';
import { builtCli, packagedCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { keyOnStdin, openMachine, password, type Machine } from './machine.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const go = peer('go');

const strong = (rounds: number) => `PBES2-HS512+A256KW ${rounds}`;

/** The algorithm and the rounds in the header of each entry and of the verifier, by path. */
function derivationsIn(keyring: string): Record<string, string> {
  const files = readdirSync(keyring, { recursive: true, withFileTypes: true });
  const derivations = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .flatMap((path) => {
      const bytes = readFileSync(path);
      const token = isUtf8(bytes) ? parseJwe(bytes.toString()) : { fault: 'binary' };
      if ('fault' in token) return [];
      const { algorithm, rounds } = token.parameters;
      return [[path.slice(keyring.length + 1).replaceAll(sep, '/'), `${algorithm} ${rounds}`]];
    });
  return Object.fromEntries(derivations);
}

/** The user stores an access key with `program`, which creates the keyring. */
async function storeKey(machine: Machine, program: string): Promise<void> {
  const words = [program, 'auth', 'user', 'configure', '--stdin'];
  expect(await machine.run(process.execPath, words, { input: keyOnStdin })).toMatchObject({
    exitCode: 0,
  });
}

describe('the package', () => {
  test('encrypts an archive with the work factor of the tool age', async () => {
    const machine = await openMachine();
    await storeKey(machine, packagedCli());
    const file = join(machine.home, 'keyring.age');
    const env = { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: password };
    const words = [packagedCli(), 'auth', 'keyring', 'export', file];
    expect(await machine.run(process.execPath, words, { env })).toMatchObject({ exitCode: 0 });
    expect(workFactorOf(readFileSync(file, 'utf8'))).toBe(18);
  });

  test('writes the entry and the verifier with 600,000 rounds', async () => {
    const machine = await openMachine();
    await storeKey(machine, packagedCli());
    expect(derivationsIn(machine.keyring)).toEqual({
      'atmos_script_emergency-user': strong(600_000),
      '.state/verifier': strong(600_000),
    });
    const list = [packagedCli(), 'auth', 'keyring', 'list', '--long'];
    expect(await machine.run(process.execPath, list)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('writes them with 600,000 rounds from its tarball, which has no dist-test/', async () => {
    const directory = temporaryDirectory();
    const npmPack = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
    const { stdout } = await run('npm', npmPack, { cwd: root });
    const [{ filename, files }] = JSON.parse(stdout);
    const paths: string[] = files.map(({ path }: { path: string }) => path);
    expect(paths).toContain('dist/cli/main.cjs');
    expect(
      paths.filter(
        (path) => !/^(dist|schema)\/|^[A-Z]+[.]md$|^LICENSE$|^package[.]json$/.test(path),
      ),
    ).toEqual([]);

    execFileSync('tar', ['-xzf', join(directory, filename), '-C', directory]);
    mkdirSync(join(directory, 'package/node_modules'));
    for (const name of ['koffi', '@koromix'])
      symlinkSync(join(root, 'node_modules', name), join(directory, 'package/node_modules', name));
    const machine = await openMachine();
    await storeKey(machine, join(directory, 'package/dist/cli/main.cjs'));
    expect(Object.values(derivationsIn(machine.keyring))).toEqual([
      strong(600_000),
      strong(600_000),
    ]);
  });

  test('writes them with 600,000 rounds through the library', async () => {
    const keyring = join(temporaryDirectory(), 'keyring');
    const library = pathToFileURL(join(root, 'dist/keyring.js')).href;
    const script = `
      import { openKeyring } from ${JSON.stringify(library)};
      const keyring = await openKeyring({ type: 'file', directory: ${JSON.stringify(keyring)} });
      await keyring.set('key', 'value');
      await keyring.close();
    `;
    await run(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env['PATH'], ATMOS_KEYRING_PASSWORD: password },
    });
    expect(derivationsIn(keyring)).toEqual({
      key: strong(600_000),
      '.state/verifier': strong(600_000),
    });
  });

  test('counts an entry as weak below 600,000 rounds', async () => {
    const machine = await openMachine();
    const keyring = await seedEntries({});
    for (const p2c of [600_000, 599_999, testRounds]) {
      const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c, p2s: 'c2FsdHNhbHRzYWx0c2E' };
      writeEntry(keyring, `atmos_of_${p2c}`, tokenWith(header));
    }
    const status = [packagedCli(), 'auth', 'keyring', 'status', '-o', 'json'];
    const { stdout } = await machine.run(process.execPath, status, {
      env: { ATMOS_KEYRING_FILE_PATH: keyring },
    });
    expect(JSON.parse(stdout)).toMatchObject({ entries: 3, weak_entries: 2 });
  });

  test.skipIf(!go)('writes entries that Go opens', async () => {
    const machine = await openMachine();
    await storeKey(machine, packagedCli());
    const env = { INTEROP_DIR: machine.keyring, INTEROP_PASSWORD: password };
    const { stdout } = await run(go?.path ?? '', ['get', 'atmos_script_emergency-user'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ type: 'aws' });
  });
});

test('the program for tests writes with few rounds, and the package opens its entries', async () => {
  const machine = await openMachine();
  await storeKey(machine, builtCli());
  expect(derivationsIn(machine.keyring)).toEqual({
    'atmos_script_emergency-user': strong(testRounds),
    '.state/verifier': strong(testRounds),
  });
  const list = [packagedCli(), 'auth', 'keyring', 'list', '--long'];
  expect(await machine.run(process.execPath, list)).toMatchObject({ exitCode: 0, stderr: '' });
});
