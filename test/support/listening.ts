import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux: the addresses on which a process accepts TCP connections, as `/proc/net/tcp` writes them. */
export function listeningOn(processId: number): string[] {
  const held = new Set(readdirSync(`/proc/${processId}/fd`).map((name) => linkOf(processId, name)));
  return ['tcp', 'tcp6']
    .flatMap((table) =>
      readFileSync(`/proc/${processId}/net/${table}`, 'utf8').split('\n').slice(1),
    )
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && held.has(`socket:[${inode}]`))
    .map(([, address = '']) => address);
}

function linkOf(processId: number, descriptor: string): string {
  try {
    return readlinkSync(`/proc/${processId}/fd/${descriptor}`);
  } catch {
    return '';
  }
}
