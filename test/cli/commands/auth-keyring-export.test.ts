import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { decryptWith, encryptFor } from '../../../src/keyring/age.ts';
import { writeEntry } from '../../keyring/file/seed.ts';
import { sealEntry } from '../../keyring/file/tokens.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { openDesk, storedKey, user, type Desk, type RunOptions } from './desk.ts';
import { person } from './person.ts';

const passphrase = 'open sesame, for Ada only';
const withPassphrase = { env: { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: passphrase } };
const other = 'other-program';
const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = user;
const legacy = JSON.stringify({ type: 'aws', data: { access_key_id, secret_access_key } });
const entries = { ...storedKey, atmos_legacy: legacy, [other]: 'y' };
const own = [...Object.keys(storedKey), 'atmos_legacy'].toSorted();

interface Place {
  readonly desk: Desk;
  readonly file: string;
  readonly recipient: string;
  readonly identity: string;
  readonly identityFile: string;
}

async function openPlace(): Promise<Place> {
  const desk = await openDesk({ entries });
  const identity = await generateX25519Identity();
  const identityFile = join(desk.root, 'identity.txt');
  writeFileSync(identityFile, `${identity}\n`, { mode: 0o600 });
  const recipient = await identityToRecipient(identity);
  return { desk, file: join(desk.root, 'keyring.age'), recipient, identity, identityFile };
}

/** Runs the command. Its output must contain no secret. */
async function run(desk: Desk, command: string, given?: RunOptions) {
  const result = await desk.run(`auth keyring ${command}`, given);
  for (const text of [result.stdout, result.stderr]) {
    for (const secret of [user.secretAccessKey, passphrase, testPassword]) {
      expect(text).not.toContain(secret);
    }
  }
  return result;
}

/** Replaces the configured keyring by a new one. */
function moveAway({ desk }: Place): void {
  desk.env['XDG_DATA_HOME'] = join(desk.root, 'new');
}

async function keysOf(desk: Desk): Promise<string[]> {
  const { stdout } = await run(desk, 'list --all -o json');
  return (JSON.parse(stdout) as { key: string }[]).map(({ key }) => key).toSorted();
}

