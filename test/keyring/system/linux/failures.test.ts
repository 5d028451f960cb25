import { describe, expect, test } from 'vitest';
import { BusError } from '../../../../src/keyring/system/linux/dbus/bus-error.ts';
import {
  describeFailure,
  isGone,
  keyringError,
} from '../../../../src/keyring/system/linux/failures.ts';
import { createTestContext } from './open-keyring.ts';

const bus = 'org.freedesktop.DBus.Error.';
const answered = (name: string, said = 'to Unlock') => new BusError('answered', said, name);

describe('a failure of the bus or the service', () => {
  test.each([
    [`${bus}ServiceUnknown`, 'ERR_KEYRING_UNAVAILABLE'],
    [`${bus}NameHasNoOwner`, 'ERR_KEYRING_UNAVAILABLE'],
    [`${bus}AccessDenied`, 'ERR_KEYRING_UNAVAILABLE'],
    [`${bus}Spawn.ChildExited`, 'ERR_KEYRING_UNAVAILABLE'],
    [`${bus}LimitsExceeded`, 'ERR_KEYRING_BUSY'],
    [`${bus}NoReply`, 'ERR_KEYRING_IO'],
    ['org.freedesktop.Secret.Error.IsLocked', 'ERR_KEYRING_LOCKED'],
    [`${bus}UnknownMethod`, 'ERR_KEYRING_IO'],
    ['constructor', 'ERR_KEYRING_IO'],
    ['', 'ERR_KEYRING_IO'],
  ])('%s becomes %s', (name, code) => {
    expect(describeFailure(answered(name))).toMatchObject({ code });
  });

  test.each([
    ['absent', 'ERR_KEYRING_UNAVAILABLE'],
    ['unreachable', 'ERR_KEYRING_UNAVAILABLE'],
    ['rejected', 'ERR_KEYRING_UNAVAILABLE'],
    ['empty', 'ERR_KEYRING_UNAVAILABLE'],
    ['closed', 'ERR_KEYRING_IO'],
    ['timeout', 'ERR_KEYRING_TIMEOUT'],
    ['malformed', 'ERR_KEYRING_DAMAGED'],
    ['locked', 'ERR_KEYRING_LOCKED'],
    ['session', 'ERR_KEYRING_DAMAGED'],
  ] as const)('that is %s becomes %s', (fault, code) => {
    const failure = describeFailure(new BusError(fault, 'what happened'));
    expect(failure).toMatchObject({ code, reason: 'what happened' });
  });

  test('is reported in printable characters and with limited length', () => {
    const said = `to Unlock: \u001b[31mred\u0007\n${'x'.repeat(500)}`;
    const { reason } = describeFailure(answered('org.example.Failed', said));
    expect(reason).toContain(
      'the keyring service answered org.example.Failed to Unlock: ?[31mred??xxx',
    );
    expect(reason.length).toBeLessThan(260);
  });

  test('contains the operation and where the type was configured', () => {
    const context = createTestContext({ env: { DISPLAY: ':0' } });
    const cause = answered(`${bus}ServiceUnknown`);
    const error = keyringError(context, 'read from', describeFailure(cause), cause);
    expect(error.cause).toBe(cause);
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message:
        'cannot read from the system keyring: no program provides the Secret Service on the session bus (type system from default)',
    });
    expect(error.hints.at(-1)).toBe(
      'to keep nothing after this command: export ATMOS_KEYRING_TYPE=memory',
    );
  });
});

test('a missing item is not a failure', () => {
  expect(isGone(answered('org.freedesktop.Secret.Error.NoSuchObject'))).toBe(true);
  expect(isGone(answered(`${bus}UnknownObject`))).toBe(true);
  expect(isGone(answered(`${bus}NoReply`))).toBe(false);
  expect(isGone(new BusError('closed', 'it hung up'))).toBe(false);
  expect(isGone(new Error('another'))).toBe(false);
});
