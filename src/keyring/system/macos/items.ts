import { isUtf8 } from 'node:buffer';
import type { KeyringError } from '../../../core/errors.ts';
import type { ItemStore } from '../../chunked-store.ts';
import { formatPartName, parsePartName } from '../../chunks.ts';
import type { BackendContext } from '../../contract.ts';
import { maxKeyBytes } from '../../key.ts';
import { damaged, duplicateItem, itemNotFound, keyringError, type Failure } from './failures.ts';
import { findDefaultKeychain, type DefaultKeychain } from './keychain.ts';
import {
  account,
  createSecurity,
  formatAddCommand,
  secretRoom,
  type Answer,
  type RunSecurity,
} from './security.ts';

const maxDumpBytes = 32 * 1024 * 1024;
const maxKeychains = 20;

/** The quoting doubles each byte of the entry name. */
const longestPartName = formatPartName({
  generation: '0'.repeat(29),
  index: 9999,
  key: 'k'.repeat(2 * maxKeyBytes),
});

export interface KeychainStoreOptions {
  /** Runs `security`. Default: with the time limit of one operation, which starts now. */
  readonly run?: RunSecurity;
  /** Finds the default keychain, once. Default: asks `security`. */
  readonly defaultKeychain?: () => Promise<DefaultKeychain>;
  /** What is done to the keyring, for messages. Default: what is done to the item. */
  readonly doing?: string;
  /**
   * Whether the stored value may be replaced: damaged data is then returned instead of an error.
   */
  readonly mayReplace?: boolean;
}

