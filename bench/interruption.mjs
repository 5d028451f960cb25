/**
 * A signal that aborts on SIGHUP, SIGINT and SIGTERM. They no longer end the process at once, so that
 * it can first stop what it started and remove what it wrote.
 */
export function abortOnSignals() {
  const controller = new AbortController();
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.on(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  }
  return controller.signal;
}
