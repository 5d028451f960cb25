// The commands, in the order in which their prefixes are matched.
import { parseOptions } from './options.mjs';
import { printBytes, printItem, printSecret } from './print.mjs';

/** @import { KeychainItem, Machine, Outcome } from './types.ts' */
/** @typedef {(machine: Machine, words: string[]) => Outcome} Command */

const notFound = -25300;
const duplicate = -25299;
const usage = done(2);

/** @type {ReadonlyMap<number, string>} */
const texts = new Map([
  [notFound, 'The specified item could not be found in the keychain.'],
  [duplicate, 'The specified item already exists in the keychain.'],
  [-25308, 'User interaction is not allowed.'],
  [-25293, 'The user name or passphrase you entered is not correct.'],
  [-25294, 'The specified keychain could not be found.'],
  [-25307, 'A default keychain could not be found.'],
  [-128, 'User canceled the operation.'],
]);

/** @type {readonly (readonly [string, Command])[]} */
export const commands = [
  ['help', () => done(0)],
  ['list-keychains', listKeychains],
  ['default-keychain', defaultKeychain],
  ['lock-keychain', lockKeychain],
  ['unlock-keychain', unlockKeychain],
  ['show-keychain-info', showKeychainInfo],
  ['dump-keychain', dumpKeychain],
  ['add-generic-password', addGenericPassword],
  ['find-generic-password', findGenericPassword],
  ['delete-generic-password', deleteGenericPassword],
];

/**
 * @param {number} status
 * @param {{ stdout?: string, stderr?: string }} [written]
 * @returns {Outcome}
 */
function done(status, { stdout = '', stderr = '' } = {}) {
  return { status, stdout, stderr };
}

/** @param {string} what @param {number} status */
function told(what, status) {
  return `security: ${what}: ${texts.get(status) ?? `${status}`}\n`;
}

/** @param {string | undefined} word */
function pathOf(word) {
  return word === undefined ? undefined : Buffer.from(word, 'latin1').toString('utf8');
}

/** @type {Command} */
function listKeychains(machine) {
  const lines = machine.state().searchList.map((path) => `    "${path}"\n`);
  return done(0, { stdout: Buffer.from(lines.join('')).toString('latin1') });
}

/** @type {Command} */
function defaultKeychain(machine) {
  const path = machine.state().defaultKeychain;
  if (path === null) return done(1, { stderr: told('SecKeychainCopyDefault', -25307) });
  return done(0, { stdout: Buffer.from(`    "${path}"\n`).toString('latin1') });
}

/** @type {Command} */
function lockKeychain(machine, words) {
  machine.change((state) => {
    const path = pathOf(words[0]) ?? state.defaultKeychain;
    if (path !== null && !state.locked.includes(path)) state.locked.push(path);
  });
  return done(0);
}

/** @type {Command} */
function unlockKeychain(machine, words) {
  const { options, rest, fault } = parseOptions(words, 'hp:u');
  const path = pathOf(rest[0]) ?? machine.state().defaultKeychain;
  if (fault !== undefined || path === null) return usage;
  const isRight = options.get('p')?.[0] === machine.read(path).password;
  if (!isRight && machine.state().locked.includes(path)) {
    return done(-25293, { stderr: told(`SecKeychainUnlock ${path}`, -25293) });
  }
  unlock(machine, path);
  return done(0);
}

/** @param {Machine} machine @param {string} path */
function unlock(machine, path) {
  machine.change((state) => {
    state.locked = state.locked.filter((locked) => locked !== path);
  });
}

/**
 * The conditions for reading or writing a secret: the keychain is unlocked, and the user consents
 * if the item requires it.
 *
 * @param {Machine} machine
 * @param {string} path
 * @param {KeychainItem} [item]
 */
function mayUse(machine, path, item) {
  if (machine.state().locked.includes(path)) {
    const status = machine.ask(`unlock ${path}`);
    if (status !== 0) return status;
    unlock(machine, path);
  }
  const isGuarded = item && machine.state().guarded.includes(item.service ?? '');
  return isGuarded && !item.isOpenToAll ? machine.ask(`use ${item.service}`) : 0;
}

/** @type {Command} */
function showKeychainInfo(machine, words) {
  const path = pathOf(words[0]) ?? machine.state().defaultKeychain ?? '';
  const status = machine.isThere(path) ? mayUse(machine, path) : -25294;
  if (status !== 0)
    return done(status, { stderr: told(`SecKeychainCopySettings ${path}`, status) });
  return done(0, { stderr: `Keychain "${path}" no-timeout\n` });
}

