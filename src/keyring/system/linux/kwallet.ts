import { isBusError } from './dbus/bus-error.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';
import type { Call } from './dbus/message.ts';
import { serviceName, type SecretService } from './service.ts';

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
