import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realHost } from '../../../src/host/real.ts';
import { agentPlaces, identifyKeyring, makePlace } from '../../../src/keyring/agent/socket-path.ts';
import { maxSocketPathBytes } from '../../../src/host/unix-sockets.ts';
import { errorOf } from '../../support/error-of.ts';
import { isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

function site() {
  const root = temporaryDirectory();
  const [keyring, runtime, state] = ['keyring', 'runtime', 'state'].map((name) => join(root, name));
  if (!keyring || !runtime || !state) throw new Error('three names give three paths');
  for (const directory of [keyring, runtime, state]) mkdirSync(directory, { mode: 0o700 });
  const id = identifyKeyring(keyring);
  if (id === undefined) throw new Error('the directory was just made');
  const env = { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: state };
  return { root, keyring, runtime, state, id, host: { ...realHost(), env } };
}

const modeOf = (path: string) => statSync(path).mode & 0o7777;

test('the name depends on the boot and the directory, whatever its path is', async () => {
  const { root, keyring, id, host } = site();
  symlinkSync(keyring, join(root, 'link'));
  expect(identifyKeyring(join(root, 'link'))).toEqual(id);
  const { socket, directory } = await makePlace(id, host);
  expect(socket.slice(directory.length)).toMatch(/^\/[0-9a-f]{8}-\d+-\d+\.sock$/);
  const other = identifyKeyring(root);
  expect(other && (await makePlace(other, host)).socket).not.toBe(socket);
  expect(identifyKeyring(join(root, 'absent'))).toBeUndefined();
});

describe('the directory of sockets', () => {
  test('is in the runtime directory of the login, accessible to this user only', async () => {
    const { runtime, state, id, host } = site();
    const { directory } = await makePlace(id, host);
    expect(directory).toBe(join(runtime, 'atmos'));
    expect(modeOf(directory)).toBe(0o700);
    const places = await agentPlaces(id, host);
    expect(places.map((place) => place.directory)).toEqual([directory, join(state, 'atmos/run')]);
  });

  test('is in the state directory if the runtime directory is missing or open to other users', async () => {
    const { runtime, state, id, host } = site();
    const inState = join(state, 'atmos/run');
    expect((await makePlace(id, { ...host, env: { XDG_STATE_HOME: state } })).directory).toBe(
      inState,
    );
    expect(modeOf(inState)).toBe(0o700);
    chmodSync(runtime, 0o750);
    expect((await makePlace(id, host)).directory).toBe(inState);
    chmodSync(runtime, 0o700);
    mkdirSync(join(runtime, 'atmos'), { mode: 0o755 });
    expect((await makePlace(id, host)).directory).toBe(inState);
    const relative = { ...host.env, XDG_RUNTIME_DIR: 'run' };
    expect((await makePlace(id, { ...host, env: relative })).directory).toBe(inState);
  });

  test.skipIf(!isRoot)(
    'is never in the runtime directory of another user, as after su (as root)',
    async () => {
      const { runtime, state, id, host } = site();
      chownSync(runtime, strangerId, strangerId);
      expect((await makePlace(id, host)).directory).toBe(join(state, 'atmos/run'));
    },
  );

  test('is rejected if other users can access it', async () => {
    const { state, id, host } = site();
    const env = { XDG_STATE_HOME: state };
    mkdirSync(join(state, 'atmos/run'), { recursive: true });
    chmodSync(join(state, 'atmos/run'), 0o770);
    expect(await errorOf(makePlace(id, { ...host, env }))).toMatchObject({
      code: 'ERR_KEYRING_PERMISSIONS',
      message: `${state}/atmos/run, the directory for the agent's socket, is not a private directory of yours`,
      hints: [`ls -ld ${state}/atmos/run`, `chmod 700 ${state}/atmos/run`],
    });
  });

  test('is rejected if other users can write to a directory above it', async () => {
    const { runtime, state, id, host } = site();
    for (const [env, parent, directory] of [
      [{ XDG_STATE_HOME: state }, state, join(state, 'atmos/run')],
      [{ XDG_RUNTIME_DIR: join(runtime, 'login') }, runtime, join(runtime, 'login/atmos')],
    ] as const) {
      mkdirSync(join(runtime, 'login'), { recursive: true, mode: 0o700 });
      chmodSync(parent, 0o770);
      expect(await errorOf(makePlace(id, { ...host, env }))).toMatchObject({
        code: 'ERR_KEYRING_PERMISSIONS',
        message: `other users can write to ${parent}, so the agent's socket in ${directory} could be replaced`,
        hints: [`ls -ld ${parent}`],
      });
      chmodSync(parent, 0o1777);
      expect((await makePlace(id, { ...host, env })).directory).toBe(directory);
    }
  });
});

test('a path that is too long for a socket is rejected with a hint', async () => {
  const { state, id, host } = site();
  const deep = join(state, 'd'.repeat(100));
  const error = await errorOf(makePlace(id, { ...host, env: { XDG_STATE_HOME: deep } }));
  expect(error).toMatchObject({
    code: 'ERR_KEYRING_IO',
    hints: ['export XDG_RUNTIME_DIR=<a private directory with a short path>'],
  });
  const most = maxSocketPathBytes(process);
  expect(error.message).toMatch(`bytes, and at most ${most} can be used`);
});
