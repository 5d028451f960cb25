import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Keyring } from '../../src/keyring/contract.ts';
import type { OnStep } from '../../src/keyring/file/atomic-write.ts';
import { openFileKeyring } from '../../src/keyring/file/backend.ts';
import { createReaders } from '../../src/keyring/file/readers.ts';
import type { FileContext } from '../../src/keyring/file/settings.ts';
import { createTestContext, type FileKeyringOptions } from './file-keyring.ts';

/** A machine with a home directory of its own, whose user has an identity of age. */
export interface Machine {
  readonly home: string;
  readonly identity: string;
  readonly identityFile: string;
  /** The user's public key. */
  readonly recipient: string;
  /** Where the machine records which secrets it accepts. */
  readonly pins: string;
}

export interface Team {
  /** Of the shared keyring. */
  readonly directory: string;
  machine(name: string): Promise<Machine>;
}

/** @param path an existing directory, in which everything is created */
export function createTeam(path: string): Team {
  return {
    directory: join(path, 'shared', 'keyring'),
    async machine(name) {
      const home = join(path, name);
      mkdirSync(home, { mode: 0o700 });
      const identity = await generateX25519Identity();
      const identityFile = join(home, 'identity.txt');
      writeFileSync(identityFile, `# created for a test\n${identity}\n`, { mode: 0o600 });
      const recipient = await identityToRecipient(identity);
      const pins = join(home, 'state', 'atmos', 'keyrings');
      return { home, identity, identityFile, recipient, pins };
    },
  };
}

export interface ReaderOptions extends Pick<FileKeyringOptions, 'settings' | 'host'> {
  /** Of a new keyring. */
  readonly recipients?: readonly string[];
  readonly onStep?: OnStep;
  readonly warnings?: string[];
}

export function readerContext(
  directory: string,
  { home, identityFile }: Pick<Machine, 'home' | 'identityFile'>,
  { recipients, warnings = [], settings, host }: ReaderOptions = {},
): FileContext {
  const source = 'auth.keyring.spec';
  const context = createTestContext({
    directory,
    password: null,
    settings: {
      identityFile: { value: identityFile, source: `${source}.identity_file` },
      ...(recipients && { recipients: { value: recipients, source: `${source}.recipients` } }),
      ...settings,
    },
    host: {
      env: { PATH: process.env['PATH'], XDG_STATE_HOME: join(home, 'state') },
      homeDirectory: home,
      ...host,
    },
  });
  return { ...context, warn: (message) => void warnings.push(message) };
}

/** The keyring as this machine opens it. */
export function openAs(directory: string, machine: Machine, options: ReaderOptions = {}): Keyring {
  return openFileKeyring(readerContext(directory, machine, options), options.onStep);
}

/** The commands of `keyring recipients` on a machine. */
export function readersAs(directory: string, machine: Machine, options: ReaderOptions = {}) {
  const context = readerContext(directory, machine, options);
  const control = createReaders(options.onStep);
  return {
    context,
    list: () => control.list(context),
    add: (...recipients: string[]) => control.add(context, recipients),
    remove: (recipient: string) => control.remove(context, recipient, {}),
    look: () => control.look(context),
    accept: (fingerprint: string) => control.accept(context, fingerprint),
    /** As a user does who has compared the fingerprint. */
    async acceptAny() {
      return control.accept(context, (await control.look(context)).fingerprint);
    },
  };
}
