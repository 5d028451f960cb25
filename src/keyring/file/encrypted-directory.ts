import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { listFiles, say } from '../../core/hint.ts';
import type { FileContext } from './settings.ts';
import { createDerivation, type Derivation } from './derivation.ts';
import { findDirectory } from './directory.ts';
import { entryName, parseItem, readEntryFile } from './entry.ts';
import { hasOwnEntries, judgePassword, type Verdict } from './judge-password.ts';
import { opensKey, parseJwe, type Jwe } from './jwe.ts';
import { ownEntriesOf, passwordEntriesOf } from './own-entries.ts';
import { describePasswordSource, passwordSource, resolvePassword } from './password.ts';
import { settle } from './rekey-recover.ts';
import { checkState, readVerifier, statePaths } from './state.ts';
import { stampOf } from './survey.ts';
import {
  createBounds,
  damagedEntry,
  notUnwrapped,
  openWithin,
  untried,
  whenWhole,
  wrongSecret,
  type FaultyEntry,
} from './torn.ts';

/** A keyring's directory with its password, which is resolved when it is first needed. */
export interface Access {
  /** The directory, if it exists and this version supports its layout. */
  find(): string | undefined;
  /** The verifier of a directory, if it exists: the generation of the keyring. */
  verifierOf(directory: string | undefined): string | undefined;
  /** Whether the password is the right one for this generation of the directory. */
  judge(directory: string | undefined, verifier: string | undefined): Promise<Judgement>;
  /** The value of an entry, or null if it does not exist. */
  read(directory: string, key: string): Promise<string | null>;
  /** The error for a wrong password. The next operation resolves the password again. */
  wrongPassword(): KeyringError;
  /**
   * The next operation resolves the password again. Operations that already have it can finish, so
   * it is not overwritten.
   */
  discardPassword(): void;
  isUnlocked(): boolean;
  /** Overwrites the password. Operations that already have it fail. */
  forget(): void;
}

export type Judgement = Verdict & { readonly derivation: Derivation };

type IsRight = (derivation: Derivation) => Promise<boolean>;

const maxQuestions = 3;

