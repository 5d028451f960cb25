import { rmSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KeyringError } from '../../../../src/core/errors.ts';
import { realHost } from '../../../../src/host/real.ts';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import { describeStatus, statusOfExit } from '../../../../src/keyring/system/macos/failures.ts';
import { errorOf } from '../../../support/error-of.ts';
import { createTestMac, type TestMacOptions } from './open-keyring.ts';

function createMac(options?: TestMacOptions) {
  const mac = createTestMac(options);
  onTestFinished(mac.remove);
  mac.put({ service: 'key', secret: 'go-keyring-base64:dmFsdWU=' });
  return mac;
}

const uses: readonly (readonly [string, (keyring: Keyring) => Promise<unknown>])[] = [
  ['read from', (keyring) => keyring.get('key')],
  ['write to', (keyring) => keyring.set('key', 'new')],
  ['delete from', (keyring) => keyring.delete('key')],
];

const file = 'to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file';
const memory = 'to keep nothing after this command: export ATMOS_KEYRING_TYPE=memory';
const anotherDefault = 'if you have that keychain: security default-keychain -s login.keychain-db';
const access = "to let security use the entry, under Access Control: open -a 'Keychain Access'";

describe.each(uses)('an attempt to %s', (doing, use) => {
  const message = (reason: string) =>
    `cannot ${doing} the system keyring: ${reason} (type system from default)`;

  test('reports a locked keychain over SSH with a hint to unlock it', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.hasDisplay = false;
      state.locked = [mac.path];
    });
    const error = await errorOf(use(mac.open()));
    expect(error).toBeInstanceOf(KeyringError);
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_LOCKED',
      message: message('it is locked or needs consent, and this session cannot show a prompt'),
      hints: [`security unlock-keychain ${mac.path}`, file],
      cause: { message: '/usr/bin/security failed with status -25308' },
    });
    expect(mac.items()).toHaveLength(1);
  });

  test('reports denied access with a hint where to allow it', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.guarded = ['key'];
      state.person = 'denies';
    });
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_PERMISSIONS',
      message: message('macOS denied access to the entry'),
      hints: [access],
    });
    // macOS shows no second prompt.
    expect(mac.asked()).toHaveLength(1);
  });

  test('reports a dismissed prompt', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.locked = [mac.path];
      state.person = 'cancels';
    });
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_LOCKED',
      message: expect.stringContaining(
        'the prompt for its password or for consent was dismissed',
      ) as string,
    });
  });

  test('reports a prompt without an answer', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.guarded = ['key'];
      state.person = 'never answers';
    });
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_TIMEOUT',
      message: expect.stringContaining(
        'the keychain did not answer within 30 seconds, or its question was not answered',
      ) as string,
      hints: [`security unlock-keychain ${mac.path}`, file],
    });
    expect(mac.runs[0]?.timeoutMs).toBeGreaterThan(29_000);
  });

  test('reports a missing keychain instead of a missing entry', async () => {
    const mac = createMac();
    mac.change((state) => {
      state.defaultKeychain = null;
      state.searchList = [];
    });
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining('there is no default keychain') as string,
      hints: [anotherDefault, file, memory],
    });
  });

  test('reports a missing keychain file instead of a missing entry', async () => {
    const mac = createMac();
    rmSync(mac.path);
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining(`the default keychain ${mac.path} does not exist`) as string,
    });
    expect(await mac.open().probe()).toEqual({
      state: 'unavailable',
      reason: `the default keychain ${mac.path} does not exist`,
    });
  });

  test.each([
    ['ENOENT', 'there is no /usr/bin/security'],
    ['EPERM', '/usr/bin/security cannot be started here (EPERM)'],
  ])('reports a missing program (%s)', async (code, reason) => {
    const runProgram = async () => {
      throw Object.assign(new Error('spawn'), { code });
    };
    const mac = createMac({ host: { runProgram } });
    expect(await errorOf(use(mac.open()))).toMatchObject({
      code: 'ERR_KEYRING_UNAVAILABLE',
      message: expect.stringContaining(reason) as string,
    });
    expect(await mac.open().probe()).toEqual({ state: 'unavailable', reason });
  });
});

