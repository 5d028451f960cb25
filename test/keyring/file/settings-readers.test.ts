import { describe, expect, test } from 'vitest';
import type { Spec } from '../../../src/core/keyring-spec.ts';
import { secretPath } from '../../../src/keyring/file/settings-readers.ts';
import {
  passwordSources,
  pinFile,
  settleFile,
  unpinFile,
} from '../../../src/keyring/file/settings.ts';
import { trustNeeds } from '../../../src/keyring/file/trust-needs.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { thrownBy } from '../../support/error-of.ts';
import { createTeam, openAs } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const reader = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const host = {
  env: {},
  platform: 'linux' as const,
  homeDirectory: '/home/ann',
  userId: 1000,
  workingDirectory: () => '/srv/project',
};
const source = 'auth.keyring.spec';
const project = { isBeside: () => true, checkoutOf: () => undefined };

const said = (key: string, value: unknown): Spec => ({
  [key]: { value, source: `${source}.${key}`, path: ['auth', 'keyring', 'spec', key] },
});

const ofReaders = { ...said('recipients', [reader]), ...said('identity_file', '~/identity.txt') };

describe('the settings of a keyring with readers', () => {
  test('are the recipients and the absolute path of the identity file', () => {
    expect(settleFile(ofReaders, host)).toMatchObject({
      recipients: { value: [reader], source: `${source}.recipients` },
      identityFile: { value: '/home/ann/identity.txt', source: `${source}.identity_file` },
    });
  });

  test('name the identity file as the source of the password', () => {
    const { given } = passwordSources(settleFile(ofReaders, host), { env: {} });
    expect(given).toMatchObject([{ kind: 'file', said: { value: '/home/ann/identity.txt' } }]);
  });

  test('are pinned without the recipients, and mean the same elsewhere', () => {
    const pinned = JSON.parse(JSON.stringify(pinFile(settleFile(ofReaders, host))));
    const elsewhere = { ...host, homeDirectory: '/home/ben', workingDirectory: () => '/' };
    expect(settleFile(unpinFile(pinned), elsewhere)).toMatchObject({
      identityFile: { value: '/home/ann/identity.txt' },
    });
    expect(JSON.stringify(pinned)).not.toContain(reader);
  });

  test.each([
    ['', 'the recipient "" (from auth.keyring.spec.recipients) is not a public key of age'],
    [
      `${reader}q`,
      `the recipient "${reader}q" (from auth.keyring.spec.recipients) is not a public key of age`,
    ],
    [
      'ssh-ed25519 AAAAC3Nza',
      'the recipient "ssh-ed25519 AAAAC3Nza" (from auth.keyring.spec.recipients) is not a public key of age: SSH keys are not supported',
    ],
    [
      'age1yubikey1q2w3e4r',
      'the recipient "age1yubikey1q2w3e4r" (from auth.keyring.spec.recipients) is not a public key of age for X25519: plug-ins and other kinds are not supported',
    ],
    [
      'AGE-SECRET-KEY-1QQQQ',
      'the recipient (from auth.keyring.spec.recipients) is a secret key, not a public key',
    ],
  ])('refuse the recipient %j', (recipient, message) => {
    const error = thrownBy(() => settleFile(said('recipients', [reader, recipient]), host));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'ERR_CONFIG_INVALID',
      message,
    });
    expect(error.hints).toEqual([
      'use the public key (age1…, 62 characters), which age-keygen -y FILE prints',
    ]);
  });

  test('refuse an empty list', () => {
    const error = thrownBy(() => settleFile(said('recipients', []), host));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      'the list of recipients (from auth.keyring.spec.recipients) is empty',
    );
  });

  test.each(['password_env', 'password_file', 'password_command'])('refuse %s', (key) => {
    for (const readers of [said('recipients', [reader]), said('identity_file', '~/i.txt')]) {
      const [named] = Object.keys(readers);
      const error = thrownBy(() => settleFile({ ...readers, ...said(key, 'X') }, host));
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expect(error.message).toBe(
        `the file keyring has readers (from ${source}.${named}), so it has no password, but ${source}.${key} says where a password is`,
      );
      expect(error.hints).toEqual([`remove ${source}.${key}, or recipients and identity_file`]);
    }
  });
});

describe('recipients of a file need trust to store', () => {
  test('while the keyring does not exist', () => {
    const path = said('path', temporaryDirectory());
    expect(trustNeeds({ ...ofReaders, ...path }, project, host)).toEqual([
      {
        path: ['auth', 'keyring', 'spec', 'recipients'],
        what: `creates a keyring that these readers can decrypt: ${reader}`,
        occasion: 'storing',
      },
    ]);
  });

  test('and not once the keyring has its readers', async () => {
    const { directory, machine } = createTeam(temporaryDirectory());
    const ann = await machine('ann');
    await openAs(directory, ann, { recipients: [ann.recipient] }).set('atmos_one', 'x');
    const path = said('path', `${directory}/`);
    expect(trustNeeds({ ...ofReaders, ...path }, project, host)).toEqual([]);
    expect(secretPath(directory)).toBe(statePaths(directory).secret);
  });
});
