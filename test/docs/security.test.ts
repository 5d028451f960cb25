import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { classOf } from '../../src/core/variable-class.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/**
 * The start of each row of the table, and the test that proves it: its file, and words of its name.
 */
const rows: readonly (readonly [row: string, file: string, name: string])[] = [
  ['runs a program', 'test/script/hostile.test.ts', 'a value that a command prints'],
  ['reads environment variables', 'test/config/tags/simple-value.test.ts', "describe('!env'"],
  [
    'reads a secret of `atmos auth`',
    'test/script/tag-values.test.ts',
    'a secret of our own is never resolved',
  ],
  [
    'names a variable',
    'test/script/tag-values.test.ts',
    'a setting that names a variable is checked',
  ],
  ['reads files by `!include`', 'test/config/tags/include.test.ts', 'must be in its repository'],
  [
    'reads files by `import`',
    'test/config/imports.test.ts',
    'what the person’s own configuration imports',
  ],
  ['reads git data', 'test/script/hostile.test.ts', 'a repository whose git would run programs'],
  ['chooses profiles', 'test/script/hostile.test.ts', 'a profile outside of the profiles'],
  [
    'chooses which stored credentials',
    'test/script/trust-passwords.test.ts',
    'a project may use what is stored for another realm',
  ],
  [
    'chooses the keyring',
    'test/script/trust-passwords.test.ts',
    'a keyring inside of the project is reported in one line',
  ],
  [
    'names the password of a file keyring to read it',
    'test/script/trust-passwords.test.ts',
    'stored entries are read and their session is used',
  ],
  [
    'holds a keyring open',
    'test/script/auto-unlock.test.ts',
    'an untrusted project cannot set auto_unlock',
  ],
  [
    'names that password to store something',
    'test/script/trust-passwords.test.ts',
    'without trust a project may name',
  ],
  [
    'names the readers of a keyring',
    'test/script/recipients.test.ts',
    'that a project names do not create a keyring without trust',
  ],
  [
    'names your age identity',
    'test/script/recipients.test.ts',
    'cannot be those of another keyring that a project brings',
  ],
  ['sends signed requests', 'test/script/hostile.test.ts', 'an endpoint elsewhere'],
  [
    'sends a token and entries to a server',
    'test/script/vault.test.ts',
    'nothing is sent to a server that a project names',
  ],
  [
    'sends a file or a variable to that server',
    'test/keyring/vault/trust-needs.test.ts',
    'what is sent or run to log in needs trust',
  ],
  [
    'chooses where a server',
    'test/keyring/vault/trust-needs.test.ts',
    'a place on the server needs trust to store there',
  ],
  [
    'sends an MFA code',
    'test/script/trust-passwords.test.ts',
    'is not sent without trust, and there is no prompt for it',
  ],
  [
    'writes sessions to plain files',
    'test/clouds/aws/atmos-session.test.ts',
    'a session that would change the meaning of the files is refused',
  ],
  [
    'writes a token to a plain file, for the AWS CLI',
    'test/script/shared-token.test.ts',
    'share in the file of a project needs trust',
  ],
  [
    'writes the identities of a portal where Atmos reads them',
    'test/script/provision.test.ts',
    'write_identities_for_atmos in the file of a project needs trust',
  ],
  [
    'uses a token of the AWS CLI that has not expired',
    'test/auth/shared-session.test.ts',
    'opens a session without a sign-in, and is not stored',
  ],
  ['chooses how a session is opened', 'test/clouds/aws/user.test.ts', 'the duration of a session'],
  [
    'sets variables for programs',
    'test/script/trust-variables.test.ts',
    'a variable that chooses neither a program nor a file nor a server is set',
  ],
  [
    'sets variables that load code',
    'test/script/program-env.test.ts',
    'a program gets none of a hostile env',
  ],
  [
    'sets `ATMOS_AUTH_TRUST`',
    'test/script/hostile.test.ts',
    'is trusted by an environment variable, and by no file',
  ],
  ['chooses how much is logged', 'test/script/logs.test.ts', 'level and file are read from'],
  [
    'writes a line for each use of an identity',
    'test/app/audit.test.ts',
    'needs trust if a project names it',
  ],
  ['writes a log to a file', 'test/script/hostile.test.ts', 'a log of its own'],
];

function cellsOf(page: string, heading: string): readonly (readonly string[])[] {
  const lines = (page.split(heading)[1] ?? '').split(/\n#/)[0]?.split('\n') ?? [];
  const table = lines.filter((line) => line.startsWith('|')).slice(2);
  return table.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

test('each row of docs/security.md about untrusted projects has its test', () => {
  const table = cellsOf(read('docs/security.md'), "### What a project's file can do without trust");
  expect(table.length).toBe(rows.length);
  for (const [at, [row, file, name]] of rows.entries()) {
    const [what = '', isDone] = table[at] ?? [];
    expect(what.startsWith(row), `${what} is the row: ${row}`).toBe(true);
    expect(isDone).toBeTruthy();
    expect(read(file)).toContain(name);
  }
});

test('docs/adr/0020 names exactly the variables that need no trust', () => {
  const table = cellsOf(read('docs/adr/0020-allowed-variables.md'), '## Decision');
  const names = table.flatMap(([cell = '']) => [...cell.matchAll(/`([A-Z_*]+)`/g)]);
  const named = names.map(([, name = '']) => name.replace('*', 'X'));
  expect(named.length).toBeGreaterThan(30);
  const plain = (name: string) =>
    ['', 'A_PASSWORD'].some((value) => classOf(name, value) === 'plain');
  expect(named.filter((name) => !plain(name))).toEqual([]);

  const source = read('src/core/variables.ts').split('const allowed = {')[1]?.split('};')[0] ?? '';
  const listed = [...source.replaceAll(/\/\*\*.*/g, '').matchAll(/\b[A-Z][A-Z_]+\b\*?/g)].map(
    ([name]) => name,
  );
  expect(
    listed.map((name) => name.replace('*', 'X')).filter((name) => !named.includes(name)),
  ).toEqual([]);
});
