import type { Host } from '../../../host/host.ts';
import { parseStored } from './collection.ts';
import { BusError, isBusError } from './dbus/bus-error.ts';
import { isGone } from './failures.ts';
import { followPrompt, type Secret, type SecretService } from './service.ts';
import type { Session } from './session.ts';

/**
 * The values of these items, in their order, without items that no longer exist. Unlocks items that
 * the provider locks one by one (KeePassXC prompts for each program).
 *
 * @throws BusError; `session` if the provider does not have the key of this session
 */
export async function readValues(
  service: SecretService,
  host: Pick<Host, 'sleep' | 'waiting'>,
  session: Session,
  items: readonly string[],
): Promise<string[]> {
  let secrets = await secretsOf(service, items, session);
  const locked = items.filter((item) => !secrets.has(item));
  if (locked.length > 0) {
    await unlockItems(service, host, locked, 'to read the keyring');
    secrets = await secretsOf(service, items, session);
    for (const item of locked) {
      if (!secrets.has(item) && (await isThere(service, item))) {
        throw new BusError('locked', 'the keyring service does not return the secret of an entry');
      }
    }
  }
  const present = items.map((item) => secrets.get(item)).filter((secret) => secret !== undefined);
  return present.map((secret) => openSecret(session, secret));
}

/** Undefined if the provider refuses because an item is locked. It does not say which item. */
export async function secretsOf(
  service: SecretService,
  items: readonly string[],
  session: Session,
): Promise<Map<string, Secret>> {
  try {
    return await service.secretsOf(items, session.path);
  } catch (error) {
    if (isAnswer(error, 'IsLocked') || isAnswer(error, 'NoSuchObject')) return new Map();
    if (isAnswer(error, 'NoSession')) throw new BusError('session', 'the session has ended');
    throw error;
  }
}

/** @param what the purpose, for the message: "to read the keyring" */
export async function unlockItems(
  service: SecretService,
  host: Pick<Host, 'sleep' | 'waiting'>,
  items: readonly string[],
  what: string,
): Promise<void> {
  try {
    if (await followPrompt(service.bus, host, await service.unlock(items), what)) return;
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  throw new BusError('locked', `the entry is locked and the prompt ${what} was dismissed`);
}

/** @throws BusError `session`, `malformed` */
export function openSecret(session: Session, secret: Secret): string {
  const value = session.open(secret);
  if (value === undefined)
    throw new BusError('session', 'a value cannot be decrypted with its session key');
  return parseStored(value);
}

async function isThere(service: SecretService, item: string): Promise<boolean> {
  try {
    await service.attributesOf(item);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isAnswer(error: unknown, name: 'IsLocked' | 'NoSuchObject' | 'NoSession'): boolean {
  return (
    isBusError(error, 'answered') && error.errorName === `org.freedesktop.Secret.Error.${name}`
  );
}
