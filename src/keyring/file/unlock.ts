import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import { encodeKey } from '../key.ts';
import type { Derivation } from './derivation.ts';
import { listKeys } from './directory.ts';
import { readEntryFile } from './entry.ts';
import { createParameters, isStrong, openJwe, parseJwe, type Jwe, type KeyParameters } from './jwe.ts';
import { shellWord } from './system-error.ts';

// A writer that does not replace files whole, as Go's, shows a torn one for a moment.
const tornReads = 5;
const tornReadPauseMs = 20;
/** How many entries are tried before a password is called wrong. */
const triedEntries = 4;

export interface Reader {
  readonly directory: string;
  readonly host: Host;
}

/**
 * The token in an entry's file, or undefined when there is none.
 *
 * @throws ERR_KEYRING_DAMAGED when it is malformed and stays so
 */
export async function readToken({ directory, host }: Reader, key: string): Promise<Jwe | undefined> {
  const path = join(directory, encodeKey(key));
  for (let attempt = 1; ; attempt++) {
    const text = readEntryFile(path, host.userId);
    if (text === undefined) return undefined;
    const token = parseJwe(text);
    if (!('fault' in token)) return token;
    if (attempt === tornReads) throw damaged(path, token.fault);
    await host.sleep(tornReadPauseMs);
  }
}

/** What a password turns out to be for a keyring, and the parameters to write with if it fits. */
export type Verdict =
  | { readonly kind: 'right'; readonly parameters: KeyParameters }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'new' };

/**
 * Tries a password on the verifier, and where that does not open on a few entries: the verifier is
 * only a hint, for it may be older than the entries it came back with from a backup.
 */
export async function judgePassword(
  reader: Reader,
  verifier: string | undefined,
  derivation: Derivation,
): Promise<Verdict> {
  const token = verifier === undefined ? undefined : parseJwe(verifier);
  if (token && !('fault' in token) && (await opens(token, derivation))) return right(token);
  const entries = await sampleEntries(reader);
  for (const entry of entries) {
    if (await opens(entry, derivation)) return right(entry);
  }
  return token === undefined && entries.length === 0 ? { kind: 'new' } : { kind: 'wrong' };
}

function right({ parameters }: Jwe): Verdict {
  return { kind: 'right', parameters: isStrong(parameters) ? parameters : createParameters() };
}

async function opens(token: Jwe, derivation: Derivation): Promise<boolean> {
  const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
  return 'plaintext' in opened;
}

/** A few entries that are whole, passing over those that are not ours to judge by. */
async function sampleEntries(reader: Reader): Promise<Jwe[]> {
  const tokens: Jwe[] = [];
  for (const key of listKeys(reader.directory)) {
    if (tokens.length === triedEntries) break;
    try {
      const token = await readToken(reader, key);
      if (token) tokens.push(token);
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
    }
  }
  return tokens;
}

export function damaged(path: string, fault: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`, {
    hints: [`mv ${shellWord(path)} ~/   # then store it again, or bring it back from a backup`],
  });
}

export function passwordWrong(directory: string, source: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_PASSWORD_WRONG',
    `the password (from ${source}) does not open the keyring ${directory}`,
    { hints: ['check the password: it is the one the first entry was stored with'] },
  );
}