describe('an archive for recipients', () => {
  test('has every own entry, and is imported under the same names', async () => {
    const place = await openPlace();
    const { desk, file, recipient, identity, identityFile } = place;
    const exported = await run(desk, `export ${file} --recipient ${recipient}`);
    expect(exported).toMatchObject({ exitCode: 0, stdout: '' });
    expect(exported.stderr).toBe(
      `✓ exported 2 entries of the file keyring (~/data/atmos/keyring) to ~/keyring.age, encrypted for ${recipient}\n` +
        'not included, entries of other programs:\n' +
        `  ${other}\n`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const opened = await decryptWith([identity], readFileSync(file, 'utf8'));
    expect(JSON.parse('text' in opened ? opened.text : '')).toEqual({
      format: 'atmos-auth archive',
      version: 1,
      created: desk.clock.now.toISOString(),
      keyring: { type: 'file', location: desk.directory },
      entries: own.map((key) => ({ key, value: entries[key as keyof typeof entries] })),
    });
    moveAway(place);
    const command = `import --from archive --path ${file} --identity-file ${identityFile}`;
    expect(await run(desk, `${command} --dry-run -o json`)).toMatchObject({ exitCode: 0 });
    const imported = await run(desk, command);
    expect(imported).toMatchObject({ exitCode: 0, stdout: '' });
    expect(imported.stderr).toContain(
      '2 copied: from archive (~/keyring.age) to file (~/new/atmos/keyring)\n',
    );
    expect(await keysOf(desk)).toEqual(own);
    const again = await run(desk, command);
    expect(again.stderr).toContain('2 already there: from archive');
  });

  test('has the entries of other programs with --all, which the import restores', async () => {
    const place = await openPlace();
    const { desk, file, recipient, identityFile } = place;
    const unreadable = await sealEntry({ key: 'sealed', value: 'z' }, 'the password of another');
    writeEntry(desk.directory, 'sealed', unreadable);
    const { stdout } = await run(desk, `export ${file} --recipient ${recipient} --all -o json`);
    const all = [...own, other].toSorted();
    expect(JSON.parse(stdout)).toEqual({
      file,
      from: { type: 'file', location: desk.directory },
      entries: all,
      recipients: [recipient],
      left: [{ key: 'sealed', owner: 'other' }],
      failed: [],
    });
    moveAway(place);
    const command = `import --from archive --path ${file} --identity-file ${identityFile}`;
    expect(await run(desk, command)).toMatchObject({ exitCode: 0 });
    expect(await keysOf(desk)).toEqual(all);
  });

  test('is opened with spec.identity_file if no option names a file', async () => {
    const { desk, file, recipient, identityFile } = await openPlace();
    await run(desk, `export ${file} --recipient ${recipient}`);
    const command = `import --from archive --path ${file}`;
    const missing = await run(desk, command);
    expect(missing).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
    expect(missing.stderr).toBe(
      'error: the archive was encrypted for recipients, and --identity-file is missing\n' +
        'hint: add --identity-file <file>\n',
    );
    const keyring = join(desk.root, 'of-readers');
    desk.configure(
      `auth:\n  realm: r\n  keyring:\n    type: file\n    spec:\n      path: ${keyring}/\n      recipients: [${recipient}]\n      identity_file: ${identityFile}\n`,
    );
    const env = { ATMOS_AUTH_TRUST: '1', ATMOS_KEYRING_PASSWORD: undefined };
    const imported = await run(desk, command, { env });
    expect(imported).toMatchObject({ exitCode: 0 });
    expect(imported.stderr).toContain('2 copied: from archive');
  });

  test('is not opened with the identity of another person', async () => {
    const { desk, file, recipient, identityFile } = await openPlace();
    await run(desk, `export ${file} --recipient ${recipient}`);
    const ben = await generateX25519Identity();
    writeFileSync(identityFile, ben);
    const result = await run(
      desk,
      `import --from archive --path ${file} --identity-file ${identityFile}`,
    );
    expect(result).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG', exitCode: 3 });
    expect(result.stderr).toContain(
      `the identity file ${identityFile} (from --identity-file) does not open the archive ${file} (from --path): it was not encrypted for ${await identityToRecipient(ben)}\n`,
    );
  });
});

describe('an archive with a passphrase', () => {
  test('is opened with it only', async () => {
    const place = await openPlace();
    const { desk, file } = place;
    const short = await run(desk, `export ${file}`, {
      env: { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: 'short' },
    });
    expect(short).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_TOO_SHORT', exitCode: 3 });
    expect(short.stderr).toContain(
      'the passphrase of the archive (from ATMOS_KEYRING_ARCHIVE_PASSPHRASE) needs at least 8 bytes\n',
    );
    const ada = person('short', passphrase, 'another one', passphrase);
    expect(await run(desk, `export ${file}`, { person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      'Choose a passphrase for the archive',
      '  The passphrase needs at least 8 bytes',
      'Repeat the passphrase',
      '  The passphrases are different',
    ]);
    moveAway(place);
    const command = `import --from archive --path ${file}`;
    const wrong = await run(desk, command, {
      env: { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: 'another one' },
    });
    expect(wrong).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG', exitCode: 3 });
    expect(wrong.stderr).toContain(
      `the passphrase (from ATMOS_KEYRING_ARCHIVE_PASSPHRASE) does not open the archive ${file} (from --path)\n`,
    );
    const unasked = await run(desk, command);
    expect(unasked).toMatchObject({ code: 'ERR_NO_TERMINAL', exitCode: 2 });
    expect(await run(desk, command, { person: person(passphrase) })).toMatchObject({ exitCode: 0 });
    expect(await keysOf(desk)).toEqual(own);
  });
});

describe('an export leaves no file', () => {
  const expectRefused = async (
    { desk, file }: Place,
    command: string,
    refusal: { code: string; message: string },
    given: RunOptions = withPassphrase,
  ) => {
    const result = await run(desk, command, given);
    expect(result).toMatchObject({ code: refusal.code, stdout: '' });
    expect(result.stderr).toContain(refusal.message);
    expect(existsSync(file)).toBe(false);
  };

  test('without a passphrase', async () => {
    const place = await openPlace();
    const refusal = { code: 'ERR_NO_TERMINAL', message: 'Choose a passphrase for the archive' };
    await expectRefused(place, `export ${place.file}`, refusal, {});
  });

  test('for what is not a public key', async () => {
    const place = await openPlace();
    await expectRefused(place, `export ${place.file} --recipient ssh-ed25519`, {
      code: 'ERR_CONFIG_INVALID',
      message: 'the recipient "ssh-ed25519" (from --recipient) is not a public key of age',
    });
    await expectRefused(place, `export ${place.file} --recipient ,`, {
      code: 'ERR_USAGE',
      message: '--recipient must contain at least one public key of age',
    });
  });

  test('if no own entry can be decrypted', async () => {
    const place = await openPlace();
    for (const name of own) writeEntry(place.desk.directory, name, 'not an entry');
    await expectRefused(place, `export ${place.file} --recipient ${place.recipient}`, {
      code: 'ERR_KEYRING_DAMAGED',
      message: 'atmos_legacy',
    });
  });

  test('if the keyring has no own entry', async () => {
    const place = await openPlace();
    moveAway(place);
    await expectRefused(place, `export ${place.file}`, {
      code: 'ERR_USAGE',
      message: `the file keyring (${join(place.desk.root, 'new/atmos/keyring')}) has no entry to export`,
    });
  });

  test.skipIf(!canMount)('on a full disk', async () => {
    const place = await openPlace();
    const small = mountTmpfs('size=4k');
    writeFileSync(join(small, 'full'), 'x'.repeat(4096));
    const file = join(small, 'keyring.age');
    await expectRefused({ ...place, file }, `export ${file} --recipient ${place.recipient}`, {
      code: 'ERR_IO',
      message: `cannot write ${file} (from FILE)`,
    });
    expect(readdirSync(small)).toEqual(['full']);
  });
});

test('an export does not replace a file', async () => {
  const { desk, file, recipient } = await openPlace();
  writeFileSync(file, 'precious');
  const result = await run(desk, `export ${file} --recipient ${recipient}`);
  expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
  expect(result.stderr).toBe(
    `error: ${file} (from FILE) already exists\n` +
      'hint: choose the name of a file that does not exist\n',
  );
  expect(readFileSync(file, 'utf8')).toBe('precious');
});

describe('an import changes nothing', () => {
  async function refused(change: (place: Place) => Promise<string> | string) {
    const place = await openPlace();
    const { desk, file, recipient, identityFile } = place;
    await run(desk, `export ${file} --recipient ${recipient}`);
    writeFileSync(file, await change(place));
    moveAway(place);
    const result = await run(
      desk,
      `import --from archive --path ${file} --identity-file ${identityFile}`,
    );
    expect(await keysOf(desk)).toEqual([]);
    return result;
  }

  test.each<[string, (place: Place) => Promise<string> | string, string]>([
    ['was cut short', ({ file }) => readFileSync(file, 'utf8').slice(0, -200), 'is damaged'],
    ['is not of age', () => 'text', 'it does not begin with -----BEGIN AGE ENCRYPTED FILE-----'],
    ['is empty', () => '', 'is not a file that keyring export has written'],
    [
      'has another content',
      ({ recipient }) => encryptFor([recipient], '{"format":"another"}'),
      'has no entries of a keyring in it',
    ],
  ])('from an archive that %s', async (_, change, message) => {
    const result = await refused(change);
    expect(result).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', exitCode: 3, stdout: '' });
    expect(result.stderr).toMatch(/^error: the archive .*[/]keyring.age [(]from --path[)] /);
    expect(result.stderr).toContain(message);
  });

  test('from an archive of a newer version', async () => {
    const newer = '{"format":"atmos-auth archive","version":2}';
    const result = await refused(({ recipient }) => encryptFor([recipient], newer));
    expect(result).toMatchObject({ code: 'ERR_KEYRING_VERSION', exitCode: 3 });
    expect(result.stderr).toContain('has version 2; this atmos-auth supports version 1\n');
  });
});

test.each([
  ['import --from archive', '--path is missing: the archive that keyring export has written'],
  ['import --from archive --path /nonexistent', 'the archive /nonexistent (from --path) does not'],
  ['import --from archive --map a=b', '--map cannot be used with --from archive, which has no'],
  [
    'import --from atmos-file --identity-file x',
    '--identity-file can only be used with --from archive',
  ],
  ['export', '"atmos auth keyring export" needs a file'],
])('an invalid command is refused: %s', async (command, message) => {
  const { desk } = await openPlace();
  const result = await run(desk, command);
  expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
  expect(result.stderr).toContain(message);
});