/**
 * The generic passwords of the account `atmos-auth` in the keychains of the search list, which
 * `security` uses if no keychain is named. They have the format of go-keyring, which Atmos uses.
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

  /** `security` also reports a missing item if it has no keychain to search. */
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
      // -w prints some secrets in hex without marking them as hex.
      const answer = await find('find-generic-password', name, '-g');
      if (answer.status === itemNotFound) {
        await checkAbsence('read from');
        return undefined;
      }
      if (answer.failure !== undefined) throw await failure('read from', answer.failure);
      const [item] = parseItems(answer.stdout);
      const stored = parsePassword(answer.stderr);
      if (item === undefined || stored === undefined || !isNamed(item, name)) {
        const reason = `security printed ${JSON.stringify(name)} in an unknown format`;
        throw await failure('read from', damaged(reason));
      }
      const bytes = decodeSecret(stored) ?? (options.mayReplace === true ? stored : undefined);
      if (bytes === undefined) {
        const reason = `the value of ${JSON.stringify(name)} has an invalid encoding`;
        throw await failure('read from', damaged(reason));
      }
      return bytes;
    },

    async write(name, bytes) {
      const input = formatAddCommand(name, encodeSecret(bytes));
      if (!fits(name, bytes.length)) {
        const reason = `an item with that name cannot hold ${bytes.length} bytes`;
        throw await failure('write to', { code: 'ERR_KEYRING_TOO_LARGE', reason, remedy: 'look' });
      }
      const add = () => run(['-i'], { input, mayAsk: true });
      let answer = await add();
      // Another process created the item at the same time, so it can be overwritten now.
      if (answer.status === duplicateItem && !wasRefused(answer)) answer = await add();
      if (answer.failure !== undefined) throw await failure('write to', answer.failure);
    },

    async remove(name) {
      // One item in each keychain: an item that is left would replace the deleted one.
      for (let removed = 0; ; removed++) {
        const answer = await find('delete-generic-password', name);
        if (answer.status === itemNotFound) {
          if (removed === 0) await checkAbsence('delete from');
          return removed > 0;
        }
        if (answer.failure !== undefined) throw await failure('delete from', answer.failure);
        if (parsePartName(name) !== undefined || removed === maxKeychains) return true;
      }
    },

    async names() {
      // Without -d: attributes only, which are not encrypted, so that macOS shows no prompt.
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

/** Whether `security` could not change the existing item and so tried to add another one. */
function wasRefused({ stderr }: Answer): boolean {
  return stderr.includes('SecKeychainItemModifyContent');
}

function isOurs(item: PrintedItem): boolean {
  return item.itemClass === 'genp' && item.account?.toString('latin1') === account;
}

function isNamed(item: PrintedItem, name: string): boolean {
  return isOurs(item) && item.service?.equals(Buffer.from(name)) === true;
}

/** Empty for a name that is not text: callers can only ask for text. */
function nameOf({ service }: PrintedItem): string[] {
  const name = service?.toString('utf8');
  return name !== undefined && service?.equals(Buffer.from(name)) === true ? [name] : [];
}

/** An item as `security` prints it: its attributes, without its secret. */
export interface PrintedItem {
  /** `genp` for a generic password. */
  readonly itemClass: string | undefined;
  readonly service: Buffer | undefined;
  readonly account: Buffer | undefined;
}

const attributeForm = /^ {4}"(svce|acct)"<blob>=(.*)$/;
const fields = { svce: 'service', acct: 'account' } as const;

/**
 * The items in the output of `dump-keychain` and `find-generic-password`, in latin1. Each begins
 * with the name of its keychain. Unknown lines are skipped, because the releases of macOS differ.
 */
export function parseItems(printed: string): PrintedItem[] {
  const items: { -readonly [field in keyof PrintedItem]: PrintedItem[field] }[] = [];
  for (const line of printed.split('\n')) {
    if (line.startsWith('keychain: ')) {
      items.push({ itemClass: undefined, service: undefined, account: undefined });
    }
    const item = items.at(-1);
    if (item === undefined) continue;
    if (line.startsWith('class: ')) item.itemClass = parseBytes(line.slice(7))?.toString('latin1');
    const [, tag, bytes] = attributeForm.exec(line) ?? [];
    if (bytes !== undefined) item[fields[tag === 'svce' ? 'svce' : 'acct']] = parseBytes(bytes);
  }
  return items;
}

/**
 * The secret that `find-generic-password -g` writes to standard error; undefined if it is missing.
 */
export function parsePassword(printed: string): Buffer | undefined {
  const mark = 'password: ';
  const lines = printed.split('\n').filter((line) => line.startsWith(mark));
  const [line] = lines;
  return lines.length === 1 && line !== undefined ? parseBytes(line.slice(mark.length)) : undefined;
}

/**
 * Bytes as `security` prints them: in quotes if all are printable and no character is a backslash,
 * else in hex followed by a readable form; nothing for an empty value. Undefined for `<NULL>` and
 * for any other form.
 */
export function parseBytes(text: string): Buffer | undefined {
  if (text === '') return Buffer.alloc(0);
  const [, hex] = /^0x((?:[0-9A-F]{2})+) {1,2}(?:"[ -~]*")?$/.exec(text) ?? [];
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const [, plain] = /^"([ -[\]-~]*)"$/.exec(text) ?? [];
  return plain === undefined ? undefined : Buffer.from(plain, 'latin1');
}

const base64Prefix = 'go-keyring-base64:';
/** Prefix of older releases of go-keyring, for values with line breaks. */
const hexPrefix = 'go-keyring-encoded:';

/** The form in which go-keyring, and so Atmos, stores a value. */
export function encodeSecret(bytes: Buffer): string {
  return base64Prefix + bytes.toString('base64');
}

/** The longest value, in bytes, whose stored form has at most that many bytes. */
export function decodedRoom(room: number): number {
  return Math.floor((room - base64Prefix.length) / 4) * 3;
}

/**
 * The value of a stored form, as go-keyring reads it: a text without a prefix is trimmed. Undefined
 * if the text after a prefix is not valid in that encoding.
 */
export function decodeSecret(stored: Buffer): Buffer | undefined {
  if (!isUtf8(stored)) return stored;
  const text = trimmed(stored.toString('utf8'));
  if (text.startsWith(hexPrefix)) return decoded(text.slice(hexPrefix.length), 'hex');
  if (text.startsWith(base64Prefix)) return decoded(text.slice(base64Prefix.length), 'base64');
  return Buffer.from(text);
}

/** Undefined for invalid text: Node would ignore invalid characters. */
function decoded(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  return again === (encoding === 'hex' ? text.toLowerCase() : text) ? bytes : undefined;
}

/**
 * Trims Unicode white space, as Go does. A regular expression would be slow on long white space.
 */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charAt(start))) start++;
  while (end > start && isSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character);
}
