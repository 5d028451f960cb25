import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readIdentities } from '../../../src/keyring/file/identity-file.ts';
import { errorOf } from '../../support/error-of.ts';
import { createTeam, openAs, readerContext, type Machine } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

async function openMachine(text?: (own: Machine) => string) {
  const { directory, machine } = createTeam(temporaryDirectory());
  const ann = await machine('ann');
  if (text !== undefined) writeFileSync(ann.identityFile, text(ann));
  return {
    directory,
    ann,
    named: `the identity file ${ann.identityFile} (from auth.keyring.spec.identity_file)`,
  };
}

describe('an identity file', () => {
  test('may have comments, blank lines and several identities', async () => {
    const { directory, machine } = createTeam(temporaryDirectory());
    const [ann, ben] = [await machine('ann'), await machine('ben')];
    const text = `# of Ann\r\n${ann.identity}\r\n\n# of Ben\n  ${ben.identity}`;
    writeFileSync(ann.identityFile, text);
    expect((await readIdentities(readerContext(directory, ann))).recipients).toEqual([
      ann.recipient,
      ben.recipient,
    ]);
    await openAs(directory, ann, { recipients: [ben.recipient] }).set('atmos_one', 'x');
    expect(await openAs(directory, ann).get('atmos_one')).toBe('x');
  });

  const invalid: Readonly<Record<string, readonly [(own: Machine) => string, string]>> = {
    'that is empty': [() => '\n', 'contains no identity'],
    'with only comments': [() => '# AGE-SECRET-KEY-1\n', 'contains no identity'],
    'that is too large': [() => '#'.repeat(70_000), 'is too large for an identity file'],
    'of SSH': [
      () => '-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n',
      'is a key of another program, such as SSH, not an age identity',
    ],
    'with a passphrase': [
      () => '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n',
      'is encrypted with a passphrase, which atmos-auth cannot open',
    ],
    'with a passphrase, in binary': [
      () => 'age-encryption.org/v1\n-> scrypt x 18\n',
      'is encrypted with a passphrase, which atmos-auth cannot open',
    ],
    'with a wrong checksum': [
      ({ identity }) => `${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}\n`,
      'has an identity with a wrong checksum',
    ],
  };
  test.each(Object.entries(invalid))('%s is refused', async (_, [text, message]) => {
    const { directory, ann, named } = await openMachine(text);
    const keyring = openAs(directory, ann, { recipients: [ann.recipient] });
    const error = await errorOf(keyring.set('atmos_one', 'x'));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'ERR_KEYRING_PASSWORD_REQUIRED',
      message: `${named} ${message}`,
    });
  });

  test('with another text is refused, and the text is not quoted', async () => {
    const { directory, ann, named } = await openMachine(
      ({ identity }) => `${identity}\nAKIASECRETOFANOTHERPROGRAM\n`,
    );
    const error = await errorOf(readIdentities(readerContext(directory, ann)));
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(error.message).toBe(`line 2 of ${named} is not an identity of age (AGE-SECRET-KEY-1…)`);
    expect(error.hints.join()).not.toContain('AKIA');
  });

  test('that is missing is named with the setting', async () => {
    const { directory, ann, named } = await openMachine();
    rmSync(ann.identityFile);
    const missing = await errorOf(readIdentities(readerContext(directory, ann)));
    expect(missing.message).toBe(`${named} does not exist`);
    expect(missing.hints).toEqual(['name the file that age-keygen -o FILE made for you']);
    mkdirSync(ann.identityFile);
    const isDirectory = await errorOf(readIdentities(readerContext(directory, ann)));
    expect(isDirectory.message).toBe(`${named} is a directory`);
  });

  test('has to be configured', async () => {
    const { directory, ann } = await openMachine();
    const { identityFile: _, ...settings } = readerContext(directory, ann).settings;
    const context = { ...readerContext(directory, ann), settings };
    const error = await errorOf(readIdentities(context));
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(error.message).toBe(
      `the keyring ${directory} has readers, and auth.keyring.spec.identity_file is not set`,
    );
  });
});
