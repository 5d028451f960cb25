import type { SourceLine } from '../clouds/key-contract.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { Keyring, KeyringInfo } from '../keyring/contract.ts';
import {
  deleteCopied,
  noteLost,
  runCopies,
  type CopiedEntry,
  type Copy,
  type CopyOptions,
  type CopyResult,
  type CopyState,
  type Run,
} from '../store/copy.ts';
import type { Inventory, Entry } from '../store/inventory.ts';
import type { OpenAuth } from './open.ts';

export type { SourceLine } from '../clouds/key-contract.ts';

/** Shows the progress of long work. */
export interface Progress {
  /** How many are done. */
  tell(done: number): Promise<void>;
  end(): Promise<void>;
}

/** @param doing the action as a present participle, such as `copying` */
export type StartProgress = (work: { readonly doing: string; readonly total: number }) => Progress;

export interface CopyServices {
  readonly host: Pick<Host, 'onSignals'>;
  readonly startProgress: StartProgress;
}

export interface CopyFlags extends Pick<CopyOptions, 'overwrite' | 'isDryRun'> {
  /** Whether the sources are deleted once all were copied. */
  readonly deletesSource?: boolean;
}

/**
 * The result for an entry or a profile. A profile that was not assigned to an identity has no key.
 */
export interface Outcome extends Omit<CopiedEntry, 'key' | 'state'> {
  readonly key?: string;
  readonly profile?: string;
  /** The lines that have the key in plain text. */
  readonly lines?: readonly SourceLine[];
  /** The MFA device that is stored with the key, and where the source names it. */
  readonly mfaDevice?: Sourced<string>;
  /** `skipped`: the profile was not chosen. */
  readonly state: CopyState | 'skipped';
}

/**
 * An item that is not copied: an entry of another program or kind, or a profile without a
 * long-lived key.
 */
export type LeftEntry = Entry | { readonly profile: string };

/** A keyring, or a realm in one. */
export interface CopyPlace extends Pick<KeyringInfo, 'type' | 'location'> {
  /** Only when entries are copied between realms. Null: no realm to copy from was found. */
  readonly realm?: string | null;
}

/** What was copied, in full or until something stopped it. */
export interface Copied {
  readonly from: CopyPlace;
  readonly to: CopyPlace;
  readonly inventory: Inventory;
  readonly outcomes: readonly Outcome[];
  readonly stopped: AtmosError | undefined;
  /** Entries that are not copied, such as those of other programs, and profiles without a key. */
  readonly left: readonly LeftEntry[];
}

/**
 * Copies, and then deletes the sources, with progress. The first Ctrl-C stops between two entries.
 */
export async function copyEntries(
  copies: readonly Copy[],
  target: Keyring,
  { deletesSource = false, ...flags }: CopyFlags,
  services: CopyServices,
): Promise<CopyResult> {
  return untilInterrupted(services.host, async (isInterrupted) => {
    const result = await withProgress(services, 'copying', copies.length, (onEntry) =>
      runCopies(copies, { ...flags, isInterrupted, onEntry }),
    );
    const { entries } = result;
    if (flags.isDryRun || result.stopped) return result;
    await noteLost(entries, target);
    if (!deletesSource) return result;
    const stopped = await withProgress(services, 'deleting', entries.length, (onEntry) =>
      deleteCopied(copies, entries, { isInterrupted, onEntry }),
    );
    return { entries, stopped };
  });
}

/**
 * Checks that a keyring can take what is imported.
 *
 * @throws ERR_USAGE for the memory keyring; ERR_CONFIG_UNTRUSTED
 */
export function requireTarget(
  { keyring, plan, requireStorable }: Pick<OpenAuth, 'keyring' | 'plan' | 'requireStorable'>,
  isDryRun: boolean,
): void {
  const { info } = keyring;
  if (info.persistent) return isDryRun ? undefined : requireStorable();
  throw new AtmosError(
    'ERR_USAGE',
    `the ${info.type} keyring (from ${plan.keyring.type.source}) keeps entries only until the process exits, so nothing can be imported into it`,
    { hints: [say('set auth.keyring.type to system or file')] },
  );
}

/** The first Ctrl-C is recorded; a second one terminates the process as usual. */
async function untilInterrupted<T>(
  host: Pick<Host, 'onSignals'>,
  run: (isInterrupted: Run['isInterrupted']) => Promise<T>,
): Promise<T> {
  let isInterrupted = false;
  const stopListening = host.onSignals(['SIGINT'], () => {
    isInterrupted = true;
    stopListening();
  });
  try {
    return await run(async () => {
      // Synchronous file operations would delay the signal until the end.
      await new Promise(setImmediate);
      return isInterrupted;
    });
  } finally {
    stopListening();
  }
}

async function withProgress<T>(
  { startProgress }: CopyServices,
  doing: string,
  total: number,
  run: (onEntry: Run['onEntry']) => Promise<T>,
): Promise<T> {
  const progress = startProgress({ doing, total });
  try {
    return await run((done) => progress.tell(done));
  } finally {
    await progress.end();
  }
}
