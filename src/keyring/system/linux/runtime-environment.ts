import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeholder, run, say, setVariable, type Hint } from '../../../core/hint.ts';
import type { Host } from '../../../host/host.ts';
import { useFile, useMemory } from '../other-types.ts';
import { createCollection, findCollection, hasDisplay, unlock } from './collection.ts';
import { BusError, unlessRefused } from './dbus/bus-error.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';
import type { Call } from './dbus/message.ts';
import { serviceName, type SecretService } from './service.ts';

/** Where the program runs. It decides which keyrings can exist and which hints help. */
export type RuntimeEnvironment =
  | 'container'
  | 'sudo'
  | 'root'
  | 'wsl'
  | 'ssh'
  | 'desktop'
  | 'headless';

type Where = Pick<Host, 'env' | 'userId'>;

/** @param root root directory of the file system; tests use another one */
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

/** Hints if no keyring answers: install one, use an encrypted file, or keep nothing. */
export function waysOut(environment: RuntimeEnvironment, host: Where): Hint[] {
  return [...mending(environment, host), ...fileWay(environment), useMemory];
}

/** Hints to unlock a locked keyring or to work without it. */
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
      return [startBus('if the image has a keyring service')];
    case 'sudo':
      return [
        say(
          `run it without sudo: the keyring belongs to the session of ${printableName(env['SUDO_USER'])}`,
        ),
      ];
    case 'root':
      return [
        say('run it as the user who owns the keyring: root has no session'),
        startBus('if root has a keyring service'),
      ];
    case 'wsl':
      return [
        run(installGnomeKeyring, 'with systemd=true in /etc/wsl.conf'),
        run(['wsl.exe', '--shutdown'], 'after that'),
      ];
    case 'ssh':
    case 'headless':
      return [run(installGnomeKeyring, 'to install a keyring service; then log in again')];
    case 'desktop':
      return [
        run(
          installGnomeKeyring,
          'to install a keyring service if you use neither KWallet nor KeePassXC; then log in again',
        ),
      ];
  }
}

function startBus(condition: string): Hint {
  return run(
    ['dbus-run-session', '--', placeholder('command')],
    `to start a session bus for one command, ${condition}`,
  );
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

/** Reads the password in the terminal, so that it is not in the shell history. */
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

/** The collection, unlocked, with the service it belongs to. */
export interface Place {
  readonly service: SecretService;
  readonly host: Pick<Host, 'sleep' | 'waiting'>;
  /** Unlocked. */
  readonly collection: string;
}

type PlaceHost = Pick<Host, 'sleep' | 'env' | 'waiting'>;

/**
 * The unlocked collection. Undefined if it was never created, so that it has no entries.
 *
 * @throws BusError; `empty` if the provider has no collection at all: its store is not open
 *   (KeePassXC without a database), so its entries cannot be listed
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

/** Like `openPlace`, but creates a missing collection. @throws BusError */
export async function openWritablePlace(host: PlaceHost, service: SecretService): Promise<Place> {
  const collection = (await findCollection(service)) ?? (await createCollection(service, host));
  if (collection !== undefined) return opened(host, service, collection);
  throw new BusError('empty', noKeyring);
}

export const noKeyring =
  'the keyring service has no keyring yet and cannot prompt for the password of a new one';

async function opened(host: PlaceHost, service: SecretService, collection: string): Promise<Place> {
  if (await unlock(service, host, collection)) return { service, host, collection };
  throw new BusError('locked', 'it is locked and the prompt to unlock it was dismissed');
}

// KWallet reports these through its own interfaces, on the connection that owns the Secret Service.
// Other providers answer that the object does not exist.

const modules = ['/modules/kwalletd6', '/modules/kwalletd5'];

/** The version of KWallet; undefined if another program provides the service. */
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
 * Whether this is a wallet of KWallet and open. The Secret Service still reports an open wallet as
 * locked until a program has unlocked it there, which then needs no prompt.
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
