import type { Host } from '../../../host/host.ts';
import { dismissPrompt, followPrompt } from './prompt.ts';
import type { SecretService } from './service.ts';

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
  host: Pick<Host, 'sleep'>,
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
  host: Pick<Host, 'sleep' | 'env'>,
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