/** @param {Machine} machine @param {readonly string[]} named */
function keychains(machine, named) {
  const paths =
    named.length === 0 ? machine.state().searchList : named.map((one) => pathOf(one) ?? '');
  return paths.filter(machine.isThere).map((path) => ({ path, keychain: machine.read(path) }));
}

/** @type {Command} */
function dumpKeychain(machine, words) {
  const { options, rest, fault } = parseOptions(words, 'adhiro:');
  // Printing secrets is not needed and therefore not implemented.
  if (fault !== undefined || options.size > 0) return usage;
  const items = keychains(machine, rest).flatMap(({ path, keychain }) =>
    keychain.items.map((item) => printItem(path, item)),
  );
  return done(0, { stdout: items.join('') });
}

/**
 * The first keychain in the search list.
 *
 * @param {Machine} machine
 * @param {ReadonlyMap<string, string[]>} options
 * @param {readonly string[]} named
 */
function findFirst(machine, options, named) {
  const service = options.get('s')?.at(-1);
  const account = options.get('a')?.at(-1);
  for (const { path, keychain } of keychains(machine, named)) {
    const item = keychain.items.find(
      (one) =>
        one.class === 'genp' &&
        (service === undefined || one.service === service) &&
        (account === undefined || one.account === account),
    );
    if (item) return { path, keychain, item };
  }
  return undefined;
}

/** @type {Command} */
function addGenericPassword(machine, words) {
  const { options, rest, fault } = parseOptions(words, 'a:c:C:D:G:j:l:s:p:w:X:UAT:');
  /** @param {string} letter */
  const last = (letter) => options.get(letter)?.at(-1);
  const [service, account] = [last('s'), last('a')];
  if (fault !== undefined || service === undefined || account === undefined || rest.length > 1) {
    return usage;
  }
  const hex = last('X');
  const secret =
    hex === undefined ? (last('w') ?? last('p') ?? '') : Buffer.from(hex, 'hex').toString('latin1');
  const now = new Date().toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  let stderr = '';

  const found = options.has('U') ? findFirst(machine, options, rest) : undefined;
  if (found) {
    const status = mayUse(machine, found.path, found.item);
    if (status === 0) {
      Object.assign(found.item, { secret, label: last('l') ?? service, modifiedAt: now });
      if (options.has('A')) found.item.isOpenToAll = true;
      found.item.trusted.push(...(options.get('T') ?? []));
      machine.write(found.path, found.keychain);
      return done(0);
    }
    stderr = told('SecKeychainItemModifyContent', status);
  }

  const path = pathOf(rest[0]) ?? machine.state().defaultKeychain;
  let status = path === null ? -25307 : machine.isThere(path) ? mayUse(machine, path) : -25294;
  if (status === 0 && path !== null) {
    const keychain = machine.read(path);
    if (keychain.items.some((one) => one.service === service && one.account === account)) {
      status = duplicate;
    } else {
      keychain.items.push({
        class: 'genp',
        service,
        account,
        label: last('l') ?? service,
        secret,
        isOpenToAll: options.has('A'),
        trusted: options.get('T') ?? [],
        createdAt: now,
        modifiedAt: now,
      });
      machine.write(path, keychain);
    }
  }
  if (status !== 0) stderr += told('SecKeychainItemCreateFromContent (<default>)', status);
  return done(status, { stderr });
}

/** @type {Command} */
function findGenericPassword(machine, words) {
  const { options, rest, fault } = parseOptions(words, 'ha:c:C:D:G:hgj:l:s:w');
  if (fault !== undefined) return usage;
  const found = findFirst(machine, options, rest);
  if (!found) return done(notFound, { stderr: told('SecKeychainSearchCopyNext', notFound) });
  const { path, item } = found;
  if (options.has('g') || options.has('w')) {
    const status = mayUse(machine, path, item);
    // The real program prints nothing about this.
    if (status !== 0) return done(status);
  }
  if (options.has('w')) return done(0, { stdout: printSecret(item.secret) });
  return done(0, {
    stdout: printItem(path, item),
    stderr: options.has('g') ? `password: ${printBytes(item.secret)}\n` : '',
  });
}

/** @type {Command} */
function deleteGenericPassword(machine, words) {
  const { options, rest, fault } = parseOptions(words, 'ha:c:C:D:G:j:l:s:g');
  if (fault !== undefined) return usage;
  const found = findFirst(machine, options, rest);
  if (!found) return done(notFound, { stderr: told('SecKeychainSearchCopyNext', notFound) });
  const { path, keychain, item } = found;
  const status = mayUse(machine, path, item);
  if (status === 0) {
    machine.write(path, { ...keychain, items: keychain.items.filter((one) => one !== item) });
  }
  // Whether or not it was locked before.
  return done(status, { stdout: printItem(path, item), stderr: 'password has been deleted.\n' });
}
