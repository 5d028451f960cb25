import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { FileContext } from './settings.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import type { Derivation } from './derivation.ts';
import { ensureDirectory } from './directory.ts';
import type { Access } from './encrypted-directory.ts';
import { entryName, formatItem, type Item } from './entry.ts';
import { checkBesideEntries, checkOpensVerifier } from './judge-password.ts';
import { sealJwe, type KeyParameters } from './jwe.ts';
import { passwordEntriesOf } from './own-entries.ts';
import { passwordSource } from './password.ts';
import { lockSettled, settle } from './rekey-recover.ts';
import { createParametersFor, isStrongFor } from './strength.ts';
import { createState, ensureState, readVerifier, statePaths, sweepTemporary } from './state.ts';

const maxGenerations = 10;

/** The key for writing an entry, and the generation of the keyring that it belongs to. */
interface WritingKey {
  readonly parameters: KeyParameters;
  readonly wrappingKey: Buffer;
  readonly generation: string;
}

/**
 * Creates the function that writes entries. The first write also creates the keyring. An entry is
 * written only with the current password of the keyring, and never replaces a file that cannot be
 * read or that contains another entry.
 */
export function createEntryWriter(
  context: FileContext,
  access: Access,
  onStep: OnStep,
): (item: Item) => Promise<void> {
  const { settings, host } = context;
  const isOwn = passwordEntriesOf(context);
  const location = settings.directory.value;
  const { userId } = host;
  // Created once, so that many first writes need only one derivation.
  let ownParameters: KeyParameters | undefined;
  let checkedGeneration: string | undefined;

  async function unlock(): Promise<WritingKey> {
    const found = access.find();
    if (found !== undefined) await settle(found, host);
    // The password was checked for this generation: a later one may have another password.
    const generation = access.verifierOf(found);
    const verdict = await access.judge(found, generation);
    if (verdict.kind === 'wrong') throw access.wrongPassword();
    if (found !== undefined) checkOpensVerifier(found, generation, verdict);
    if (found !== undefined && verdict.kind === 'right' && generation !== checkedGeneration) {
      await checkBesideEntries({ directory: found, host, isOwn }, verdict.derivation);
      checkedGeneration = generation;
    }
    const proved =
      verdict.kind === 'right' && isStrongFor(verdict.derivation, verdict.parameters)
        ? verdict.parameters
        : undefined;
    const parameters = proved ?? (ownParameters ??= createParametersFor(verdict.derivation));
    const wrappingKey = await verdict.derivation.wrappingKey(parameters);
    const directory = ensureDirectory(location, userId);
    const paths = statePaths(directory);
    ensureState(paths, userId);
    onStep('state made');
    await sweepTemporary(paths, host);
    if (generation !== undefined) return { parameters, wrappingKey, generation };
    const lock = await lockSettled(directory, 'exclusive', host);
    onStep('state locked');
    try {
      // If another process created the keyring first, this one needs the password of that keyring.
      if (!(await holdsSecret(directory, verdict.derivation))) access.discardPassword();
      else if (readVerifier(paths, userId) === undefined)
        createState(paths, parameters, wrappingKey, onStep);
    } finally {
      lock.release();
    }
    return unlock();
  }

  /** False if another process has created the keyring first, with another secret for its readers. */
  async function holdsSecret(directory: string, derivation: Derivation): Promise<boolean> {
    if (passwordSource(context) !== 'identity') return true;
    const { keepNewSecret } = await import('./resolve-secret.ts');
    const secret = derivation.password();
    try {
      return await keepNewSecret(context, directory, secret, onStep);
    } finally {
      secret.fill(0);
    }
  }

  /** False if the password of the keyring was changed after the key was derived. */
  async function tryWrite(item: Item, writing: WritingKey): Promise<boolean> {
    const directory = ensureDirectory(location, userId);
    const paths = statePaths(directory);
    const lock = await lockSettled(directory, 'shared', host);
    onStep('locked');
    try {
      if (readVerifier(paths, userId) !== writing.generation) return false;
      await access.read(directory, item.key);
      onStep('checked');
      writeAtomically({
        path: join(directory, entryName(item.key, host)),
        text: sealJwe(formatItem(item), writing.parameters, writing.wrappingKey),
        temporaryDirectory: paths.temporary,
        onStep,
      });
      return true;
    } finally {
      lock.release();
    }
  }

  return async (item) => {
    for (let generations = 0; generations < maxGenerations; generations++) {
      if (await tryWrite(item, await unlock())) return;
    }
    throw new KeyringError(
      'ERR_KEYRING_BUSY',
      `the password of the keyring ${location} keeps changing`,
    );
  };
}
