import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { hasDisplay } from './collection.ts';

/** Where we run, as far as it decides which keyring there can be and what mends a missing one. */
export type Surroundings = 'container' | 'sudo' | 'root' | 'wsl' | 'ssh' | 'desktop' | 'headless';

type Where = Pick<Host, 'env' | 'userId'>;

/** @param root of the file system; tests give another */
export function resolveSurroundings(host: Where, root = '/'): Surroundings {
  const { env, userId } = host;
  const isThere = (path: string) => existsSync(join(root, path));
  if (isThere('.dockerenv') || isThere('run/.containerenv') || env['KUBERNETES_SERVICE_HOST'])
    return 'container';
  if (userId === 0) return env['SUDO_USER'] ? 'sudo' : 'root';
  if (env['WSL_DISTRO_NAME'] || isWslKernel(root)) return 'wsl';
  if (env['SSH_CONNECTION']) return 'ssh';
  return hasDisplay(host) ? 'desktop' : 'headless';
}

function isWslKernel(root: string): boolean {
  try {
    return /microsoft/i.test(readFileSync(join(root, 'proc/version'), 'utf8'));
  } catch {
    return false;
  }
}

/** Ways out when no keyring answers: get one, keep an encrypted file, keep nothing. */
export function waysOut(surroundings: Surroundings, host: Where): string[] {
  return [...mending(surroundings, host), fileWay(surroundings), memoryWay];
}

/** Ways to open a locked keyring, or to do without. */
export function unlockingWays(surroundings: Surroundings): string[] {
  return [unlocking(surroundings), fileWay(surroundings)];
}

const memoryWay = 'export ATMOS_KEYRING_TYPE=memory    # nothing kept, for this run only';
const install = 'sudo apt-get install gnome-keyring dbus-user-session';

function mending(surroundings: Surroundings, { env }: Where): string[] {
  switch (surroundings) {
    case 'container':
      return [
        'dbus-run-session -- <command>    # a bus for one command, if the image has a keyring service',
      ];
    case 'sudo':
      return [
        `run it without sudo: the keyring belongs to the session of ${printableName(env['SUDO_USER'])}`,
      ];
    case 'root':
      return ['run it as the person whose keyring it is: root has no session'];
    case 'wsl':
      return [`${install}    # with systemd=true in /etc/wsl.conf, then: wsl.exe --shutdown`];
    case 'ssh':
    case 'headless':
      return [`${install}    # or what your system has for it, then log in again`];
    case 'desktop':
      return [`${install}    # or KWallet or KeePassXC with its Secret Service, then log in again`];
  }
}

function fileWay(surroundings: Surroundings): string {
  return surroundings === 'container'
    ? 'export ATMOS_KEYRING_TYPE=file ATMOS_KEYRING_PASSWORD_FILE=<a mounted secret>    # an encrypted file'
    : 'export ATMOS_KEYRING_TYPE=file      # an encrypted file, with a password (auth.keyring.type: file)';
}

function unlocking(surroundings: Surroundings): string {
  return surroundings === 'desktop'
    ? 'run it again and answer the question, or unlock the keyring in its own program (seahorse, kwalletmanager, keepassxc)'
    : `(read -rsp 'keyring password: ' p && printf %s "$p" | gnome-keyring-daemon --replace --unlock --daemonize)    # gnome-keyring, without a display`;
}

function printableName(name: string | undefined): string {
  return name !== undefined && /^[\w.-]{1,32}$/.test(name) ? name : 'the person who called it';
}
