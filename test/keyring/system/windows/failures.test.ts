import { describe, expect, test } from 'vitest';
import {
  CredentialError,
  type CredentialManager,
} from '../../../../src/keyring/system/windows/credential-manager.ts';
import { openCredentialKeyring } from '../../../../src/keyring/system/windows/keyring.ts';
import { errorOf } from '../../../support/error-of.ts';
import { fakeHost } from '../../../support/fake-host.ts';

const source = 'auth.keyring.type (C:\\p\\atmos.yaml:3:11)';
const fileWay = 'to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file';
const memoryWay = 'to keep nothing after this command: export ATMOS_KEYRING_TYPE=memory';

/** A fake API in which every call fails with this status, as never happens in Wine. */
function open(status: number, persistence = 3) {
  const fail = (call: string) => () => {
    throw new CredentialError(call, status);
  };
  const manager: CredentialManager = {
    read: fail('CredReadW'),
    write: fail('CredWriteW'),
    remove: fail('CredDeleteW'),
    list: fail('CredEnumerateW'),
    maxPersistence: () => persistence,
  };
  const type = { value: 'system', source };
  const context = { type, settings: undefined, host: fakeHost() };
  return openCredentialKeyring(context, async () => manager);
}

const noSession =
  'this logon session has no credential store (as over SSH or WinRM and in some services)';
const rows = [
  [
    'ERROR_NO_SUCH_LOGON_SESSION, over SSH',
    1312,
    'ERR_KEYRING_UNAVAILABLE',
    noSession,
    ['log on at the machine or by remote desktop, and run the command there', fileWay, memoryWay],
  ],
  [
    'ERROR_ACCESS_DENIED',
    5,
    'ERR_KEYRING_PERMISSIONS',
    'Windows denies access',
    ['to show the user and its privileges: whoami /all', fileWay],
  ],
  [
    'RPC_S_SERVER_UNAVAILABLE',
    1722,
    'ERR_KEYRING_UNAVAILABLE',
    'the Credential Manager service does not answer',
    ['sc.exe query VaultSvc', fileWay, memoryWay],
  ],
  [
    'NTE_BAD_KEY_STATE',
    0x8009000b,
    'ERR_KEYRING_DAMAGED',
    'Windows cannot decrypt it; this happens after an administrator resets the account password',
    [
      'to store an access key again: atmos auth user configure',
      'to store a session again: atmos auth login --force',
    ],
  ],
] as const;

describe.each(rows)('%s', (_, status, code, reason, hints) => {
  test('is reported by every call, with hints', async () => {
    const keyring = open(status);
    const message = (doing: string) =>
      `cannot ${doing} Credential Manager: ${reason} (type system from ${source})`;
    const uses = [
      ['read from', keyring.get('key')],
      ['read from', keyring.set('key', 'value')],
      ['read from', keyring.delete('key')],
      ['list', keyring.keys()],
    ] as const;
    for (const [doing, use] of uses)
      expect(await errorOf(use)).toMatchObject({
        code,
        message: message(doing),
        hints,
        cause: { name: 'CredentialError', status },
      });
  });

  test('is the reason in a probe', async () => {
    expect(await open(status).probe()).toEqual({ state: 'unavailable', reason });
  });
});

test('any other error is reported by its number, with a hint to look it up', async () => {
  expect(await errorOf(open(1450).get('key'))).toMatchObject({
    code: 'ERR_KEYRING_IO',
    message: `cannot read from Credential Manager: CredReadW failed with error 1450 (type system from ${source})`,
    hints: ['net helpmsg 1450'],
  });
});

test('a probe detects a session that cannot keep credentials for later logons', async () => {
  const keyring = open(1312, 1);
  expect(await keyring.probe()).toEqual({ state: 'unavailable', reason: noSession });
});