export function createAccess(context: FileContext): Access {
  const { settings, host } = context;
  const { userId } = host;
  const location = settings.directory.value;
  const isOwn = passwordEntriesOf(context);
  const isOurs = ownEntriesOf(context);
  let bounds = createBounds(host);
  let unlocking: Promise<Derivation> | undefined;
  let proved: { derivation: Derivation; isValid(directory: string): boolean } | undefined;
  /** Number of files that were not tried when the password was found wrong. */
  let untriedFiles = 0;

  function derivationOf(isRight: IsRight, isNew = false): Promise<Derivation> {
    if (unlocking === undefined) {
      const started = (isNew ? resolveNew() : resolveRight(isRight)).then(tellTyped);
      unlocking = started;
      // If the password cannot be resolved, the next operation tries again.
      started.catch(() => {
        if (unlocking === started) unlocking = undefined;
      });
    }
    return unlocking;
  }

  async function resolveNew(): Promise<Derivation> {
    const { password } = await resolvePassword(context, true);
    return createDerivation(password);
  }

  /**
   * Of the candidates from the source, the password that opens the keyring; by default the usual
   * one.
   */
  async function resolveExisting(isRight: IsRight): Promise<Derivation> {
    const { password, whole } = await resolvePassword(context, false);
    const usual = createDerivation(password);
    if (whole === undefined) return usual;
    const other = createDerivation(whole);
    const isOther = !(await isRight(usual)) && (await isRight(other));
    const [right, wrong] = isOther ? [other, usual] : [usual, other];
    wrong.forget();
    return right;
  }

  /**
   * Prompts again after a mistyped password. Other sources would return the same password again.
   */
  async function resolveRight(isRight: IsRight): Promise<Derivation> {
    for (let questions = 1; ; questions++) {
      const derivation = await resolveExisting(isRight);
      if (passwordSource(context) !== 'prompt' || (await isRight(derivation))) return derivation;
      derivation.forget();
      if (questions === maxQuestions) throw wrongPassword();
      context.warn?.(`the password that was typed does not open the keyring ${location}`);
    }
  }

  async function tellTyped(derivation: Derivation): Promise<Derivation> {
    if (context.canUnlock && passwordSource(context) === 'prompt')
      await context.passwordTyped?.(() => derivation.password());
    return derivation;
  }

  function verifierOf(directory: string | undefined): string | undefined {
    return directory === undefined ? undefined : readVerifier(statePaths(directory), userId);
  }

  async function judge(
    directory: string | undefined,
    verifier: string | undefined,
  ): Promise<Judgement> {
    const verdictOn = async (derivation: Derivation): Promise<Verdict> =>
      directory === undefined
        ? { kind: 'new' }
        : judgePassword({ directory, host, isOwn }, verifier, derivation);
    const isNew =
      verifier === undefined &&
      (directory === undefined || !(await hasOwnEntries({ directory, host, isOwn })));
    const wasUnlocked = unlocking !== undefined;
    const derivation = await derivationOf(
      async (typed) => (await verdictOn(typed)).kind !== 'wrong',
      isNew,
    );
    const verdict = await verdictOn(derivation);
    if (verdict.kind === 'wrong' && wasUnlocked && passwordSource(context) === 'identity') {
      // The readers may have a new secret, which this machine accepts or not.
      unlocking = undefined;
      return judge(directory, verifier);
    }
    untriedFiles = verdict.kind === 'wrong' ? verdict.untried : 0;
    return { ...verdict, derivation };
  }

  /**
   * Whether the password is not wrong. Since many entries may not open, this remembers what proved
   * the password right (the verifier or an entry) for as long as it does not change.
   */
  async function isProved(directory: string, derivation: Derivation): Promise<boolean> {
    if (proved?.derivation === derivation && proved.isValid(directory)) return true;
    const generation = verifierOf(directory);
    const verdict = await judge(directory, generation);
    if (verdict.kind === 'right') {
      const { entry, stamp } = verdict;
      const isEntryTheSame = () => entry === undefined || stampOf(entry) === stamp;
      const isValid = (at: string) => verifierOf(at) === generation && isEntryTheSame();
      proved = { derivation, isValid };
    }
    return verdict.kind !== 'wrong';
  }

  function wrongPassword(): KeyringError {
    unlocking = undefined;
    // Gives the next password new limits, because the wrong one may have used up the current ones.
    bounds = createBounds(host);
    if (passwordSource(context) === 'identity') return wrongSecret(location);
    const untriedPart = untriedFiles === 0 ? '' : `; ${untriedFiles} files were not tried`;
    return new KeyringError(
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from ${describePasswordSource(context)}) does not open the keyring ${location}${untriedPart}`,
      {
        hints: [
          say('check the password: it was set with the first entry or by the last keyring rekey'),
          ...(untriedFiles === 0 ? [] : [listFiles([location])]),
        ],
      },
    );
  }

  /** Whether a typed password opens an entry, or else the keyring that contains it. */
  function opensAny(directory: string, token: Jwe): IsRight {
    return async (derivation) => {
      if (opensKey(token, await derivation.wrappingKey(token.parameters))) return true;
      const verifier = verifierOf(directory);
      const reader = { directory, host, isOwn };
      return (await judgePassword(reader, verifier, derivation)).kind !== 'wrong';
    };
  }

  /** Decrypts an entry. A fault may also mean that the entry is being written at the moment. */
  async function open(
    directory: string,
    entry: FaultyEntry,
  ): Promise<{ plaintext: Buffer } | { fault: KeyringError } | undefined> {
    await settle(directory, host);
    const text = readEntryFile(entry.path, userId);
    if (text === undefined) return undefined;
    const token = parseJwe(text);
    if ('fault' in token) return { fault: damagedEntry(entry, token.fault) };
    const derivation = await derivationOf(opensAny(directory, token));
    const opened = await openWithin(bounds, token, [derivation]);
    if (opened !== undefined && 'plaintext' in opened) return opened;
    if (opened?.failed === 'content')
      return { fault: damagedEntry(entry, 'its content was changed') };
    if (!(await isProved(directory, derivation))) throw wrongPassword();
    if (opened === undefined) throw untried(entry.path);
    return { fault: notUnwrapped(entry) };
  }

  return {
    find() {
      const directory = findDirectory(location, userId);
      if (directory !== undefined) checkState(statePaths(directory), userId);
      return directory;
    },
    verifierOf,
    judge,
    async read(directory, key) {
      const path = join(directory, entryName(key, host));
      const entry = { path, isOwn: isOurs(key) };
      const opened = await whenWhole({ host, bounds }, () => open(directory, entry));
      if (opened === undefined) return null;
      const item = parseItem(opened.plaintext);
      opened.plaintext.fill(0);
      if ('fault' in item) throw damagedEntry(entry, item.fault);
      if (item.key === key) return item.value;
      throw new KeyringError(
        'ERR_KEYRING_FOREIGN',
        `the entry ${path} contains the entry ${JSON.stringify(item.key)}: its file was renamed or copied`,
        {
          hints: [
            say(
              entry.isOwn
                ? 'rename the file back, or move it to another directory'
                : 'rename the file back',
            ),
          ],
        },
      );
    },
    wrongPassword,
    discardPassword() {
      unlocking = undefined;
    },
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
