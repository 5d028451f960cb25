import type { Context } from '../cli/context.ts';
import { createProgress } from '../cli/ui/progress.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import {
  deleteCopied,
  noteLost,
  runCopies,
  type Copy,
  type CopyOptions,
  type CopyResult,
  type Run,
} from '../store/copy.ts';

type Where = Pick<Context, 'host' | 'progress'>;

export interface CopyFlags extends Pick<CopyOptions, 'overwrite' | 'isDryRun'> {
  readonly target: Keyring;
  /** Whether the sources are deleted once all were copied. */
  readonly deletesSource?: boolean;
}

/** Copies, and then deletes the sources, with progress. Ctrl-C ends it between two entries. */
export async function copyForCommand(
  context: Where,
  copies: readonly Copy[],
  { target, deletesSource = false, ...flags }: CopyFlags,
): Promise<CopyResult> {
  return untilInterrupted(context.host, async (isInterrupted) => {
    const result = await withProgress(context, 'copying', copies.length, (onEntry) =>
      runCopies(copies, { ...flags, isInterrupted, onEntry }),
    );
    const { entries } = result;
    if (flags.isDryRun || result.stopped) return result;
    await noteLost(entries, target);
    if (!deletesSource) return result;
    const stopped = await withProgress(context, 'deleting', entries.length, (onEntry) =>
      deleteCopied(copies, entries, { isInterrupted, onEntry }),
    );
    return { entries, stopped };
  });
}

/** The first Ctrl-C is noted; from then on it ends us at once, as always. */
async function untilInterrupted<T>(
  host: Host,
  run: (isInterrupted: Run['isInterrupted']) => Promise<T>,
): Promise<T> {
  let isInterrupted = false;
  const stopListening = host.onSignals(['SIGINT'], () => {
    isInterrupted = true;
    stopListening();
  });
  try {
    return await run(async () => {
      // Work on files alone would keep a signal waiting until all is done.
      await new Promise(setImmediate);
      return isInterrupted;
    });
  } finally {
    stopListening();
  }
}

async function withProgress<T>(
  context: Where,
  doing: string,
  total: number,
  run: (onEntry: Run['onEntry']) => Promise<T>,
): Promise<T> {
  const progress = createProgress(context, { doing, total });
  try {
    return await run((done) => progress.tell(done));
  } finally {
    await progress.end();
  }
}
