import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compileProgram, type Program } from '../../../support/compile.ts';
import { peer } from '../../../support/peers.ts';
import {
  openBrokenBus,
  openDeadSocket,
  openFullBus,
} from '../../../support/secret-service/broken-buses.mjs';
import { openBus } from '../../../support/secret-service/bus.mjs';
import { silent } from '../../../support/secret-service/behaviors.ts';
import { openScriptedProvider } from '../../../support/secret-service/scripted-provider.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';
import { runProgram } from './run-program.ts';

const hasBus = peer('dbus-monitor') !== undefined;

interface Place {
  env: Record<string, string>;
  close(): void | Promise<void>;
}

interface BadBus {
  name: string;
  needsBus?: boolean;
  open(): Promise<Place>;
  code: string;
  reason: string;
}

const withEnvironment = (env: Record<string, string>) => async (): Promise<Place> => ({
  env,
  close: () => {},
});

const nowhere = '/nonexistent/atmos-auth-test';

const badBuses: BadBus[] = [
  {
    name: 'none',
    open: withEnvironment({}),
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: 'there is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
  },
  {
    name: 'none where the runtime directory should have it',
    open: withEnvironment({ XDG_RUNTIME_DIR: nowhere }),
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: `no bus answers at ${nowhere}/bus (ENOENT)`,
  },
  {
    name: 'one of a kind that is not for us',
    open: withEnvironment({ DBUS_SESSION_BUS_ADDRESS: 'autolaunch:' }),
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: 'DBUS_SESSION_BUS_ADDRESS contains no usable Unix socket',
  },
  {
    name: 'a socket that nobody serves',
    open: openDeadSocket,
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: 'no bus answers at SOCKET (ECONNREFUSED)',
  },
  {
    name: 'one that takes us and is silent',
    open: () => openBrokenBus(),
    code: 'ERR_KEYRING_TIMEOUT',
    reason: 'the session bus did not accept us within 5 seconds',
  },
  {
    name: 'one that hangs up',
    open: () => openBrokenBus({ failing: 'hang-up' }),
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: 'the session bus closed the connection before authentication finished',
  },
  {
    name: 'one that talks nonsense without an end',
    open: () => openBrokenBus({ failing: 'noise' }),
    code: 'ERR_KEYRING_TIMEOUT',
    reason: 'the session bus did not accept us within 5 seconds',
  },
  {
    name: 'one that lets us in and is silent',
    open: () => openBrokenBus({ after: 'authentication' }),
    code: 'ERR_KEYRING_TIMEOUT',
    reason: 'org.freedesktop.DBus did not answer Hello within 5 seconds',
  },
  {
    name: 'one that lets us in and hangs up',
    open: () => openBrokenBus({ after: 'authentication', failing: 'hang-up' }),
    code: 'ERR_KEYRING_IO',
    reason: 'the session bus closed the connection',
  },
  {
    name: 'one that lets us in and talks nonsense',
    open: () => openBrokenBus({ after: 'authentication', failing: 'noise' }),
    code: 'ERR_KEYRING_DAMAGED',
    reason: 'a message of 4294967311 bytes is too long',
  },
  {
    name: 'one without a provider',
    needsBus: true,
    open: () => openBus(),
    code: 'ERR_KEYRING_UNAVAILABLE',
    reason: 'no program provides the Secret Service on the session bus',
  },
  {
    name: 'one with as many connections as it takes',
    needsBus: true,
    open: () => openFullBus(),
    code: 'ERR_KEYRING_BUSY',
    reason: 'the session bus has no connections or requests left for this user',
  },
  {
    name: 'one whose provider never answers',
    needsBus: true,
    open: () => openScriptedProvider({ script: { 'Properties.Get': silent } }),
    code: 'ERR_KEYRING_TIMEOUT',
    reason: 'org.freedesktop.secrets did not answer Get within 5 seconds',
  },
];

describe.concurrent('a process whose session bus is', () => {
  let program: Program;
  beforeAll(async () => {
    program = await compileProgram('test/keyring/system/linux/program.ts');
  });
  afterAll(() => program.remove());

  for (const { name, needsBus = false, open, code, reason } of badBuses) {
    test.skipIf(needsBus && !hasBus)(`${name} reports it and exits`, async () => {
      const { env, close } = await open();
      onTestFinished(close);
      const socket = `${env['XDG_RUNTIME_DIR']}/bus`;
      const said = reason.replace('SOCKET', socket);
      const { exitCode, lines, stderr } = await runProgram(program.file, ['get', 'key'], env);
      expect(lines).toEqual([
        `${code} cannot read from the system keyring: ${said} (type system from default)`,
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    });
  }

  test('the second of several addresses connects to it', async ({ skip }) => {
    if (!hasBus) skip();
    const attributes = { username: 'atmos-auth', service: 'key' };
    const provider = await openScriptedProvider({ items: [{ attributes, value: 'found' }] });
    onTestFinished(provider.close);
    const dead = `unix:path=${temporaryDirectory()}/bus`;
    const env = { DBUS_SESSION_BUS_ADDRESS: `tcp:port=1;${dead};${provider.busAddress}` };
    const { lines } = await runProgram(program.file, ['get', 'key'], env);
    expect(lines).toEqual(['value found']);
  });
});
