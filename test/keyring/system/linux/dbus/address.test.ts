import { describe, expect, test } from 'vitest';
import { sessionBusSockets } from '../../../../../src/keyring/system/linux/dbus/address.ts';
import { BusError } from '../../../../../src/keyring/system/linux/dbus/bus-error.ts';

const at = (address: string, env = {}) =>
  sessionBusSockets({ env: { DBUS_SESSION_BUS_ADDRESS: address, ...env } });

describe('the address of the session bus', () => {
  test.each([
    ['unix:path=/run/user/1000/bus', ['/run/user/1000/bus']],
    ['unix:path=/run/bus,guid=0123456789abcdef0123456789abcdef', ['/run/bus']],
    ['unix:guid=0123,path=/run/bus', ['/run/bus']],
    ['unix:abstract=/tmp/dbus-x', ['\0/tmp/dbus-x']],
    ['unix:path=/tmp/a%20b%2cc', ['/tmp/a b,c']],
    ['unix:path=/first;unix:path=/second', ['/first', '/second']],
    ['tcp:host=localhost,port=1;unix:path=/second', ['/second']],
    ['unixexec:path=/bin/true;unix:path=/second', ['/second']],
  ])('%s', (address, sockets) => {
    expect(at(address)).toEqual(sockets);
  });

  test('may refer to the runtime directory', () => {
    expect(at('unix:runtime=yes', { XDG_RUNTIME_DIR: '/run/user/7' })).toEqual(['/run/user/7/bus']);
  });

  test('is in the runtime directory if it is missing or empty', () => {
    expect(sessionBusSockets({ env: { XDG_RUNTIME_DIR: '/run/user/7' } })).toEqual([
      '/run/user/7/bus',
    ]);
    expect(at('', { XDG_RUNTIME_DIR: '/run/user/7' })).toEqual(['/run/user/7/bus']);
  });

  test.each([
    'tcp:host=localhost,port=1',
    'autolaunch:',
    'unixexec:path=/bin/true',
    'unix:path=relative/bus',
    'unix:path=',
    'unix:path=/tmp/%zz',
    'unix:path=/tmp/%ff',
    'unix:path=/tmp/a%00b',
    `unix:path=/${'a'.repeat(107)}`,
    'unix:tmpdir=/tmp',
    'nonsense',
    ';;',
    ':',
  ])('%s contains no usable socket', (address) => {
    expect(() => at(address)).toThrow(
      new BusError('absent', 'DBUS_SESSION_BUS_ADDRESS contains no usable Unix socket'),
    );
  });

  test('is missing without both variables', () => {
    expect(() => sessionBusSockets({ env: {} })).toThrow(
      new BusError(
        'absent',
        'there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
      ),
    );
  });
});
