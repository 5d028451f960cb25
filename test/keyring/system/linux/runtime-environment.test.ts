import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatHint, posixSyntax } from '../../../../src/core/format-hint.ts';
import type { Hint } from '../../../../src/core/hint.ts';
import {
  resolveRuntimeEnvironment,
  unlockingWays,
  waysOut,
  type RuntimeEnvironment,
} from '../../../../src/keyring/system/linux/runtime-environment.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

/** Creates a file system with these files. */
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

describe('the runtime environment', () => {
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
    // A user who was root before.
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

const shown = (hints: readonly Hint[]) => hints.map((hint) => formatHint(hint, posixSyntax));
const file = 'to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file';
const memory = 'to keep nothing after this command: export ATMOS_KEYRING_TYPE=memory';
const secret = 'for its password: export ATMOS_KEYRING_PASSWORD_FILE=<a mounted secret>';
const install = 'sudo apt-get install gnome-keyring dbus-user-session';

describe('without a keyring', () => {
  test.each<[RuntimeEnvironment, string[]]>([
    [
      'container',
      [
        'to start a session bus for one command, if the image has a keyring service: dbus-run-session -- <command>',
        file,
        secret,
        memory,
      ],
    ],
    [
      'sudo',
      [
        'run it without sudo: the keyring belongs to the session of the user who called it',
        file,
        memory,
      ],
    ],
    [
      'root',
      [
        'run it as the user who owns the keyring: root has no session',
        'to start a session bus for one command, if root has a keyring service: dbus-run-session -- <command>',
        file,
        memory,
      ],
    ],
    [
      'wsl',
      [
        `with systemd=true in /etc/wsl.conf: ${install}`,
        'after that: wsl.exe --shutdown',
        file,
        memory,
      ],
    ],
    ['ssh', [`to install a keyring service; then log in again: ${install}`, file, memory]],
    ['headless', [`to install a keyring service; then log in again: ${install}`, file, memory]],
    [
      'desktop',
      [
        `to install a keyring service if you use neither KWallet nor KeePassXC; then log in again: ${install}`,
        file,
        memory,
      ],
    ],
  ])('the hints fit the environment %s', (environment, hints) => {
    expect(shown(waysOut(environment, host()))).toEqual(hints);
  });

  test('with sudo the hints name the user who owns the keyring', () => {
    expect(shown(waysOut('sudo', host({ SUDO_USER: 'eve' })))[0]).toBe(
      'run it without sudo: the keyring belongs to the session of eve',
    );
    expect(shown(waysOut('sudo', host({ SUDO_USER: 'e\u001b[31m' })))[0]).toContain(
      'the user who called',
    );
  });
});

describe('with a locked keyring', () => {
  test('the hint on a desktop is to run the command again', () => {
    expect(shown(unlockingWays('desktop'))[0]).toContain('answer the prompt');
  });

  test.each(everywhere.filter((where) => where !== 'desktop'))(
    'the hint in %s reads the password and passes it to gnome-keyring',
    (environment) => {
      const [unlock, ...ways] = shown(unlockingWays(environment));
      expect(unlock).toMatch(
        /^to unlock gnome-keyring without a display: bash -c .*read -rsp .*gnome-keyring-daemon --replace --unlock/,
      );
      expect(ways).toEqual(environment === 'container' ? [file, secret] : [file]);
    },
  );
});
