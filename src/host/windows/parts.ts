import type { Stats } from 'node:fs';
import type { SecurityDescriptor } from './security-descriptor.ts';

/** What was opened at a path. */
export interface Opened {
  readonly isReparsePoint: boolean;
  /** As in Node's stats. */
  readonly ino: number;
  readonly descriptor: SecurityDescriptor;
}

/** One of the things that decide what is found at a path. */
export interface Part {
  readonly kind: 'itself' | 'mount point' | 'root of a volume';
  readonly descriptor: SecurityDescriptor;
}

/**
 * What is at a path: one thing, or two where a volume is mounted in a directory. Node takes such a
 * directory for no link, and its stats are of what is mounted there.
 *
 * @param open the thing itself, or what it leads to
 * @returns undefined when something else is there by now than what the stats are of
 */
export function partsAt(
  stats: Pick<Stats, 'ino' | 'isDirectory'>,
  open: (how: { follows: boolean }) => Opened,
): readonly Part[] | undefined {
  const { ino, isReparsePoint, descriptor } = open({ follows: false });
  if (ino === stats.ino) return [{ kind: 'itself', descriptor }];
  if (!stats.isDirectory() || !isReparsePoint) return undefined;
  const mounted = open({ follows: true });
  if (mounted.ino !== stats.ino) return undefined;
  return [
    { kind: 'root of a volume', descriptor: mounted.descriptor },
    { kind: 'mount point', descriptor },
  ];
}
