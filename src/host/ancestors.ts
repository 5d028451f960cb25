import { readFileSync } from 'node:fs';

/** Implements `ancestors` of the host. */
export function ancestors(): number[] {
  const parent = process.ppid;
  const grandparent = process.platform === 'linux' ? linuxParentOf(parent) : undefined;
  return grandparent === undefined ? [parent] : [parent, grandparent];
}

function linuxParentOf(id: number): number | undefined {
  try {
    // The program name is in parentheses and may contain any character.
    const [, parent] = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'latin1')) ?? [];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    // The process has exited, or /proc hides it.
    return undefined;
  }
}
