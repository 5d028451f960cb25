import type { Host } from '../../../host/host.ts';
import { malformed } from './dbus/bus-error.ts';
import { dismissPrompt, followPrompt, type SecretService } from './service.ts';

const login = '/org/freedesktop/secrets/collection/login';
const defaultAlias = 'default';

/** Where go-keyring keeps its items: the collection `login`, else the default one. */
export async function findCollection(service: SecretService): Promise<string | undefined> {
  const collections = await service.collections();
  return collections.includes(login) ? login : service.aliased(defaultAlias);
}

/** Opens the collection if it is closed. @returns false when a person, or nobody, said no */
export async function unlock(
  service: SecretService,
  host: Pick<Host, 'sleep' | 'waiting'>,
  collection: string,
): Promise<boolean> {
  if (!(await service.isLocked(collection))) return true;
  return followPrompt(
    service.bus,
    host,
    await service.unlock([collection]),
    'to unlock the keyring',
  );
}

/**
 * Makes the default collection. Providers ask a person for its password, so that needs a display.
 *
 * @returns undefined when it was not made
 */
export async function createCollection(
  service: SecretService,
  host: Pick<Host, 'sleep' | 'env' | 'waiting'>,
): Promise<string | undefined> {
  const made = await service.createCollection('Login', defaultAlias);
  if (made.prompt === undefined) return made.collection;
  if (!hasDisplay(host)) {
    dismissPrompt(service.bus, made);
    return undefined;
  }
  const mayGoOn = await followPrompt(service.bus, host, made, 'to make a keyring');
  return mayGoOn ? findCollection(service) : undefined;
}

/** Whether the provider could ask somebody. */
export function hasDisplay({ env }: Pick<Host, 'env'>): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Its name for a person: the end of its path, where other than letters and digits are escaped. */
export function collectionName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replaceAll(/_([2-7][0-9a-f])/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/**
 * Marks a value that is stored as base64. Everything that Atmos stores is JSON and goes as it is;
 * this is for texts that a provider would change without a word.
 */
const mark = 'atmos-auth-base64:';
/**
 * KWallet ends a value at a NUL; Qt drops a leading byte order mark, and so do KWallet and KeePassXC;
 * XML, in which KeePassXC keeps its values, has no other control characters than tab and line feed.
 */
// oxlint-disable-next-line no-control-regex
const unkept = /^\ufeff|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes to store for a value. */
export function formatStored(value: string): Buffer {
  const needsMark = unkept.test(value) || value.startsWith(mark);
  return Buffer.from(needsMark ? mark + Buffer.from(value).toString('base64') : value);
}

/** @throws BusError `malformed` for what is not text */
export function parseStored(stored: Buffer): string {
  const text = decode(stored);
  if (!text.startsWith(mark)) return text;
  const encoded = text.slice(mark.length);
  const value = Buffer.from(encoded, 'base64');
  if (value.toString('base64') !== encoded) throw malformed('a value is not the base64 it says');
  return decode(value);
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a value is not text in UTF-8');
  }
}
