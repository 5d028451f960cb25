import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeOwnDirectories, refuseForeignHome } from '../../src/host/own-directory.ts';
import { thrownBy } from '../support/error-of.ts';
import { asStranger, isRoot, strangerId } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const us = process.geteuid?.() ?? 0;

function openHome(owner = us, mode = 0o700) {
  const root = temporaryDirectory();
  const homeDirectory = join(root, 'home');
  mkdirSync(homeDirectory);
  chmodSync(root, 0o755);
  chmodSync(homeDirectory, mode);
  if (owner !== us) chownSync(homeDirectory, owner, owner);
  return {
    root,
    homeDirectory,
    state: join(homeDirectory, '.local/state/atmos'),
    host: { env: {}, homeDirectory, userId: us },
  };
}

test('directories in the home directory of the current user are created as private', () => {
  const { state, host, homeDirectory } = openHome();
  makeOwnDirectories(state, host);
  makeOwnDirectories(state, host);
  expect(lstatSync(state).mode & 0o777).toBe(0o700);
  expect(lstatSync(join(homeDirectory, '.local')).mode & 0o777).toBe(0o700);
});

test('directories outside of the home directory, or without one, are created', () => {
  const { root, host } = openHome();
  makeOwnDirectories(join(root, 'state/atmos'), host);
  makeOwnDirectories(join(root, 'other/atmos'), { ...host, homeDirectory: undefined });
  expect(readdirSync(root).sort()).toEqual(['home', 'other', 'state']);
});

describe.runIf(isRoot)('in the home directory of another user (requires root)', () => {
  test('root creates nothing, even if the directory exists', () => {
    const { state, host, homeDirectory } = openHome(strangerId);
    const error = thrownBy(() => makeOwnDirectories(state, host));
    expect(error.code).toBe('ERR_USAGE');
    expect(error.message).toBe(
      `the home directory ${homeDirectory} belongs to user ${strangerId}, not to you (user 0), so nothing is created in it`,
    );
    expect(error.hints).toEqual([
      'export HOME=<a directory of your own>',
      'export XDG_STATE_HOME=<a directory of your own>',
    ]);
    expect(readdirSync(homeDirectory)).toEqual([]);
    mkdirSync(state, { recursive: true });
    expect(thrownBy(() => makeOwnDirectories(state, host)).code).toBe('ERR_USAGE');
    const log = join(homeDirectory, 'atmos.log');
    expect(thrownBy(() => refuseForeignHome(log, host)).code).toBe('ERR_USAGE');
  });

  test('the first hint under sudo is sudo -H', () => {
    const { state, host } = openHome(strangerId);
    const error = thrownBy(() => makeOwnDirectories(state, { ...host, env: { SUDO_UID: '1' } }));
    expect(error.hints[0]).toBe("use sudo -H, which sets HOME to root's own home directory");
  });

  test('root creates directories outside of it if a variable names them', () => {
    const { root, host } = openHome(strangerId);
    makeOwnDirectories(join(root, 'state/atmos'), host);
    expect(existsSync(join(root, 'state/atmos'))).toBe(true);
  });

  test('a user creates nothing in a home directory of root that is not writable', async () => {
    const { state, host, homeDirectory } = openHome(0, 0o755);
    const user = { ...host, userId: strangerId };
    const error = await asStranger(async () => thrownBy(() => makeOwnDirectories(state, user)));
    expect(error.code).toBe('ERR_USAGE');
    expect(error.message).toBe(
      `the home directory ${homeDirectory} belongs to user 0, not to you (user ${strangerId}), so nothing is created in it`,
    );
    expect(readdirSync(homeDirectory)).toEqual([]);
  });

  test('a user may use a writable directory in a home directory of root, as in containers', async () => {
    const { state, host, homeDirectory } = openHome(0, 0o755);
    mkdirSync(join(homeDirectory, '.local'));
    chownSync(join(homeDirectory, '.local'), strangerId, strangerId);
    await asStranger(async () => makeOwnDirectories(state, { ...host, userId: strangerId }));
    expect(lstatSync(state).uid).toBe(strangerId);
  });
});
