import { printable } from '../../core/printable.ts';
import type { Host } from '../../host/host.ts';
import type { Printer } from '../printer.ts';

// Loaded by the first wait that takes over a second.

/** What the command waits for, and the time limit. */
export interface Wait {
  readonly what: string;
  readonly limitMs: number;
  /** On a monotonic clock. */
  readonly startMs: number;
}

const refreshMs = 1_000;
/** A wrapped line could not be erased as one line. */
const maxColumns = 79;

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
  for (;;) {
    signal.throwIfAborted();
    if (!isSuspended()) await progress(formatWait(wait, host.monotonicMs()));
    await host.sleep(refreshMs, signal);
  }
}

/** `Waiting for AWS STS … 3s (limit 20s)` */
export function formatWait({ what, limitMs, startMs }: Wait, nowMs: number): string {
  const [seconds, limit] = [nowMs - startMs, limitMs].map((ms) => Math.floor(ms / 1000));
  const end = ` … ${seconds}s (limit ${limit}s)`;
  const text = `Waiting for ${printable(what)}`;
  const columns = maxColumns - end.length;
  return `${text.length > columns ? `${text.slice(0, columns - 1)}…` : text}${end}`;
}
