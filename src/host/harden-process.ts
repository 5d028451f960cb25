import { closeSync, fstatSync, openSync, readdirSync, type Stats } from 'node:fs';

/**
 * Protects this process from other processes: no core file, no debugger (of the same user, on
 * Linux), no diagnostic report, and new files are private. It closes all inherited descriptors
 * except the standard streams. Call it before the process receives a secret.
 *
 * @throws if the system refuses
 */
export async function hardenProcess(): Promise<void> {
  process.umask(0o077);
  forbidReports();
  const { forbidMemoryDumps, isInherited } = await import('./native.ts');
  // A process that waits for the end of an inherited pipe would otherwise wait until this process
  // exits. The list is read first because it cannot be read after dumps are forbidden.
  for (const descriptor of readdirSync('/dev/fd').map(Number))
    if (descriptor > 2 && isInherited(descriptor)) closeSync(descriptor);
  forbidMemoryDumps(process.platform);
}

/**
 * Closes the standard streams. Their descriptors remain in use, so that no other file gets one of
 * these numbers.
 */
export function closeStandardStreams(): void {
  for (const descriptor of [0, 1, 2]) {
    closeSync(descriptor);
    openSync('/dev/null', descriptor === 0 ? 'r' : 'w');
  }
}

/**
 * Protects a process that holds secrets while a program that it started runs. The first step
 * records the inherited descriptors: call it before opening anything. Call the returned second step
 * after starting the program, because a program inherits limits and descriptors (such as `<(…)` of
 * a shell). The second step forbids core files and, on Linux, debuggers. It also replaces inherited
 * descriptors other than the standard streams by /dev/null, so that the caller's pipes do not stay
 * open while this process runs.
 */
export function prepareShield(): () => Promise<void> {
  const inherited = inheritedDescriptors();
  return async () => {
    forbidReports();
    const { forbidMemoryDumps, replaceDescriptor } = await import('./native.ts');
    if (inherited.length > 0) {
      const nothing = openSync('/dev/null', 'r+');
      for (const descriptor of inherited) replaceDescriptor(descriptor, nothing);
      closeSync(nothing);
    }
    forbidMemoryDumps(process.platform);
  };
}

/**
 * The descriptors besides the standard streams that Node has not opened itself. The close-on-exec
 * flag is no indication, because Node sets it at startup on the first inherited descriptors.
 * Descriptors that Node opens have no file type (epoll, eventfd) or are pipes with both ends in
 * this process. On macOS a kqueue looks like a pipe, so pipes are kept there.
 */
function inheritedDescriptors(): number[] {
  const open = readdirSync('/dev/fd')
    .map(Number)
    .filter((descriptor) => descriptor > 2);
  const found = open.flatMap((descriptor) => {
    const stats = statusOf(descriptor);
    return stats === undefined ? [] : [{ descriptor, stats }];
  });
  const endsOf = ({ dev, ino }: Stats) =>
    found.filter(({ stats }) => stats.dev === dev && stats.ino === ino).length;
  const isInherited = (stats: Stats) => {
    if (stats.isFIFO()) return process.platform === 'linux' && endsOf(stats) === 1;
    // If the parent is Node, the socket may be its IPC channel, which Node reads from startup.
    if (stats.isSocket()) return process.channel === undefined;
    return stats.isFile() || stats.isDirectory() || stats.isCharacterDevice();
  };
  return found.filter(({ stats }) => isInherited(stats)).map(({ descriptor }) => descriptor);
}

/** Undefined for the descriptor that was only open to list the others. */
function statusOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

function forbidReports(): void {
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
}
