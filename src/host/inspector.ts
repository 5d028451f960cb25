/**
 * Keeps Node's inspector closed in this process. SIGUSR1 would open it on 127.0.0.1, where every user
 * of the machine can connect to it and read what this process holds. Call this before anything else is
 * loaded: what remains is the time that Node itself needs to start.
 */
export function refuseInspector(): void {
  // While a listener exists, libuv receives the signal and Node's own handler does not.
  process.on('SIGUSR1', () => {});
  // Node's handler starts the inspector later, on the main thread, so a signal from before the line
  // above may still open one. Node emits this event each time, before it serves a client.
  process.on('internalMessage', closeInspector);
  closeInspector();
}

/** Also closes one that was asked for with `--inspect`. */
function closeInspector(): void {
  // This is `close` of node:inspector, which takes 2 to 10 ms to load.
  const end: unknown = Reflect.get(process, '_debugEnd');
  if (typeof end === 'function') Reflect.apply(end, process, []);
  else process.getBuiltinModule('node:inspector').close();
}