describe('a write', () => {
  test('of a read-only entry fails after one prompt', async () => {
    const mac = createMac();
    const { runProgram } = mac.host;
    const host = {
      ...mac.host,
      async runProgram(...given: Parameters<typeof runProgram>) {
        mac.change((state) => {
          state.guarded = given[2].input === undefined ? [] : ['key'];
          state.person = 'denies';
        });
        return runProgram(...given);
      },
    };
    const { openKeychainKeyring } = await import('../../../../src/keyring/system/macos/keyring.ts');
    const keyring = openKeychainKeyring({ ...mac.context, host });
    expect(await errorOf(keyring.set('key', 'new'))).toMatchObject({
      code: 'ERR_KEYRING_PERMISSIONS',
      message: expect.stringContaining(
        'the entry exists and macOS does not allow changing it',
      ) as string,
      hints: [access],
    });
    expect(mac.asked()).toHaveLength(1);
    expect(await keyring.get('key')).toBe('value');
  });

  test('fails at its total time limit', async () => {
    let nowMs = 0;
    const monotonicMs = () => (nowMs += 9000);
    const mac = createMac({ host: { monotonicMs } });
    expect(await errorOf(mac.open().set('key', 'v'.repeat(20_000)))).toMatchObject({
      code: 'ERR_KEYRING_TIMEOUT',
      message: expect.stringContaining('did not answer within 45 seconds') as string,
    });
    expect(mac.runs.length).toBeLessThan(6);
    expect(mac.runs.map(({ timeoutMs }) => timeoutMs)).toEqual([30_000, 27_000, 18_000, 9000]);
  });
});

