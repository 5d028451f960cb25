import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJwe } from '../../src/keyring/file/jwe.ts';
import { encodeKey } from '../../src/keyring/key.ts';
import { peer } from '../support/peers.ts';
import {
  accessKey,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  password,
  type Machine,
  type RunOptions,
} from './machine.ts';

// A directory that atmos auth shares with Atmos's keychain store. The library of Atmos writes the
// entries of that store (test/interop/go). They must not change, whatever is done with our own
// entries.
const go = peer('go');
const newPassword = 'the password from now on';
const storeEntries: Readonly<Record<string, string>> = {
  'atmos/dev/app/TOKEN': '"hunter2hunter2"',
  [`atmos/plat/ue2/prod/${'c'.repeat(210)}/LONG`]: '"a name of over 240 bytes"',
  '.x/dev/KEY': '"a leading dot"',
  'tab\tnewline\n': '"control characters"',
  'atmos_secrets/dev/app/TOKEN': '"a prefix like ours"',
};

function runGo(machine: Machine, args: readonly string[], secret: string, input = ''): string {
  const env = { INTEROP_DIR: machine.keyring, INTEROP_PASSWORD: secret };
  const { status, stdout, stderr } = spawnSync(go?.path ?? '', args, {
    env,
    input,
    encoding: 'utf8',
  });
  expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
  return stdout;
}

function writeStore(machine: Machine, secret: string): void {
  for (const [key, value] of Object.entries(storeEntries))
    runGo(machine, ['set', key], secret, value);
}

/** The store's files with everything that a program could change of them, except access times. */
function storeFiles({ keyring }: Machine) {
  return Object.keys(storeEntries).map((key) => {
    const path = join(keyring, encodeKey(key));
    const { ino, mode, mtimeMs, nlink } = lstatSync(path);
    return { key, text: readFileSync(path, 'latin1'), ino, mode, mtimeMs, nlink };
  });
}

function headersOf(machine: Machine) {
  return storeFiles(machine).map(({ text }) => {
    const token = parseJwe(text);
    if ('fault' in token) return token;
    const { algorithm, rounds, salt } = token.parameters;
    return { algorithm, rounds, saltBytes: salt.length };
  });
}

interface Command {
  readonly words: string | readonly string[];
  readonly options?: RunOptions;
  /** Default: 0. */
  readonly exitCode?: number;
  /** The store's entries afterwards, as far as the keyring's password opens them. */
  readonly changes?: 'password' | 'strength';
}

/** Every command that reads or writes a keyring, on one with a stored access key. */
const commands = (machine: Machine): Command[] => [
  { words: 'auth keyring status' },
  { words: 'auth keyring list' },
  { words: 'auth keyring doctor' },
  { words: 'auth keyring prune' },
  { words: 'auth keyring migrate --to system', exitCode: 3 },
  {
    words: ['auth', 'keyring', 'import', '--from', 'atmos-file', '--path', machine.keyring],
    options: { env: { ATMOS_KEYRING_FILE_PATH: join(machine.root, 'elsewhere') } },
  },
  { words: 'auth user configure --stdin', options: { input: keyOnStdin } },
  { words: 'auth login' },
  { words: 'auth whoami', exitCode: 4 },
  { words: 'auth env' },
  { words: 'auth exec -- true' },
  { words: 'auth logout' },
  { words: 'auth keyring unlock' },
  { words: 'auth keyring list --long' },
  { words: 'auth keyring lock' },
  { words: 'auth keyring rekey --dry-run' },
  { words: 'auth keyring rekey --upgrade' },
  { words: 'auth keyring rekey --upgrade --all', changes: 'strength' },
  {
    words: 'auth keyring rekey --stdin',
    options: { input: newPassword },
    changes: 'password',
  },
  { words: 'auth logout --all-realms --keychain --force' },
  { words: 'auth logout emergency-user --keychain --force' },
];

const names = commands({ keyring: '', root: '' } as Machine).map(({ words }) =>
  typeof words === 'string' ? words : words.slice(0, -1).join(' '),
);

describe.skipIf(!go)('entries that the library of Atmos wrote', () => {
  describe.each([
    ['the same password', password],
    ['another password', 'the password of the store'],
  ])('under %s', (_, secret) => {
    test.each(names.map((name, at) => [name, at] as const))(
      'stay unchanged by %s',
      async (_name, at) => {
        const machine = await openConfiguredMachine();
        writeStore(machine, secret);
        const [before, headers] = [storeFiles(machine), headersOf(machine)];
        const command = commands(machine)[at] ?? expect.fail();
        const { words, options, exitCode = 0, changes } = command;
        const ran = await machine.atmos(words, options);
        if (String(words).endsWith('unlock')) await machine.atmos('auth keyring lock');
        const { stderr } = ran;
        expect({ exitCode: ran.exitCode, stderr }).toEqual({ exitCode, stderr });
        // No hint suggests removing an entry of the store.
        expect(stderr + ran.stdout).not.toMatch(/\b(mv|rm|chmod) .*(%2F|\.x)/);
        if (changes === undefined || secret !== password) {
          expect(storeFiles(machine)).toEqual(before);
          return;
        }
        if (changes === 'password') expect(headersOf(machine)).toEqual(headers);
        else expect(headersOf(machine)).not.toEqual(headers);
        const now = changes === 'password' ? newPassword : password;
        for (const [key, value] of Object.entries(storeEntries))
          expect(runGo(machine, ['get', key], now)).toBe(value);
      },
    );

    test('do not prevent creating a keyring next to them', async () => {
      for (const run of [
        (machine: Machine) => machine.atmos('auth user configure --stdin', { input: keyOnStdin }),
        async (machine: Machine) => {
          const unlocked = await machine.atmos('auth keyring unlock');
          await machine.atmos('auth keyring lock');
          return unlocked;
        },
        async (machine: Machine) => {
          const source = await openConfiguredMachine();
          const words = ['auth', 'keyring', 'import', '--from', 'atmos-file', '--path'];
          return machine.atmos([...words, source.keyring]);
        },
      ]) {
        const machine = await openMachine();
        mkdirSync(machine.keyring, { recursive: true, mode: 0o700 });
        writeStore(machine, secret);
        const before = storeFiles(machine);
        expect(await run(machine)).toMatchObject({ exitCode: 0 });
        expect(storeFiles(machine)).toEqual(before);
      }
    });

    test('do not prevent storing an access key after the last one was removed', async () => {
      const machine = await openConfiguredMachine();
      writeStore(machine, secret);
      const before = storeFiles(machine);
      const removed = await machine.atmos('auth logout emergency-user --keychain --force');
      expect(removed.exitCode).toBe(0);
      expect(
        readdirSync(machine.keyring).filter((name) => name.startsWith('atmos_script_')),
      ).toEqual([]);
      const wrong = { env: { ATMOS_KEYRING_PASSWORD: 'not the password' }, input: keyOnStdin };
      const configure = 'auth user configure --stdin';
      expect(await machine.atmos(configure, wrong)).toMatchObject({ exitCode: 3 });
      expect(await machine.atmos(configure, { input: keyOnStdin })).toMatchObject({ exitCode: 0 });
      const { stdout } = await machine.atmos('auth whoami -o json');
      expect(stdout).not.toContain(accessKey.secretAccessKey);
      expect(storeFiles(machine)).toEqual(before);
    });
  });
});
