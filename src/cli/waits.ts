import type { Host } from '../host/host.ts';
import { createPrinter } from './printer.ts';
import type { Wait } from './ui/wait-line.ts';

/** Shorter waits are not shown. */
const patienceMs = 1_000;

/**
 * Shows at a terminal what a command waits for, if the wait takes over a second, until it is over.
 * Of several simultaneous waits the first one is shown. Nothing is shown while a prompt is open.
 */
export function createWaits(machine: Host): Pick<Host, 'waiting' | 'openTerminal'> {
  let isWaiting = false;
  let prompts = 0;
  const printer = createPrinter(machine);
  // A failure to show it is ignored.
  const clear = () => printer.progress(undefined).catch(() => {});

  async function show(wait: Wait, signal: AbortSignal): Promise<void> {
    const passedMs = machine.monotonicMs() - wait.startMs;
    if (passedMs < patienceMs) await machine.sleep(patienceMs - passedMs, signal);
    const { showWait } = await import('./ui/wait-line.ts');
    const isSuspended = () => prompts > 0;
    await showWait(wait, signal, { host: machine, progress: printer.progress, isSuspended });
  }

  return {
    waiting(what, limitMs, startMs = machine.monotonicMs()) {
      if (machine.stderr.isTTY !== true) return undefined;
      if (isWaiting) return () => {};
      isWaiting = true;
      const over = new AbortController();
      show({ what, limitMs, startMs }, over.signal).catch(() => {});
      return () => {
        isWaiting = false;
        over.abort();
        void clear();
      };
    },
    async openTerminal(options) {
      const terminal = await machine.openTerminal(options);
      if (terminal === undefined) return undefined;
      prompts += 1;
      await clear();
      return {
        ...terminal,
        close() {
          prompts -= 1;
          terminal.close();
        },
      };
    },
  };
}
