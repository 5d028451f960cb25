import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeholder, run, say, setVariable, type Hint } from '../../../core/hint.ts';
import type { Host } from '../../../host/host.ts';
import { useFile, useMemory } from '../other-types.ts';
import { createCollection, findCollection, hasDisplay, unlock } from './collection.ts';
import { BusError, isBusError } from './dbus/bus-error.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';
import type { Call } from './dbus/message.ts';
import { serviceName, type SecretService } from './service.ts';

/** Where we run, as far as it decides which keyring there can be and what mends a missing one. */
export type RuntimeEnvironment =
  | 'container'
  | 'sudo'
  | 'root'
  | 'wsl'
  | 'ssh'
  | 'desktop'
  | 'headless';

type Where = Pick<Host, 'env' | 'userId'>;

/** @param root of the file system; tests give another */
export function resolveRuntimeEnvironment(host: Where, root = '/'): RuntimeEnvironment {
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
export function waysOut(environment: RuntimeEnvironment, host: Where): Hint[] {
  return [...mending(environment, host), ...fileWay(environment), useMemory];
}

/** Ways to open a locked keyring, or to do without. */
export function unlockingWays(environment: RuntimeEnvironment): Hint[] {
  return [unlocking(environment), ...fileWay(environment)];
}

const installGnomeKeyring = [
  'sudo',
  'apt-get',
  'install',
  'gnome-keyring',
  'dbus-user-session',
] as const;

function mending(environment: RuntimeEnvironment, { env }: Where): Hint[] {
  switch (environment) {
    case 'container':
      return [
        run(
          ['dbus-run-session', '--', placeholder('command')],
          'to start a bus for one command, if the image has a keyring service',
        ),
      ];
    case 'sudo':
      return [
        say(
          `run it without sudo: the keyring belongs to the session of ${printableName(env['SUDO_USER'])}`,
        ),
      ];
    case 'root':
      return [say('run it as the user who owns the keyring: root has no session')];
    case 'wsl':
      return [
        run(installGnomeKeyring, 'with systemd=true in /etc/wsl.conf'),
        run(['wsl.exe', '--shutdown'], 'after that'),
      ];
    case 'ssh':
    case 'headless':
      return [run(installGnomeKeyring, 'to install a keyring service, before logging in again')];
    case 'desktop':
      return [
        run(
          installGnomeKeyring,
          'to install a keyring service if neither KWallet nor KeePassXC is one, before logging in again',
        ),
      ];
  }
}

function fileWay(environment: RuntimeEnvironment): Hint[] {
  if (environment !== 'container') return [useFile];
  const secret = setVariable(
    'ATMOS_KEYRING_PASSWORD_FILE',
    placeholder('a mounted secret'),
    'for its password',
  );
  return [useFile, secret];
}

/** Asks for the password in the terminal, so that it is in no history. */
const unlockGnomeKeyring = `read -rsp 'keyring password: ' p && printf %s "$p" | gnome-keyring-daemon --replace --unlock --daemonize`;

function unlocking(environment: RuntimeEnvironment): Hint {
  return environment === 'desktop'
    ? say(
        'run it again and answer the prompt, or unlock the keyring in its own program (seahorse, kwalletmanager, keepassxc)',
      )
    : run(['bash', '-c', unlockGnomeKeyring], 'to unlock gnome-keyring without a display');
}

function printableName(name: string | undefined): string {
  return name !== undefined && /^[\w.-]{1,32}$/.test(name) ? name : 'the user who called it';
}

/** Where the items are, open for use. */
export interface Place {
  readonly service: SecretService;
  readonly host: Pick<Host, 'sleep' | 'waiting'>;
  /** Unlocked. */
  readonly collection: string;
}

type PlaceHost = Pick<Host, 'sleep' | 'env' | 'waiting'>;

/**
 * The collection, unlocked; undefined when it was never made, so that nothing is in it. A provider
 * without any collection has not opened its store (KeePassXC without a database): there nobody can
 * look.
 *
 * @throws BusError
 */
export async function openPlace(
  host: PlaceHost,
  service: SecretService,
): Promise<Place | undefined> {
  const collection = await findCollection(service);
  if (collection !== undefined) return opened(host, service, collection);
  if ((await service.collections()).length > 0) return undefined;
  throw new BusError('empty', 'the keyring service has no keyring open');
}

/** The same, made if it has to be. @throws BusError */
export async function openWritablePlace(host: PlaceHost, service: SecretService): Promise<Place> {
  const collection = (await findCollection(service)) ?? (await createCollection(service, host));
  if (collection !== undefined) return opened(host, service, collection);
  throw new BusError('empty', noKeyring);
}

export const noKeyring =
  'the keyring service has no keyring yet, and nobody can be asked for a password for one';

async function opened(host: PlaceHost, service: SecretService, collection: string): Promise<Place> {
  if (await unlock(service, host, collection)) return { service, host, collection };
  throw new BusError('locked', 'it is locked, and the question to unlock it was dismissed');
}

// What KWallet tells through interfaces of its own, on the connection that owns the Secret Service.
// Everybody else answers that there is no such object.

const modules = ['/modules/kwalletd6', '/modules/kwalletd5'];

/** The version of KWallet, if that is who answers. */
export async function walletVersion({ bus }: SecretService): Promise<string | undefined> {
  const property = [
    encode.text('org.qtproject.Qt.QCoreApplication'),
    encode.text('applicationVersion'),
  ];
  const get: Call = {
    destination: serviceName,
    path: '/MainApplication',
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    body: property,
  };
  const answer = decode.tupleOf<[string]>(decode.variantOf(decode.text));
  const [version] = (await unlessRefused(bus.call(get, answer))) ?? [];
  return version;
}

/**
 * Whether it is a wallet and open. As a collection an open wallet still counts as locked, until
 * somebody has unlocked it there, for which then nobody is asked.
 */
export async function isOpenWallet({ bus }: SecretService, name: string): Promise<boolean> {
  for (const path of modules) {
    const isOpen: Call = {
      destination: serviceName,
      path,
      interface: 'org.kde.KWallet',
      member: 'isOpen',
      body: [encode.text(name)],
    };
    const [open] =
      (await unlessRefused(bus.call(isOpen, decode.tupleOf<[boolean]>(decode.flag)))) ?? [];
    if (open) return true;
  }
  return false;
}

/** Nothing, from a service that has no such object, or another under its name. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isBusError(error, 'answered') || isBusError(error, 'malformed')) return undefined;
    throw error;
  }
}