describe('an answer', () => {
  test('that is not UTF-8 is reported as damage', async () => {
    const mac = createMac();
    mac.put({ service: 'bytes', secret: '\xff\xfe' });
    expect(await errorOf(mac.open().get('bytes'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: 'the entry "bytes" in the macOS keychain is damaged: its value is not UTF-8 text',
      hints: [
        'to store an access key again: atmos auth user configure',
        'to store a session again: atmos auth login --force',
      ],
    });
  });

  test('with an invalid encoding is reported as damage', async () => {
    const mac = createMac();
    mac.put({ service: 'cut', secret: 'go-keyring-base64:dmFsdW' });
    expect(await errorOf(mac.open().get('cut'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message:
        'cannot read from the system keyring: the value of "cut" has an invalid encoding (type system from default)',
      hints: [
        'to store an access key again: atmos auth user configure',
        'to store a session again: atmos auth login --force',
      ],
    });
    await mac.open().set('cut', 'whole');
    expect(await mac.open().get('cut')).toBe('whole');
    mac.put({ service: 'cut too', secret: 'go-keyring-encoded:0' });
    expect(await mac.open().delete('cut too')).toBe(true);
  });

  test.each([
    ['of another entry', '    "svce"<blob>="key"', '    "svce"<blob>="another"'],
    ['of another account', '    "acct"<blob>="atmos-auth"', '    "acct"<blob>="somebody"'],
    ['of another class', 'class: "genp"', 'class: "inet"'],
    ['without attributes', 'keychain: ', 'schluesselbund: '],
  ])('%s is rejected', async (_, told, instead) => {
    const mac = createMac();
    const host: TestMacOptions['host'] = {
      async runProgram(...given) {
        const result = await mac.host.runProgram(...given);
        const stdout = Buffer.from(result.stdout.toString('latin1').replace(told, instead));
        return { ...result, stdout };
      },
    };
    const other = createTestMac({ host });
    onTestFinished(other.remove);
    expect(await errorOf(other.open().get('key'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: expect.stringContaining('security printed "key" in an unknown format') as string,
    });
  });

  test('without end is stopped', async () => {
    const mac = createMac();
    mac.put({ service: 'large', secret: 'x'.repeat(2 * 1024 * 1024) });
    expect(await errorOf(mac.open().get('large'))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: expect.stringContaining('security wrote more output than expected') as string,
    });
    expect(await mac.open().keys()).toEqual(['key', 'large']);
    expect(mac.runs.at(-1)).toMatchObject({ args: ['dump-keychain'], maxBytes: 32 * 1024 * 1024 });
    expect(mac.runs.at(-1)?.timeoutMs).toBe(5000);
  });

  test('of a killed program is an error', async () => {
    const killed = { exitCode: null, timedOut: false, wroteTooMuch: false };
    const nothing = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    const mac = createMac({ host: { runProgram: async () => ({ ...killed, ...nothing }) } });
    expect(await errorOf(mac.open().keys())).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message:
        'cannot list the system keyring: security was terminated before it answered (type system from default)',
      hints: ['atmos auth keyring status'],
    });
  });

  test.each([
    ['list', 'dump-keychain', 1, 'ERR_KEYRING_IO', 'security failed with exit code 1'],
    ['list', 'dump-keychain', -50, 'ERR_KEYRING_IO', 'security failed with exit code 206'],
    ['write to', 'add-generic-password', -50, 'ERR_KEYRING_IO', 'security failed with status -50'],
    ['write to', 'add-generic-password', -34, 'ERR_KEYRING_IO', 'the disk is full'],
    [
      'write to',
      'add-generic-password',
      -61,
      'ERR_KEYRING_PERMISSIONS',
      'writing to the keychain is not allowed',
    ],
    ['write to', 'add-generic-password', -25292, 'ERR_KEYRING_PERMISSIONS', 'is read-only'],
    ['read from', 'find-generic-password', -25320, 'ERR_KEYRING_LOCKED', 'the machine sleeps'],
    ['read from', 'find-generic-password', -25295, 'ERR_KEYRING_DAMAGED', 'keychain is damaged'],
    ['read from', 'find-generic-password', -25291, 'ERR_KEYRING_UNAVAILABLE', 'no keychain is'],
  ])(
    'to %s by %s with status %i becomes the right code',
    async (doing, command, status, code, reason) => {
      const mac = createMac();
      mac.change((state) => {
        state.failing = { [command]: status };
      });
      const use = uses.find(([name]) => name === doing)?.[1] ?? ((keyring) => keyring.keys());
      expect(await errorOf(use(mac.open()))).toMatchObject({
        code,
        message: expect.stringContaining(reason) as string,
      });
    },
  );
});

test('each exit code stands for one status that we know', () => {
  const exits = new Map([
    [0, 0],
    [24, -25320],
    [29, -25315],
    [36, -25308],
    [37, -25307],
    [44, -25300],
    [45, -25299],
    [49, -25295],
    [50, -25294],
    [51, -25293],
    [52, -25292],
    [53, -25291],
    [128, -128],
    [195, -61],
    [1, 1],
  ]);
  for (const [exitCode, status] of exits) expect(statusOfExit(exitCode)).toBe(status);
  expect(describeStatus(-25308).code).toBe('ERR_KEYRING_LOCKED');
});

test('a program that never answers is killed at its time limit', async () => {
  const mac = createTestMac({ asChild: true });
  onTestFinished(mac.remove);
  mac.change((state) => {
    state.silent = ['find-generic-password'];
  });
  const { runProgram } = mac.host;
  const host = {
    ...realHost(),
    platform: 'darwin' as const,
    runProgram: (...[program, args, options]: Parameters<typeof runProgram>) =>
      runProgram(program, args, { ...options, timeoutMs: options.timeoutMs / 100 }),
  };
  const { openKeychainKeyring } = await import('../../../../src/keyring/system/macos/keyring.ts');
  const keyring = openKeychainKeyring({ ...mac.context, host });
  expect(await errorOf(keyring.get('key'))).toMatchObject({ code: 'ERR_KEYRING_TIMEOUT' });
});
