/**
 * Keeps Node's inspector closed in this process. SIGUSR1 would open it on 127.0.0.1, where every
 * user of the machine can connect to it and read the memory of this process. Call this before
 * loading anything else, so that only Node's own startup is unprotected.
 */
export function refuseInspector(): void {
  // While a listener exists, libuv delivers the signal to it instead of Node's own handler.
  process.on('SIGUSR1', () => {});
  // Node's handler starts the inspector later, on the main thread, so a signal received before the
  // line above may still open it. Node emits this event before it serves a client.
  process.on('internalMessage', closeInspector);
  closeInspector();
}

/** Also closes an inspector that was requested with `--inspect`. */
function closeInspector(): void {
  // The same as `close` of node:inspector, which takes 2 to 10 ms to load.
  const end: unknown = Reflect.get(process, '_debugEnd');
  if (typeof end === 'function') Reflect.apply(end, process, []);
  else process.getBuiltinModule('node:inspector').close();
}
