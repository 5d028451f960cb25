import { closeSync, fstatSync, openSync, readdirSync, type Stats } from 'node:fs';

/**
 * Makes this process one that others cannot look into: no core file, no debugger (of the same user,
 * on Linux), no diagnostic report, and what it makes is for its user alone. Of whoever started it, it
 * keeps only the standard streams. Before a secret is taken.
 *
 * @throws where the system refuses
 */
export async function hardenProcess(): Promise<void> {
  process.umask(0o077);
  forbidReports();
  const { forbidMemoryDumps, isInherited } = await import('./native.ts');
  // Who waits for the end of a pipe that we got with them would wait for ours. Once dumps are
  // forbidden the list cannot be read any more.
  for (const descriptor of readdirSync('/dev/fd').map(Number))
    if (descriptor > 2 && isInherited(descriptor)) closeSync(descriptor);
  forbidMemoryDumps(process.platform);
}

/** Lets go of the standard streams. Their numbers stay taken, so that no file of ours gets one. */
export function closeStandardStreams(): void {
  for (const descriptor of [0, 1, 2]) {
    closeSync(descriptor);
    openSync('/dev/null', descriptor === 0 ? 'r' : 'w');
  }
}

/**
 * Protects a process that holds secrets while a program that it started runs. The first step records
 * the descriptors that we inherited: call it before anything is opened. The returned second step is for
 * after the start, since a program inherits limits and descriptors (`<(…)` of a shell is one): it
 * forbids core files and, on Linux, debuggers, and replaces what we inherited besides the standard
 * streams by /dev/null, so that no pipe of the caller stays open for as long as we run.
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
 * The descriptors besides the standard streams that Node has not opened itself. A flag cannot tell: at
 * its start Node marks the first ones that it inherits as its own. But what it opens itself has no file
 * type (epoll, eventfd) or is a pipe with both ends here. On macOS a kqueue looks like a pipe, so pipes
 * are kept there.
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
    // A parent that is Node may have given us a channel, which Node reads from its start.
    if (stats.isSocket()) return process.channel === undefined;
    return stats.isFile() || stats.isDirectory() || stats.isCharacterDevice();
  };
  return found.filter(({ stats }) => isInherited(stats)).map(({ descriptor }) => descriptor);
}

/** Undefined for a descriptor that was only open to list the others. */
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
