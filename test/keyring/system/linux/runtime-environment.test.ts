import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  resolveRuntimeEnvironment,
  unlockingWays,
  waysOut,
  type RuntimeEnvironment,
} from '../../../../src/keyring/system/linux/runtime-environment.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

/** A file system with these files. */
function rootWith(files: Record<string, string> = {}): string {
  const root = temporaryDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const wslKernel = { 'proc/version': 'Linux version 5.15.90.1-microsoft-standard-WSL2' };
const debian = { 'proc/version': 'Linux version 6.1.0-9-amd64 (Debian)' };

describe('where we are', () => {
  test.each<[RuntimeEnvironment, Record<string, string>, Record<string, string>, number]>([
    ['container', { DISPLAY: ':0' }, { '.dockerenv': '' }, 0],
    ['container', {}, { 'run/.containerenv': '' }, 1000],
    ['container', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, {}, 0],
    ['sudo', { SUDO_USER: 'eve', SSH_CONNECTION: 'a' }, debian, 0],
    ['root', { SSH_CONNECTION: 'a' }, debian, 0],
    ['wsl', { WSL_DISTRO_NAME: 'Debian' }, {}, 1000],
    ['wsl', { DISPLAY: ':0' }, wslKernel, 1000],
    ['ssh', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22', DISPLAY: ':10' }, debian, 1000],
    ['desktop', { DISPLAY: ':0' }, debian, 1000],
    ['desktop', { WAYLAND_DISPLAY: 'wayland-0' }, debian, 1000],
    ['headless', {}, debian, 1000],
    // Who was root and is not any more.
    ['headless', { SUDO_USER: 'eve' }, debian, 1000],
  ])('%s', (expected, env, files, userId) => {
    expect(resolveRuntimeEnvironment({ env, userId }, rootWith(files))).toBe(expected);
  });
});

const host = (env = {}) => ({ env, userId: 1000 });
const everywhere: RuntimeEnvironment[] = [
  'container',
  'sudo',
  'root',
  'wsl',
  'ssh',
  'desktop',
  'headless',
];

describe('without a keyring', () => {
  test.each(everywhere)('in %s there are three ways out, each to paste', (environment) => {
    const [mend, file, memory, ...rest] = waysOut(environment, host());
    expect(mend).toMatch(/^(sudo apt-get install gnome-keyring|dbus-run-session --|run it )/);
    expect(file).toMatch(/^export ATMOS_KEYRING_TYPE=file/);
    expect(memory).toBe('export ATMOS_KEYRING_TYPE=memory    # nothing kept, for this run only');
    expect(rest).toEqual([]);
  });

  test('in WSL it needs systemd', () => {
    expect(waysOut('wsl', host())[0]).toContain('systemd=true in /etc/wsl.conf');
  });

  test('in a container the password comes from a mounted secret', () => {
    expect(waysOut('container', host())[1]).toContain('ATMOS_KEYRING_PASSWORD_FILE=');
  });

  test('with sudo it says whose keyring it would be', () => {
    expect(waysOut('sudo', host({ SUDO_USER: 'eve' }))[0]).toBe(
      'run it without sudo: the keyring belongs to the session of eve',
    );
    expect(waysOut('sudo', host({ SUDO_USER: 'e\u001b[31m' }))[0]).toContain(
      'the person who called',
    );
  });
});

describe('with a locked keyring', () => {
  test('a desktop asks again', () => {
    expect(unlockingWays('desktop')[0]).toContain('answer the question');
  });

  test('elsewhere the password is given to gnome-keyring, and not shown', () => {
    for (const environment of everywhere.filter((where) => where !== 'desktop')) {
      const [unlock, file] = unlockingWays(environment);
      expect(unlock).toMatch(/read -rsp .*gnome-keyring-daemon --replace --unlock/);
      expect(file).toMatch(/^export ATMOS_KEYRING_TYPE=file/);
    }
  });
});
