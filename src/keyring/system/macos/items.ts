import type { KeyringError } from '../../../core/errors.ts';
import { formatPartName, parsePartName } from '../../chunks.ts';
import type { BackendContext } from '../../contract.ts';
import { maxKeyBytes } from '../../key.ts';
import type { ItemStore } from '../item-store.ts';
import { account, formatAddCommand, secretRoom } from './add-command.ts';
import { damaged, duplicateItem, itemNotFound, keyringError, type Failure } from './failures.ts';
import { findDefaultKeychain, type DefaultKeychain } from './keychain.ts';
import { parseItems, parsePassword, type PrintedItem } from './printed-items.ts';
import { createSecurity, type Answer, type RunSecurity } from './security.ts';
import { decodedRoom, decodeSecret, encodeSecret } from './stored-secret.ts';

const maxDumpBytes = 32 * 1024 * 1024;
const mostKeychains = 20;

/** Each byte of its key doubled by the quoting. */
const longestPartName = formatPartName({
  generation: '0'.repeat(29),
  index: 9999,
  key: 'k'.repeat(2 * maxKeyBytes),
});

export interface KeychainStoreOptions {
  /** How `security` is run: by default for one operation, whose time begins now. */
  readonly run?: RunSecurity;
  /** Finds the keychain, once: by default asks. */
  readonly defaultKeychain?: () => Promise<DefaultKeychain>;
  /** What is being done to the keyring, for messages: by default what is done to the item. */
  readonly doing?: string;
  /** Whether what is stored may be replaced, so that damage is read as it is and is no error. */
  readonly mayReplace?: boolean;
}

/**
 * The generic passwords of the account `atmos-auth` in the keychains of the search list, as `security`
 * without the name of a keychain reaches them: go-keyring's, and so Atmos's own.
 */
export function openKeychainStore(
  context: BackendContext,
  options: KeychainStoreOptions = {},
): ItemStore {
  const run = options.run ?? createSecurity(context.host);
  const defaultKeychain = options.defaultKeychain ?? (() => findDefaultKeychain(run));

  async function failure(doingToItem: string, found: Failure): Promise<KeyringError> {
    const keychain = found.remedy === 'unlock' ? (await defaultKeychain()).path : undefined;
    return keyringError(context, options.doing ?? doingToItem, found, keychain);
  }

  /** `security` says so too when it has no keychain to look into. */
  async function checkAbsence(doing: string): Promise<void> {
    const { failure: missing } = await defaultKeychain();
    if (missing !== undefined) throw await failure(doing, missing);
  }

  function find(command: string, name: string, ...rest: string[]): Promise<Answer> {
    return run([command, '-s', name, '-a', account, ...rest], { mayAsk: true });
  }

  const fits = (name: string, bytes: number) => bytes <= decodedRoom(secretRoom(name));

  return {
    async read(name) {
      // -w would print some secrets in hex without telling which.
      const answer = await find('find-generic-password', name, '-g');
      if (answer.status === itemNotFound) {
        await checkAbsence('read from');
        return undefined;
      }
      if (answer.failure !== undefined) throw await failure('read from', answer.failure);
      const [item] = parseItems(answer.stdout);
      const stored = parsePassword(answer.stderr);
      if (item === undefined || stored === undefined || !isNamed(item, name)) {
        const reason = `security answered for ${JSON.stringify(name)} in a form that is not known`;
        throw await failure('read from', damaged(reason));
      }
      const bytes = decodeSecret(stored) ?? (options.mayReplace === true ? stored : undefined);
      if (bytes === undefined) {
        const reason = `the value of ${JSON.stringify(name)} is not encoded as it says`;
        throw await failure('read from', damaged(reason));
      }
      return bytes;
    },

    async write(name, bytes) {
      const input = formatAddCommand(name, encodeSecret(bytes));
      if (!fits(name, bytes.length)) {
        const reason = `an item of that name does not hold ${bytes.length} bytes`;
        throw await failure('write to', { code: 'ERR_KEYRING_TOO_LARGE', reason, remedy: 'look' });
      }
      const add = () => run(['-i'], { input, mayAsk: true });
      let answer = await add();
      // Somebody made it at the same moment, so now it can be overwritten.
      if (answer.status === duplicateItem && !wasRefused(answer)) answer = await add();
      if (answer.failure !== undefined) throw await failure('write to', answer.failure);
    },

    async remove(name) {
      // One in each keychain: what is left would take the place of what was deleted.
      for (let removed = 0; ; removed++) {
        const answer = await find('delete-generic-password', name);
        if (answer.status === itemNotFound) {
          if (removed === 0) await checkAbsence('delete from');
          return removed > 0;
        }
        if (answer.failure !== undefined) throw await failure('delete from', answer.failure);
        if (parsePartName(name) !== undefined || removed === mostKeychains) return true;
      }
    },

    async names() {
      // Without -d: attributes only, which are not encrypted, so nobody is asked.
      const answer = await run(['dump-keychain'], { maxBytes: maxDumpBytes });
      if (answer.failure !== undefined) throw await failure('list', answer.failure);
      const items = parseItems(answer.stdout);
      if (items.length === 0) await checkAbsence('list');
      return [...new Set(items.filter(isOurs).flatMap(nameOf))];
    },

    fits,
    partBytes: decodedRoom(secretRoom(longestPartName)),
  };
}

/** Whether it could not change what is there, and so tried to add another. */
function wasRefused({ stderr }: Answer): boolean {
  return stderr.includes('SecKeychainItemModifyContent');
}

function isOurs(item: PrintedItem): boolean {
  return item.itemClass === 'genp' && item.account?.toString('latin1') === account;
}

function isNamed(item: PrintedItem, name: string): boolean {
  return isOurs(item) && item.service?.equals(Buffer.from(name)) === true;
}

/** Nobody can ask for a name that is no text. */
function nameOf({ service }: PrintedItem): string[] {
  const name = service?.toString('utf8');
  return name !== undefined && service?.equals(Buffer.from(name)) === true ? [name] : [];
}
