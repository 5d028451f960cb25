import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** In the environment of every command that we may have to kill: which of our commands it belongs to. */
export const commandVariable = 'ATMOS_AUTH_COMMAND_ID';

interface RunningProcess {
  readonly id: number;
  readonly parentId: number;
  /** As the kernel has it, where that can be read. */
  readonly environment: string;
}

const psTimeoutMs = 5_000;
/** A program that starts others faster than we find them is not chased forever. */
const maxRounds = 100;

/**
 * Kills a command with everything that it has started.
 *
 * The command is deliberately no process group of its own. As a background group it could not use the
 * terminal (pinentry, `op` and gpg read /dev/tty), as a session of its own it would have none, and as
 * the foreground group it would receive Ctrl-C and Ctrl-Z in our place. So it stays in our group, where
 * Ctrl-C ends it together with us, and what it started is found instead: by the tree of processes, and
 * on Linux also by a variable in their environment, since a process whose parent has ended is no longer
 * in the tree.
 *
 * @param rootId undefined when the command itself has ended: its number may belong to another by now
 */
export async function killCommand(
  rootId: number | undefined,
  commandId: string,
  platform: NodeJS.Platform,
): Promise<void> {
  const list = platform === 'linux' ? async () => linuxProcesses() : psProcesses;
  const killed = new Set<number>();
  // The command itself only stops at first: it starts nothing more, and its children stay in the tree.
  if (rootId !== undefined) {
    send(rootId, 'SIGSTOP');
    killed.add(rootId);
  }
  for (let round = 0; round < maxRounds; round++) {
    const found = belonging(await list(), killed, commandId);
    if (found.length === 0) break;
    for (const id of found) {
      send(id, 'SIGKILL');
      killed.add(id);
    }
  }
  if (rootId !== undefined) send(rootId, 'SIGKILL');
}

function belonging(
  processes: readonly RunningProcess[],
  killed: ReadonlySet<number>,
  commandId: string,
): number[] {
  const members = new Set(killed);
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { id, parentId, environment } of processes) {
      if (members.has(parentId) || environment.includes(commandId)) members.add(id);
    }
  }
  return [...members].filter((id) => !killed.has(id) && id !== process.pid);
}

function send(id: number, signal: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(id, signal);
  } catch {
    // It has ended, or belongs to another user (sudo).
  }
}

function linuxProcesses(): RunningProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    // The name of the program, in parentheses, may contain anything.
    const [, state, parent] = /^.*\) (\S) (\d+)/s.exec(readProc(name, 'stat')) ?? [];
    if (state === undefined || state === 'Z') return [];
    const environment = readProc(name, 'environ');
    return [{ id: Number(name), parentId: Number(parent), environment }];
  });
}

function readProc(id: string, name: string): string {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function psProcesses(): Promise<RunningProcess[]> {
  return new Promise((resolve) => {
    const args = ['-A', '-o', 'pid=,ppid='];
    execFile('/bin/ps', args, { timeout: psTimeoutMs, env: {} }, (_, stdout) => {
      const lines = stdout.split('\n').flatMap((line) => {
        const [, id, parentId] = /^\s*(\d+)\s+(\d+)/.exec(line) ?? [];
        return id === undefined
          ? []
          : [{ id: Number(id), parentId: Number(parentId), environment: '' }];
      });
      resolve(lines);
    });
  });
}
