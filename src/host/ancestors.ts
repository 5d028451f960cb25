import { readFileSync } from 'node:fs';

/** As `ancestors` of the host. */
export function ancestors(): number[] {
  const parent = process.ppid;
  const grandparent = process.platform === 'linux' ? linuxParentOf(parent) : undefined;
  return grandparent === undefined ? [parent] : [parent, grandparent];
}

function linuxParentOf(id: number): number | undefined {
  try {
    // The name of the program, in parentheses, may contain anything.
    const [, parent] = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'latin1')) ?? [];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    // It has ended, or is hidden from us.
    return undefined;
  }
}
