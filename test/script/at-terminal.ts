import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { builtCli } from '../support/built.ts';
import { openPty, type PtySession } from '../support/pty.ts';
import type { Machine } from './machine.ts';

/** A user who types `atmos …` in a terminal. Default directory: the project. */
export function atTerminal(
  machine: Machine,
  command: string,
  directory = machine.project,
): PtySession {
  return openPty(process.execPath, [builtCli(), ...command.split(' ')], {
    env: { ...machine.env, TERM: 'xterm' },
    cwd: directory,
  });
}

/** A shell in a terminal, with job control, that runs a script in which `atmos` is our program. */
export async function shellAtTerminal(machine: Machine, script: string): Promise<PtySession> {
  const bin = join(machine.root, 'bin');
  await mkdir(bin);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${builtCli()}' "$@"\n`;
  writeFileSync(join(bin, 'atmos'), program, { mode: 0o755 });
  return openPty('sh', ['-c', `set -m\n${script}`], {
    env: {
      ...machine.env,
      PATH: `${bin}:${machine.env['PATH']}`,
      NODE: process.execPath,
      TERM: 'xterm',
    },
    cwd: machine.project,
  });
}
