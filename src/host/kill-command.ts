import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * An environment variable of every command that may have to be killed. It identifies the command
 * and its child processes.
 */
export const commandVariable = 'ATMOS_AUTH_COMMAND_ID';

interface RunningProcess {
  readonly id: number;
  readonly parentId: number;
  /** As the kernel reports it, where it can be read. */
  readonly environment: string;
}

const psTimeoutMs = 5_000;
/** Stops the search if a program starts processes faster than they are found. */
const maxRounds = 100;

/**
 * Kills a command and all processes that it started.
 *
 * The command has no process group of its own. In a background group it could not use the terminal
 * (pinentry, `op` and gpg read /dev/tty), in its own session it would have no terminal, and in the
 * foreground group it would receive Ctrl-C and Ctrl-Z instead of this process. It therefore stays
 * in our group, where Ctrl-C stops both. Its child processes are found by the process tree, and on
 * Linux also by a variable in their environment, because a process whose parent has exited is no
 * longer in the tree.
 *
 * @param rootId undefined if the command itself has exited, because its process id may have been
 *   reused
 */
export async function killCommand(
  rootId: number | undefined,
  commandId: string,
  platform: NodeJS.Platform,
): Promise<void> {
  const list = platform === 'linux' ? async () => linuxProcesses() : psProcesses;
  const killed = new Set<number>();
  // The command itself is only stopped at first: then it starts no more processes, and its children
  // stay in the tree.
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
    // It has exited, or belongs to another user (sudo).
  }
}

function linuxProcesses(): RunningProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    // The program name is in parentheses and may contain any character.
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
