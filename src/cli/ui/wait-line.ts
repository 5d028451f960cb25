import { printable } from '../../core/printable.ts';
import type { Host } from '../../host/host.ts';
import type { Printer } from '../printer.ts';
import { lineWidth, shorten } from './display-width.ts';

// Loaded by the first wait that takes over a second.

/** What the command waits for, and the time limit. */
export interface Wait {
  readonly what: string;
  readonly limitMs: number;
  /** On a monotonic clock. */
  readonly startMs: number;
}

const refreshMs = 1_000;

/** Shows a wait and updates its seconds, until the signal aborts: then it rejects. */
export async function showWait(
  wait: Wait,
  signal: AbortSignal,
  {
    host,
    progress,
    isSuspended,
  }: { readonly host: Host; readonly isSuspended: () => boolean } & Pick<Printer, 'progress'>,
): Promise<void> {
  const stopListening = await host.onEnd(() => void progress(undefined).catch(() => {}));
  try {
    for (;;) {
      signal.throwIfAborted();
      const line = formatWait(wait, host.monotonicMs(), lineWidth(host.stderr));
      if (!isSuspended()) await progress(line);
      await host.sleep(refreshMs, signal);
    }
  } finally {
    stopListening();
  }
}

/** `Waiting for AWS STS … 3s (limit 20s)`. If it is too long, the name is shortened first. */
export function formatWait(
  { what, limitMs, startMs }: Wait,
  nowMs: number,
  maxColumns: number,
): string {
  const seconds = Math.floor((nowMs - startMs) / 1000);
  const limit = Math.ceil(limitMs / 1000);
  const end = ` ${seconds}s (limit ${limit}s)`;
  const text = shorten(`Waiting for ${printable(what)} …`, maxColumns - end.length);
  return shorten(`${text}${end}`, maxColumns);
}
