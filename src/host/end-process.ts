import { constants } from 'node:os';

const isWindows = process.platform === 'win32';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const cleanUps = new Set<() => void>();

/** Implements `onEnd` of the host. */
export function onEnd(cleanUp: () => void): () => void {
  if (cleanUps.size === 0) {
    process.on('exit', runCleanUps);
    // First, because a listener that records one signal may remove itself when it is called.
    for (const signal of signals) process.prependListener(signal, end);
  }
  cleanUps.add(cleanUp);
  return () => {
    if (!cleanUps.delete(cleanUp) || cleanUps.size > 0) return;
    process.off('exit', runCleanUps);
    for (const signal of signals) process.off(signal, end);
  };
}

function end(signal: NodeJS.Signals): void {
  // Another listener decides what the signal does.
  if (process.listenerCount(signal) > 1) return;
  // Windows can only terminate a program with an exit code.
  if (isWindows) process.exit(128 + constants.signals[signal]);
  runCleanUps();
  process.off(signal, end);
  process.kill(process.pid, signal);
}

function runCleanUps(): void {
  for (const cleanUp of cleanUps) cleanUp();
}
