import type { Host } from '../../../host/host.ts';
import { malformed, unlessRefused } from './dbus/bus-error.ts';
import { dismissPrompt, followPrompt, type SecretService } from './service.ts';

const login = '/org/freedesktop/secrets/collection/login';
const defaultAlias = 'default';
/** The object that acts for the collection with that alias. */
const aliasedObject = '/org/freedesktop/secrets/aliases/default';

/** The collection that go-keyring uses: `login` if it exists, else the default one. */
export async function findCollection(service: SecretService): Promise<string | undefined> {
  const collections = await service.collections();
  return collections.includes(login) ? login : service.aliased(defaultAlias);
}

/**
 * Asks about the collection that {@link findCollection} would choose in one exchange, by asking both
 * that it may be.
 *
 * @param ask a question about a collection. Refused: undefined
 */
export async function askCollection<T>(
  service: SecretService,
  ask: (collection: string) => Promise<T>,
): Promise<T | undefined> {
  const [collections, ofLogin, ofDefault] = await Promise.all([
    service.collections(),
    unlessRefused(ask(login)),
    unlessRefused(ask(aliasedObject)),
  ]);
  return collections.includes(login) ? ofLogin : ofDefault;
}

/** Unlocks the collection if it is locked. @returns false if the prompt was dismissed */
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
 * Creates the default collection. Providers prompt for its password, which needs a display.
 *
 * @returns undefined if it was not created
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
  const mayGoOn = await followPrompt(service.bus, host, made, 'to create a keyring');
  return mayGoOn ? findCollection(service) : undefined;
}

/** Whether the provider can show a prompt. */
export function hasDisplay({ env }: Pick<Host, 'env'>): boolean {
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** The name to show: the last part of the path, with its escaped characters decoded. */
export function collectionName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replaceAll(/_([2-7][0-9a-f])/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/**
 * Marks a value that is stored as base64, because a provider would silently change the text. What
 * Atmos stores is JSON and needs no mark.
 */
const mark = 'atmos-auth-base64:';
/**
 * KWallet cuts a value at a NUL. Qt, and so KWallet and KeePassXC, drops a leading byte order mark.
 * KeePassXC keeps values in XML, which allows no control characters but tab and line feed.
 */
// oxlint-disable-next-line no-control-regex
const unkept = /^\ufeff|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function formatStored(value: string): Buffer {
  const needsMark = unkept.test(value) || value.startsWith(mark);
  return Buffer.from(needsMark ? mark + Buffer.from(value).toString('base64') : value);
}

/** @throws BusError `malformed` if it is not text */
export function parseStored(stored: Buffer): string {
  const text = decode(stored);
  if (!text.startsWith(mark)) return text;
  const encoded = text.slice(mark.length);
  const value = Buffer.from(encoded, 'base64');
  if (value.toString('base64') !== encoded)
    throw malformed('a value is marked as base64 but is not valid base64');
  return decode(value);
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a value is not UTF-8 text');
  }
}
