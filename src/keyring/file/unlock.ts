import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { moveHomeCommand, removeCommand } from '../../core/file-commands.ts';
import type { Host } from '../../host/host.ts';
import type { Derivation } from './derivation.ts';
import { entryName } from './entry-name.ts';
import { listKeys } from './directory.ts';
import { readEntryFile } from './entry.ts';
import { openJwe, parseJwe, type Jwe, type KeyParameters } from './jwe.ts';
import { statePaths } from './state.ts';

// A writer that does not replace files whole, as Go's, shows a torn one for a moment.
const tornReads = 5;
const tornReadPauseMs = 20;
/** How many entries are tried before a password is called wrong. */
const triedEntries = 4;

export interface Reader {
  readonly directory: string;
  readonly host: Host;
}

/** Tries again while an entry may be torn: malformed, or the halves of two that look like one. */
export async function whenWhole<T extends object>(
  host: Host,
  path: string,
  attempt: () => Promise<T | { fault: string } | undefined>,
): Promise<T | undefined> {
  for (let attempts = 1; ; attempts++) {
    const result = await attempt();
    if (result === undefined || !('fault' in result)) return result;
    if (attempts === tornReads) throw damaged(path, result.fault);
    await host.sleep(tornReadPauseMs);
  }
}

/** What a password turns out to be for a keyring, and the parameters it was proved with. */
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
  if (token && !('fault' in token) && (await opens(token, derivation)))
    return { kind: 'right', parameters: token.parameters };
  const entries = await sampleEntries(reader);
  for (const entry of entries) {
    if (await opens(entry, derivation)) return { kind: 'right', parameters: entry.parameters };
  }
  if (entries.length > 0) return { kind: 'wrong' };
  if (token === undefined) return { kind: 'new' };
  if ('fault' in token) throw damaged(statePaths(reader.directory).verifier, token.fault);
  return { kind: 'wrong' };
}

/**
 * That a password which opens the verifier opens an entry too, where there are any: a `.state` that
 * came back from before a change of the password still goes with the old one, under which nothing may
 * be written any more.
 *
 * @throws ERR_KEYRING_DAMAGED
 */
export async function checkBesideEntries(reader: Reader, derivation: Derivation): Promise<void> {
  const entries = await sampleEntries(reader);
  if (entries.length === 0) return;
  for (const entry of entries) if (await unwraps(entry, derivation)) return;
  const { verifier } = statePaths(reader.directory);
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the password opens ${verifier}, but none of the entries beside it: one of the two came back from another time`,
    {
      hints: [
        `${removeCommand(verifier)}   # if the entries are the newer: their password opens them without it`,
      ],
    },
  );
}

async function unwraps(token: Jwe, derivation: Derivation): Promise<boolean> {
  const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
  return 'plaintext' in opened || opened.failed === 'content';
}

async function opens(token: Jwe, derivation: Derivation): Promise<boolean> {
  const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
  return 'plaintext' in opened;
}

/** A few entries that are whole, passing over those that are not ours to judge by. */
async function sampleEntries({ directory, host }: Reader): Promise<Jwe[]> {
  const tokens: Jwe[] = [];
  for (const key of listKeys(directory, host)) {
    if (tokens.length === triedEntries) break;
    const path = join(directory, entryName(key, host.platform));
    try {
      const token = await whenWhole(host, path, async () => {
        const text = readEntryFile(path, host.userId);
        return text === undefined ? undefined : parseJwe(text);
      });
      if (token) tokens.push(token);
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
    }
  }
  return tokens;
}

export function damaged(path: string, fault: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`, {
    hints: [`${moveHomeCommand(path)}   # then store it again, or bring it back from a backup`],
  });
}
