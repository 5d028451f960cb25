import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { connectSessionBus } from './dbus/bus.ts';
import { walletVersion } from './runtime-environment.ts';
import { createSecretService, type SecretService } from './service.ts';
import { openSession, type Session } from './session.ts';

/** The connection to the service: opened at first use, and again after it was closed. */
export interface Connection {
  /** @throws BusError */
  service(): Promise<SecretService>;
  /** @throws BusError */
  session(): Promise<Session>;
  /** Makes the next call of `session` open a new one. */
  forgetSession(): void;
  close(): Promise<void>;
}

export function createConnection(host: Host): Connection {
  let isBroken = () => false;
  let connecting: Promise<SecretService> | undefined;
  let opening: Promise<Session> | undefined;

  function forget(): void {
    connecting = undefined;
    opening = undefined;
    isBroken = () => false;
  }

  async function connect(): Promise<SecretService> {
    try {
      const bus = await connectSessionBus(host);
      isBroken = () => !bus.isOpen();
      return createSecretService(bus);
    } catch (error) {
      forget();
      throw error;
    }
  }

  function service(): Promise<SecretService> {
    if (isBroken()) forget();
    connecting ??= connect();
    return connecting;
  }

  return {
    service,
    async session() {
      const current = await service();
      opening ??= openSession(current);
      return opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    },
    forgetSession() {
      opening = undefined;
    },
    async close() {
      const held = connecting;
      forget();
      await held?.then(
        ({ bus }) => bus.close(),
        () => {},
      );
    },
  };
}

/** Programs that exit immediately after printing their version. */
const products: ReadonlyMap<string, string> = new Map([
  ['gnome-keyring-daemon', 'gnome-keyring'],
  ['keepassxc', 'KeePassXC'],
]);
const versionLimitMs = 1_000;
const maxVersionBytes = 1024;

/**
 * The program that provides the service, with its version: "gnome-keyring 42.1". Undefined if its
 * process is not visible, as in a sandbox.
 */
export async function describeProvider(
  service: SecretService,
  host: Host,
): Promise<string | undefined> {
  const ofWallet = await walletVersion(service);
  if (ofWallet !== undefined) return `KWallet ${printable(ofWallet)}`;
  const program = programOf(await service.processId());
  if (program === undefined) return undefined;
  const name = basename(program);
  const product = products.get(name);
  if (product === undefined) return name;
  const version = await versionOf(program, host);
  return version === undefined ? product : `${product} ${version}`;
}

/**
 * Not from `/proc/PID/exe`, which is unreadable for programs with capabilities such as
 * gnome-keyring.
 */
function programOf(processId: number): string | undefined {
  try {
    const [program] = readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
    return program && /^[\w./+-]{1,200}$/.test(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

async function versionOf(program: string, host: Host): Promise<string | undefined> {
  const env = { PATH: host.env['PATH'], QT_QPA_PLATFORM: 'offscreen' };
  const options = { env, timeoutMs: versionLimitMs, maxBytes: maxVersionBytes };
  const { exitCode, stdout } = await host.runShell(`exec ${program} --version 2>&1`, options);
  return exitCode === 0 ? /\d+(\.\d+)+/.exec(stdout.toString('latin1'))?.[0] : undefined;
}

function printable(version: string): string {
  return /^[\w.+-]{1,40}$/.exec(version)?.[0] ?? '';
}
