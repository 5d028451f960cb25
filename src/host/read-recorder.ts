import {
  fstatSync,
  lstatSync,
  realpathSync,
  statfsSync,
  statSync,
  type BigIntStats,
  type PathLike,
} from 'node:fs';

// Records what a result was read from, so that a later process can see by metadata alone that
// reading it again would give the same result: docs/adr/0045. src/host/read-files.ts notes reads, and
// src/config/ reads through nothing else (docs/adr/0031); src/host/own-path.ts notes what it judges.

/**
 * How a path was looked at.
 *
 * - `stat`: a file or directory, after following links
 * - `lstat`: the path itself, which may be a link
 * - `list`: the names in a directory
 * - `real`: the path with all links resolved
 */
export type Look = 'stat' | 'lstat' | 'list' | 'real';

/** What was found: see {@link signatureOf}; the real path for `real`; null for nothing. */
export type Seen = readonly [look: Look, path: string, found: string | null];

/** The part of the file system that is asked. A test replaces it. */
export interface Metadata {
  stat(path: string): BigIntStats | undefined;
  lstat(path: string): BigIntStats | undefined;
  fstat(descriptor: number): BigIntStats;
  realPath(path: string): string;
  /** The type of the file system that a path is on, as `statfs(2)` of Linux numbers them. */
  fileSystemType(path: string): number;
}

const options = { bigint: true, throwIfNoEntry: false } as const;

export const machineMetadata: Metadata = {
  stat: (path) => statSync(path, options),
  lstat: (path) => lstatSync(path, options),
  fstat: (descriptor) => fstatSync(descriptor, { bigint: true }),
  realPath: (path) => realpathSync.native(path),
  fileSystemType: (path: PathLike) => statfsSync(path).type,
};

/**
 * Whether records can be kept on a system. On others than Linux, the metadata has not been examined:
 * docs/adr/0045.
 */
export function canRecord(platform: NodeJS.Platform): boolean {
  return platform === 'linux';
}

interface Recorder {
  readonly seen: Map<string, Seen>;
  readonly metadata: Metadata;
  /** Of everything that was seen, the latest change of the file's content or metadata. */
  latestChangeNs: bigint;
  /** Why the result cannot be recorded. */
  refusal: string | undefined;
}

/** One for the process: a command makes one record at most. */
let active: Recorder | undefined;

/** What a result was read from, or why that cannot be said. */
export type Reads = { readonly seen: readonly Seen[] } | { readonly refusal: string };

/**
 * Runs a task and records what it reads. Tasks must not overlap.
 *
 * @param now the time before the task starts
 * @throws what the task throws
 */
export async function recordReads<T>(
  task: () => Promise<T>,
  now: Date,
  metadata: Metadata = machineMetadata,
): Promise<{ result: T; reads: Reads }> {
  const recorder: Recorder = {
    seen: new Map(),
    metadata,
    latestChangeNs: 0n,
    refusal: undefined,
  };
  active = recorder;
  try {
    const result = await task();
    return { result, reads: readsOf(recorder, now) };
  } finally {
    active = undefined;
  }
}

/**
 * A file whose last change is this recent may change again without another time of change: a system
 * counts in steps of some milliseconds, FAT in steps of two seconds.
 */
const settledNs = 2_000_000_000n;

function readsOf({ seen, latestChangeNs, refusal, metadata }: Recorder, now: Date): Reads {
  if (refusal !== undefined) return { refusal };
  const all = [...seen.values()];
  if (latestChangeNs + settledNs > BigInt(now.getTime()) * 1_000_000n) {
    return { refusal: 'a file changed within the last two seconds, or will change in the future' };
  }
  const isLocal = isOnLocal(metadata);
  const remote = all.find(([, path, found]) => found !== null && !isLocal(path));
  if (remote !== undefined)
    return { refusal: `the file system of ${remote[1]} is not a known one` };
  return { seen: all };
}

/** ext4 (and 2, 3), xfs, btrfs, zfs, tmpfs, overlay: the magic numbers of statfs(2). */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0x01021994, 0x794c7630,
]);

/**
 * Whether a path is on a file system whose metadata always is that of this moment. Of a network file
 * system, the kernel may remember it for seconds.
 */
function isOnLocal({ fileSystemType }: Metadata): (path: string) => boolean {
  return (path) => {
    try {
      // The number is signed where the magic number has the highest bit.
      return localTypes.has(fileSystemType(path) >>> 0);
    } catch {
      return false;
    }
  };
}

/** Whether everything that was seen is still as it was. Never throws. */
export function areUnchanged(seen: readonly Seen[], metadata: Metadata = machineMetadata): boolean {
  try {
    return seen.every(([look, path, found]) => lookAt(look, path, metadata) === found);
  } catch {
    return false;
  }
}

/**
 * Notes that the running task is about to look at a path. Call it before the look: a change in
 * between then differs from what was noted.
 */
export function noteLook(look: Look, path: string): void {
  note((recorder) => {
    if (look !== 'real') {
      const { stat, lstat } = recorder.metadata;
      keep(recorder, look, path, look === 'lstat' ? lstat(path) : stat(path));
    } else recorder.seen.set(`real ${path}`, [look, path, recorder.metadata.realPath(path)]);
  });
}

/** Notes that the running task is about to read an open file, which the path has led to. */
export function noteOpen(path: string, descriptor: number): void {
  note((recorder) => keep(recorder, 'stat', path, recorder.metadata.fstat(descriptor)));
}

/** Notes that the result of the running task depends on something that cannot be recorded. */
export function refuseRecord(why: string): void {
  if (active !== undefined) active.refusal ??= why;
}

function note(look: (recorder: Recorder) => void): void {
  if (active === undefined) return;
  try {
    look(active);
  } catch {
    refuseRecord('a path could not be looked at');
  }
}

function keep(
  recorder: Recorder,
  look: Exclude<Look, 'real'>,
  path: string,
  stats: BigIntStats | undefined,
): void {
  const found = stats === undefined ? null : signatureOf(stats, look);
  const name = `${look} ${path}`;
  const before = recorder.seen.get(name);
  if (before !== undefined && before[2] !== found) refuseRecord(`${path} changed meanwhile`);
  recorder.seen.set(name, [look, path, found]);
  if (stats === undefined || isOnlyJudged(stats, look)) return;
  if (stats.ctimeNs > recorder.latestChangeNs) recorder.latestChangeNs = stats.ctimeNs;
}

function lookAt(look: Look, path: string, metadata: Metadata): string | null {
  if (look === 'real') return metadata.realPath(path);
  const stats = look === 'lstat' ? metadata.lstat(path) : metadata.stat(path);
  return stats === undefined ? null : signatureOf(stats, look);
}

/**
 * What changes with a file's content, owner and permissions. The time of its last change cannot be
 * set, as that of its content can. Of a directory whose names do not matter, only what a judge of
 * permissions reads: each new file in it changes its times.
 */
function signatureOf(stats: BigIntStats, look: Exclude<Look, 'real'>): string {
  const { dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs } = stats;
  const judged = [dev, ino, mode, uid, gid];
  return (isOnlyJudged(stats, look) ? judged : [...judged, size, mtimeNs, ctimeNs]).join(':');
}

function isOnlyJudged(stats: BigIntStats, look: Look): boolean {
  return look !== 'list' && stats.isDirectory();
}
