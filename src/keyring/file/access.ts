import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { BackendContext } from '../contract.ts';
import { encodeKey } from '../key.ts';
import { createDerivation, type Derivation } from './derivation.ts';
import { findDirectory, listKeys } from './directory.ts';
import { readEntryFile } from './entry.ts';
import { parseItem } from './item.ts';
import { openJwe, parseJwe } from './jwe.ts';
import { passwordSource, resolvePassword } from './password.ts';
import { checkVersion, readVerifier, statePaths } from './state.ts';
import { damaged, judgePassword, whenWhole, type Verdict } from './unlock.ts';

/** A keyring's directory together with its password, which is asked for when it is first needed. */
export interface Access {
  /** The directory, if there is one yet and its layout is one we know. */
  find(): string | undefined;
  /** The verifier of a directory, if it has one: the generation of the keyring. */
  verifierOf(directory: string | undefined): string | undefined;
  /** Whether the password is the one of the directory in this generation. */
  judge(directory: string | undefined, verifier: string | undefined): Promise<Judgement>;
  /** The value of an entry, or null when there is none. */
  read(directory: string, key: string): Promise<string | null>;
  /** The error for a password that does not open the keyring; it is asked for anew the next time. */
  wrongPassword(): KeyringError;
  isUnlocked(): boolean;
  forget(): void;
}

export type Judgement = Verdict & { readonly derivation: Derivation };

export function createAccess(context: BackendContext): Access {
  const { settings, host } = context;
  const { userId } = host;
  const location = settings.directory.value;
  let unlocking: Promise<Derivation> | undefined;

  function derivationOf(isNew: boolean): Promise<Derivation> {
    if (unlocking === undefined) {
      const started = resolvePassword(context, isNew).then(createDerivation);
      unlocking = started;
      // A password that could not be had is asked for again the next time.
      started.catch(() => {
        if (unlocking === started) unlocking = undefined;
      });
    }
    return unlocking;
  }

  function verifierOf(directory: string | undefined): string | undefined {
    return directory === undefined ? undefined : readVerifier(statePaths(directory), userId);
  }

  async function judge(
    directory: string | undefined,
    verifier: string | undefined,
  ): Promise<Judgement> {
    const isEmpty = directory === undefined || listKeys(directory).length === 0;
    const derivation = await derivationOf(verifier === undefined && isEmpty);
    if (directory === undefined) return { kind: 'new', derivation };
    return { ...(await judgePassword({ directory, host }, verifier, derivation)), derivation };
  }

  function wrongPassword(): KeyringError {
    unlocking = undefined;
    const source = passwordSource(context);
    const named = source === 'variable' ? settings.passwordEnv.value : source;
    return new KeyringError(
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from ${named}) does not open the keyring ${location}`,
      { hints: ['check the password: it is the one the first entry was stored with'] },
    );
  }

  /** The plaintext of an entry; a fault may only mean that it is being written at this moment. */
  async function open(
    directory: string,
    path: string,
  ): Promise<{ plaintext: Buffer } | { fault: string } | undefined> {
    const text = readEntryFile(path, userId);
    if (text === undefined) return undefined;
    const token = parseJwe(text);
    if ('fault' in token) return token;
    const derivation = await derivationOf(false);
    const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
    if ('plaintext' in opened) return opened;
    if (opened.failed === 'content') return { fault: 'its content was changed' };
    const { kind } = await judge(directory, verifierOf(directory));
    if (kind !== 'right') throw wrongPassword();
    return { fault: 'it was changed, or written under another password' };
  }

  return {
    find() {
      const directory = findDirectory(location, userId);
      if (directory !== undefined) checkVersion(statePaths(directory), userId);
      return directory;
    },
    verifierOf,
    judge,
    async read(directory, key) {
      const path = join(directory, encodeKey(key));
      const opened = await whenWhole(host, path, () => open(directory, path));
      if (opened === undefined) return null;
      const item = parseItem(opened.plaintext);
      opened.plaintext.fill(0);
      if ('fault' in item) throw damaged(path, item.fault);
      if (item.key === key) return item.value;
      throw new KeyringError(
        'ERR_KEYRING_FOREIGN',
        `the entry ${path} belongs to the key ${JSON.stringify(item.key)}: its file was renamed or copied`,
        { hints: ['give the file its own name back, or move it away'] },
      );
    },
    wrongPassword,
    isUnlocked: () => unlocking !== undefined,
    forget() {
      unlocking?.then(
        (derivation) => derivation.forget(),
        () => {},
      );
      unlocking = undefined;
    },
  };
}
